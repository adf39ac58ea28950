"""A project of the furnished house, with links that were made, opened and taken back."""

from __future__ import annotations

from store.records.changes import By
from store.records.links import Link, link_digest
from store.records.openings import Opening
from store.records.registry import RegisteredProject, Registration
from tests.registered import register
from tests.web.access.house import OURS, SITE
from tests.web.site_day import Stand
from wire.durations import DAY_MS, HOUR_MS

PROJECT = RegisteredProject(
    OURS,
    "maple-18",
    SITE,
    "枫林路 18 号 3-501",
    "18 Fenglin Road, 3-501",
    "2026-10-20",
    handover="2027-01-15",
)


def give_links(stand: Stand) -> list[Link]:
    """The first of them is used, the second not yet opened, the third taken back."""
    register(stand.records, Registration(projects=[PROJECT]))
    now, by = stand.clock(), By("member:project-manager", stand.clock())
    links = [
        stand.records.links.add(OURS, PROJECT.id, whom, link_digest(f"{whom}-0815-4711-0815"), end, by)
        for whom, end in (("郑先生", now + 83 * DAY_MS), ("外婆", now + 30 * DAY_MS), ("旧手机", None))
    ]
    stand.records.links.revoke(OURS, links[2].id, by)
    for number, (device, network, hours) in enumerate(
        (("WeChat · iPhone", "203.0.113.0/24", 1), ("Chrome · Android", "198.51.100.0/24", 50), ("", "", 90))
    ):
        opened = now - hours * HOUR_MS
        stand.records.openings.add(
            Opening(bytes([number]) * 32, OURS, links[0].id, device, network, opened, opened)
        )
    return stand.records.links.of(OURS)
