"""Projects as the registry has them, found by what opens their page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from store.records.changes import By
from store.records.contract import AgentState
from store.records.links import link_digest
from store.records.records import Records
from tests.records import open_records
from tests.registered import BY, projects_in
from tests.web.site_day import PROJECTS
from web.customer.project import Projects, changed_projects, registered_projects
from wire.status import SpoolStatus, Status


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = open_records(tmp_path)
    yield opened
    opened.close()


def test_a_project_comes_with_what_is_at_its_site_as_it_was_listed(records: Records) -> None:
    first, second = projects_in(records, PROJECTS)
    assert (first.title.en, second.customer.zh) == ("18 Fenglin Road, 3-501", "林女士家")
    assert [room.id for room in first.rooms] == ["bath", "living", "bedroom"]
    assert [device.id for device in first.place().of_kind("badge_reader")] == ["gate-in", "gate-out"]
    assert first.place().of_kind("water_meter")[0].interval_ms == 2_000
    assert (first.started, first.closes) == (dt.date(2026, 10, 20), dt.time(20))


def test_projects_that_share_a_site_show_each_their_own(records: Records) -> None:
    first, second = projects_in(records, PROJECTS.replace("site: huaihai-7", "site: fenglin-18"))
    assert [room.id for room in second.rooms] == ["kitchen"]
    assert [device.id for device in second.devices] == ["meter-main", "th-kitchen", "gate"]
    assert "th-kitchen" not in [device.id for device in first.devices]


def test_a_project_is_found_by_its_firm_and_its_id(records: Records) -> None:
    first, second = projects_in(records, PROJECTS)
    projects = Projects([first, second, replace(second, firm="other")])
    assert projects.of("firm", second.id) == second
    assert projects.of("other", second.id) == replace(second, firm="other")
    assert projects.of("other", first.id) is None


def test_each_link_of_a_project_opens_it_until_its_own_end(records: Records) -> None:
    (first, _) = projects_in(records, PROJECTS)
    records.links.add("firm", "fenglin-18", "郑先生", link_digest("another-0815"), 1_000, BY)
    project = registered_projects(records)[0]
    assert len(project.open_links(999)) == 2
    assert project.open_links(1_000) == first.open_links(1_000) != frozenset()


def test_a_change_of_the_registry_is_seen_once(records: Records) -> None:
    look = changed_projects(records)
    assert look() == []
    projects_in(records, PROJECTS)
    assert [project.id for project in look() or ()] == ["fenglin-18", "huaihai-7"]
    assert look() is None
    status = Status(online=True, sent=1, stream="01K" + "A" * 23, spool=SpoolStatus(batches=0))
    records.agent_states.put(AgentState("fenglin-18", "pi-1", 1, status))
    records.feed.last()
    assert look() is None
    (link, *_) = records.links.of("firm", "fenglin-18")
    records.links.revoke("firm", link.id, By("member:li", BY.at + 1))
    changed = look()
    assert changed is not None
    assert changed[0].links == ()


def test_only_what_changed_is_named(records: Records) -> None:
    first, second = projects_in(records, PROJECTS)
    known = Projects([first, second])
    moved = replace(first, closes=dt.time(18))
    assert known.replace([moved, second]) == [first]
    assert known.replace([moved]) == [second]
    assert known.of("firm", second.id) is None
