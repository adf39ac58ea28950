// A site: what each device said last, as it says it.

import { keep } from "../again.js";
import { readOut } from "../kit/readout.js";

keep(["headline", "devices", "charts", "more"], (replaced) => {
  for (const part of replaced) for (const chart of part.querySelectorAll("[data-chart]")) readOut(chart);
});
