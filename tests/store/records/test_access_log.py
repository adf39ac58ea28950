"""The log of access is a chain: what was altered, taken out, put in or cut off is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from store.engine import SqlDatabase, sqlite_url
from store.records.access import Access, Denied, operator
from store.records.access_log import Deed
from store.records.records import Records
from tests.store.records.identities import NOW, store_of

READER = operator("fenglin")


def deed(what: str, firm: str = "fenglin") -> Deed:
    return Deed(firm, NOW, "member:li", "192.0.2.7", "saw", what, "")


def test_what_was_done_is_read_newest_first(identities: Records) -> None:
    identities.access_log.add([deed("site:a"), deed("site:b"), deed("site:c", "other")])
    assert [entry.deed.what for entry in identities.access_log.read(READER)] == ["site:b", "site:a"]
    assert [entry.number for entry in identities.access_log.read(READER, before=2)] == [1]
    assert identities.access_log.first_fault(READER) is None


def test_two_who_write_at_once_make_one_chain(identities: Records) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: identities.access_log.add([deed(f"site:{n}")] * 5), range(8)))
    assert identities.access_log.head(READER)[0] == 40
    assert identities.access_log.first_fault(READER) is None


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("UPDATE access_log SET who = 'member:wang' WHERE number = 2", "entry 2 was altered"),
        ("DELETE FROM access_log WHERE number = 2", "entry 2 is missing"),
        ("DELETE FROM access_log WHERE number = 3", "entry 3 was the last; now 2 is"),
        ("UPDATE access_log SET number = number + 1 WHERE number = 3", "entry 3 is missing"),
    ],
)
def test_harm_is_told(tmp_path_factory: pytest.TempPathFactory, harm: str, told: str) -> None:
    url = sqlite_url(tmp_path_factory.mktemp("records") / "records.db")
    identities, database = store_of(url), SqlDatabase(url)
    identities.access_log.add([deed("site:a"), deed("site:b"), deed("site:c")])
    with database.write() as connection:
        connection.exec_driver_sql(harm)
    assert identities.access_log.first_fault(READER) == told
    database.close()
    identities.close()


def test_only_who_may_reads_it(identities: Records) -> None:
    with pytest.raises(Denied):
        identities.access_log.read(Access("fenglin", "member:li"))
