"""Exchanged meters over the API: entered, counted by, undone; each firm its own."""

from __future__ import annotations

from typing import Final

from store.records.tenancy import site_ref
from store.timeseries.contract import Block
from tests.web.api.two_firms import NOW, THEIR_SITE, THEIRS, TwoFirms
from tests.web.site_day import SITE

HOUR: Final = 3_600_000
START: Final = NOW // HOUR * HOUR - 100 * HOUR
WINDOW: Final = {"step": "1h", "start": START, "end": START + 2 * HOUR, "aggregates": "increase"}


def exchange(
    firms: TwoFirms, query: str, site: str = SITE, token: str | None = None
) -> tuple[int, dict[str, object]]:
    answer = firms.post(f"/sites/{site}/devices/meter-new/exchange?{query}", token)
    return answer.status_code, answer.json()


def increase(firms: TwoFirms) -> tuple[list[float | None], list[str]]:
    series = firms.get(f"/sites/{SITE}/windows", params=WINDOW | {"device": "meter-new"}).json()["series"][0]
    return series["columns"]["increase"], [mark["why"] for mark in series["marks"]]


def test_what_a_person_enters_changes_the_figures_and_undoing_it_changes_them_back(
    own_firms: TwoFirms,
) -> None:
    firms = own_firms
    times = [START + at * 60_000 for at in (0, 1, 50, 51)]
    values: list[float | None] = [45_678.0, 45_678.5, 3.25, 3.5]
    firms.stand.timeseries.write([Block(SITE, "meter-new", times, {"active_energy_import": values})], 0)
    assert increase(firms) == ([0.75, None], ["reset"])
    at = START + 30 * 60_000 + 12_345
    status, entered = exchange(firms, f"quantity=active_energy_import&at={at}&old_last=45679.5&new_first=3")
    assert (status, entered["at"], entered["author"]) == (200, START + 30 * 60_000, "token 1")
    assert increase(firms) == ([2.0, None], ["told"])
    assert firms.get(f"/sites/{SITE}/exchanges").json()["items"] == [entered]
    undone = firms.post(f"/sites/{SITE}/exchanges/{entered['id']}/undo").json()
    assert (undone["undone"], undone["undone_by"]) == (NOW, "token 1")
    assert increase(firms) == ([0.75, None], ["reset"])


def test_what_cannot_have_happened_is_refused(own_firms: TwoFirms) -> None:
    firms = own_firms
    block = Block(SITE, "meter-new", [START], {"active_energy_import": [1.0]})
    firms.stand.timeseries.write([block], 0)
    status, problem = exchange(firms, f"quantity=active_energy_import&at={NOW + HOUR}")
    assert (status, "future" in str(problem["detail"])) == (400, True)
    status, problem = exchange(firms, f"quantity=active_power&at={START}")
    assert (status, "no counter" in str(problem["detail"])) == (400, True)
    assert exchange(firms, f"quantity=active_energy_import&at={START}&old_last=-1")[0] == 422
    assert (
        firms.post(f"/sites/{SITE}/devices/nobody/exchange?quantity=water_volume&at={START}").status_code
        == 404
    )
    assert firms.post(f"/sites/{SITE}/exchanges/99/undo").status_code == 404


def test_a_firm_enters_and_undoes_for_its_own_sites_alone(own_firms: TwoFirms) -> None:
    firms = own_firms
    reader = firms.issue("telemetry:read")
    theirs = firms.issue(firm=THEIRS)
    block = Block(SITE, "meter-new", [START], {"active_energy_import": [1.0]})
    firms.stand.timeseries.write([block], 0)
    query = f"quantity=active_energy_import&at={START}"
    assert exchange(firms, query, token=reader)[0] == 403
    assert exchange(firms, query, token=theirs)[0] == 404
    assert exchange(firms, query, site=THEIR_SITE)[0] == 404
    number = exchange(firms, query)[1]["id"]
    assert firms.post(f"/sites/{THEIR_SITE}/exchanges/{number}/undo", theirs).status_code == 404
    assert len(firms.stand.records.exchanges.of(site_ref(SITE))) == 1
