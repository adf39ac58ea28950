"""The log of access: filtered, page by page, exported, checked."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from store.records.access_log import Deed
from store.records.changes import By
from store.records.registry import Site
from store.records.tenancy import site_ref
from tests.web.access.house import ELSEWHERE, OURS, SITE, Browser, House


@pytest.fixture
def auditor(house: House) -> Iterator[Browser]:
    with house.browser("auditor") as browser:
        yield browser


def tell(house: House, count: int, **changes: object) -> None:
    now = house.services.clock()
    usual = {"who": "member:foreman", "act": "changed", "what": "device:site-a/meter", "detail": "moved"}
    told = usual | {"firm": OURS, "address": "192.0.2.9"} | changes
    house.services.records.access_log.add([Deed(time=now, **told) for _ in range(count)])  # type: ignore[arg-type]


def test_who_did_what_is_told_the_newest_first_by_pages(house: House, auditor: Browser) -> None:
    tell(house, 120)
    first = auditor.get("/people/log").text
    assert first.count("A foreman") - first.count(">A foreman</option>") == 50
    assert "device:site-a/meter" in first
    assert "Older" in first
    older = auditor.get("/people/log?before=60").text
    assert "Entries 10–59" in older
    assert "Newest" in older


def test_it_is_narrowed_by_who_what_did_and_day(house: House, auditor: Browser) -> None:
    tell(house, 3)
    tell(house, 1, who="member:owner", act="removed", what="link:7")
    found = auditor.get("/people/log?who=member:owner&act=removed&what=link:").text
    assert "link:7" in found
    assert "device:site-a/meter" not in found
    assert "Nothing matches." in auditor.get("/people/log?until=2001-01-01").text
    assert "link:7" in auditor.get("/people/log?since=2001-01-01").text


def test_what_is_somebodys_is_told_by_their_name(house: House, auditor: Browser) -> None:
    for what in ("member:foreman", "session:owner", "reset:worker", "invitation:9d7e998d4f3a"):
        tell(house, 1, what=what)
    page = auditor.get("/people/log").text
    for said in (">A foreman<", "a sign-in of A owner", "a reset link of A worker", "invitation 9d7e99<"):
        assert said in page, said
    assert "member:foreman<" not in page
    assert "member:nobody" not in page
    tell(house, 1, what="member:nobody")
    assert "member:nobody" in auditor.get("/people/log").text


def test_a_moment_and_a_day_are_those_of_most_of_the_firms_sites(house: House, auditor: Browser) -> None:
    """15:12 in Shanghai is 02:12 in New York."""
    tell(house, 1)
    assert "15:12" in auditor.get("/people/log").text
    sites = [Site(OURS, site_ref(site), "America/New_York") for site in (SITE, ELSEWHERE)]
    house.services.records.sites.put(sites, By("member:owner", house.services.clock()))
    page = auditor.get("/people/log").text
    assert ("02:12" in page, "15:12" in page) == (True, False)


def test_what_is_typed_wrong_is_told_and_kept(auditor: Browser) -> None:
    answer = auditor.get("/people/log?since=yesterday&what=kept")
    assert answer.status_code == 422
    assert 'value="kept"' in answer.text
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize("before", ["-1", "x", "9" * 40, "١"])
def test_a_page_that_is_none_is_the_first(auditor: Browser, before: str) -> None:
    assert auditor.get("/people/log", params={"before": before}).status_code == 200


def test_the_chain_is_checked_and_said(house: House, auditor: Browser) -> None:
    tell(house, 3)
    assert "Not checked from the beginning" in auditor.get("/people/log").text
    assert auditor.send("/people/log/check", page="/people/log").status_code == 303
    assert "whole and unaltered" in auditor.get("/people/log").text
    with house.services.records._database.write() as connection:
        connection.execute(text("UPDATE access_log SET what = 'nothing' WHERE number = 2"))
    page = auditor.get("/people/log").text
    assert "entry 2 was altered" in page, "also without a whole check, where it is shown"
    assert "Find out why at once" in page


def test_an_export_has_all_that_matches_and_calculates_nothing(house: House, auditor: Browser) -> None:
    tell(house, 1_200)
    tell(house, 1, act="added", what="=HYPERLINK(1)", detail="+1", who="@x")
    answer = auditor.get("/people/log/entries.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="access-log.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) > 1_200
    (evil,) = [row for row in rows if "HYPERLINK" in row["what"]]
    assert (evil["what"], evil["detail"], evil["who"]) == ("'=HYPERLINK(1)", "'+1", "'@x")
    few = auditor.get("/people/log/entries.csv?act=added").text
    assert [row["act"] for row in csv.DictReader(io.StringIO(few))] == ["added"]


def test_it_is_for_owner_and_auditor_alone(house: House) -> None:
    with house.browser("project_manager") as other:
        for path in ("/people/log", "/people/log/entries.csv"):
            assert other.get(path).status_code == 403
        assert "/people/log" not in other.get("/people").text
