"""The registry as one access sees it: its firm alone, and of that what its rights reach."""

from __future__ import annotations

from dataclasses import replace

import pytest

from store.records.access import Access, Denied, Role, operator
from store.records.changes import By
from store.records.links import link_digest
from store.records.records import Records
from store.records.registry import Agent, Customer, Device, RegisteredProject, Room
from store.records.seen import Seen
from tests.store.records.identities import NOW, access, account

BY = By("operator:test", NOW)
#: On site a of fenglin, with the project there.
ON_A = frozenset({"a"})


@pytest.fixture
def records(identities: Records) -> Records:
    """A room, an agent, a device, a project, a customer and a link on each of the three sites."""
    for firm, site in (("fenglin", "a"), ("fenglin", "b"), ("other", "c")):
        with identities.begin() as done:
            done.customers.put([Customer(firm, f"customer-{site}", "客户", "Customer")], BY)
            done.rooms.put([Room(firm, site, "bath", "浴室", "Bathroom")], BY)
            done.agents.put([Agent(firm, site, f"pi-{site}")], BY)
            done.devices.put([Device(firm, site, f"meter-{site}", "electricity_meter", "bath", 1.0)], BY)
            done.projects.put([project(firm, site)], BY)
            done.links.add(firm, f"project-{site}", "Zhou", link_digest(site), None, BY)
    return identities


def project(firm: str, site: str) -> RegisteredProject:
    names = ("项目", "Project", "2026-03-01", f"customer-{site}")
    return RegisteredProject(firm, f"project-{site}", site, *names)


def who(*roles: Role, firm: str = "fenglin") -> Access:
    """Somebody on site a alone."""
    made = access(account("li", *roles, firm=firm, sites=ON_A))
    return replace(made, projects=frozenset({"project-a"}))


def everything(seen: Seen) -> set[str]:
    """Ids of what is seen of the nouns that are held."""
    found: set[str] = set()
    for rows in (seen.sites, seen.projects, seen.customers, seen.agents, seen.devices):
        try:
            found |= {row.id for row in rows.all()}
        except Denied:
            continue
    return found


OF_A = {"a", "project-a", "customer-a", "pi-a", "meter-a"}
OF_B = {"b", "project-b", "customer-b", "pi-b", "meter-b"}


def test_the_operator_sees_the_firm_and_nothing_of_another(records: Records) -> None:
    seen = records.seen_by(operator("fenglin"))
    assert everything(seen) == OF_A | OF_B
    assert [link.project for link in seen.links.all()] == ["project-a", "project-b"]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("owner", OF_A | OF_B),
        ("project_manager", OF_A),
        ("designer", OF_A - {"customer-a", "pi-a"}),
        ("safety_officer", (OF_A | OF_B) - {"customer-a", "customer-b"}),
        ("technician", OF_A),
        ("supplier", {"a", "project-a"}),
        ("sales", {"a", "project-a"}),
    ],
)
def test_a_role_sees_as_far_as_its_rights_reach(records: Records, role: Role, expected: set[str]) -> None:
    assert everything(records.seen_by(who(role))) == expected


def test_what_is_out_of_reach_is_as_absent_as_what_does_not_exist(records: Records) -> None:
    seen = records.seen_by(who("foreman"))
    for site, device in (("b", "meter-b"), ("c", "meter-c"), ("a", "none"), ("none", "meter-a")):
        assert seen.devices.get(site, device) is None
    assert seen.devices.get("a", "meter-a") is not None
    assert (seen.sites.get("b"), seen.sites.get("c")) == (None, None)
    for site in ("b", "c", "none"):
        with pytest.raises(Denied) as denied:
            seen.at(site, "event")
        assert denied.value.held
    assert seen.at("a", "event") == "a"


def test_a_right_that_is_not_held_is_refused_rather_than_answered_with_nothing(records: Records) -> None:
    seen = records.seen_by(who("supplier"))
    with pytest.raises(Denied) as denied:
        seen.devices.all()
    assert not denied.value.held


def test_a_row_that_names_another_firm_is_written_into_ones_own(records: Records) -> None:
    """A site of another firm has no row of ours, so there is nothing to hang it on."""
    room = Room("other", "a", "kitchen", "厨房", "Kitchen")
    records.seen_by(who("project_manager")).rooms.put([room], NOW)
    assert [one.id for one in records.rooms.of("fenglin", "a")] == ["bath", "kitchen"]
    assert [one.id for one in records.rooms.of("other", "c")] == ["bath"]


def test_nothing_is_changed_added_or_taken_out_beyond_reach(records: Records) -> None:
    seen = records.seen_by(who("project_manager"))
    elsewhere = Device("fenglin", "b", "meter-b", "water_meter", None, 1.0)
    for device in (elsewhere, replace(elsewhere, id="new")):
        with pytest.raises(Denied):
            seen.devices.put([device], NOW)
    with pytest.raises(Denied):
        seen.projects.put([replace(project("fenglin", "a"), site="b")], NOW)
    assert seen.devices.retire("b", "meter-b", at=NOW) is None
    assert not seen.devices.may("change", "b", "meter-b")
    assert seen.devices.may("change", "a", "meter-a")
    assert records.devices.get("fenglin", "b", "meter-b").kind == "electricity_meter"  # type: ignore[union-attr]


def test_the_author_of_a_change_is_whoever_makes_it(records: Records) -> None:
    seen = records.seen_by(who("project_manager"))
    (change,) = seen.rooms.put([Room("", "a", "bath", "卫生间", "Bathroom")], NOW + 1)
    assert (change.author, change.at, change.what) == ("member:li", NOW + 1, "changed")
    gone = seen.rooms.retire("a", "bath", at=NOW + 2)
    assert gone is not None
    assert seen.rooms.retired("a") == {"bath"}


def test_sales_see_and_change_the_customers_they_entered_themselves(records: Records) -> None:
    seen = records.seen_by(replace(who("sales"), who="member:sun", member="sun"))
    seen.customers.put([Customer("", "zhao", "赵家", "Zhao")], NOW)
    assert [one.id for one in seen.customers.all()] == ["zhao"]
    seen.customers.put([Customer("", "zhao", "赵先生", "Mr Zhao")], NOW)
    with pytest.raises(Denied):
        seen.customers.put([Customer("", "customer-a", "客户", "Mine now")], NOW)


def test_links_are_of_the_projects_one_is_on(records: Records) -> None:
    seen = records.seen_by(who("project_manager"))
    (own,) = seen.links.all()
    assert own.project == "project-a"
    theirs = records.links.of("fenglin", "project-b")[0]
    assert seen.links.get(theirs.id) is None
    assert seen.links.revoke(theirs.id, NOW) is None
    assert seen.links.end(theirs.id, NOW, NOW) is None
    for elsewhere in ("project-b", "project-c", "none"):
        with pytest.raises(Denied):
            seen.links.add(elsewhere, "Zhou", link_digest("new"), None, NOW)
    made = seen.links.add("project-a", "Zhou", link_digest("new"), None, NOW)
    assert (made.author, made.firm) == ("member:li", "fenglin")
    assert seen.links.revoke(made.id, NOW + 1) is not None


def test_what_is_done_at_a_site_is_part_of_it(records: Records) -> None:
    program = Access("fenglin", "token:1", {("site", "see"): "site"}, ON_A)
    assert [one.id for one in records.seen_by(program).work_at_sites()] == ["project-a"]
