"""The sites of the demo as child processes: what stands there, what they remember, who reads them."""

from __future__ import annotations

from collections.abc import Callable

from plumbline.children import Children
from plumbline.demo.files import slow_down, timezone_of, yesterday_at_dusk_ms
from plumbline.demo.place import Place
from plumbline.demo.story import AGENT, LIVE, SITES, SiteOfStory

#: Gives how many readings a past has.
Past = Callable[[], int]


def with_lines() -> list[SiteOfStory]:
    """Those where devices stand."""
    return [site for site in SITES if site.pace != "handed_over"]


def build(place: Place, children: Children) -> str:
    """Devices on pseudo-terminals, and the site file of whoever reads them; the sites' time zone."""
    for site in with_lines():
        children.start(
            f"{site.id} devices", ["simulator", *_devices(place, site)], place.site_file(site).exists
        )
        if site.pace == "quiet":
            slow_down(place.site_file(site), site.step_s)
    return timezone_of(place.site_file(LIVE))


def record(place: Place, children: Children, timezone: str) -> list[Callable[[], str]]:
    """The past of every site, as a recording; each is waited for by its call."""
    return [children.begin(f"{site.id} past", ["simulator", *_past(place, site, timezone)]) for site in SITES]


def spool(place: Place, children: Children, site: SiteOfStory) -> Past:
    """The past of a site into its agent's spool, as after days without a link."""
    ended = children.begin(
        f"{site.id} backfill",
        ["edge_agent", "backfill", str(place.site_file(site)), str(place.history(site))],
    )
    return lambda: int(ended().split(" readings", 1)[0].replace(",", ""))


def send(place: Place, children: Children, site: SiteOfStory) -> Past:
    """The past of a site that is over goes over the wire; then its agent is gone."""
    replay = ["replay", str(place.history(site)), "--agent", AGENT, "--config", str(place.settings_file)]
    ended = children.begin(f"{site.id} replay", ["plumbline", *replay])
    return lambda: int(ended().strip().splitlines()[-1].split(" readings", 1)[0].replace(",", ""))


def read(place: Place, children: Children, site: SiteOfStory) -> None:
    """The real agent at work on a site."""
    children.start(f"{site.id} agent", ["edge_agent", "run", str(place.site_file(site))], lambda: True)


def _devices(place: Place, site: SiteOfStory) -> list[str]:
    broker = ["--broker-host", "127.0.0.1", "--broker-port", str(place.broker_port)]
    account = ["--username", f"{site.id}.{AGENT}", "--password-file", str(place.password_file(site))]
    return ["--dir", str(place.of(site)), "--site", site.id, "--seed", str(site.seed), *broker, *account]


def _past(place: Place, site: SiteOfStory, timezone: str) -> list[str]:
    over = site.pace == "handed_over"
    until = ["--until-ms", str(yesterday_at_dusk_ms(timezone))] if over else []
    return [
        "--history", str(place.history(site)), "--days", str(site.days), "--step-s", str(site.step_s),
        "--site", site.id, "--seed", str(site.seed), "--timezone", timezone, *until,
    ]  # fmt: skip
