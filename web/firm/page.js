// All sites: a site that falls silent moves up by itself.

import { keep } from "../again.js";

keep(["headline", "sites"]);

// A choice of order is a choice: no second press.
document.querySelector(".find select")?.addEventListener("change", (event) => event.target.form.requestSubmit());
