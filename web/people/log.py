"""The log of access: who saw and changed what, page by page, as a table for a spreadsheet, and checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from store.records.access import Access
from store.records.access_log import ACTS, Entry, Wanted
from store.records.records import Records
from store.threads import PAGES, UPKEEP
from web.access.page import go, hidden, page
from web.access.principal import Member
from web.access.rights import Right
from web.access.room import Room
from web.http.languages import language_of
from web.http.spreadsheet import csv_text
from web.kit.form import Form
from web.people import log_page
from web.people.chain import Looks
from web.people.zone import begins
from web.services import Here

room = Room("/people/log")
routes = room.routes
#: Entries of one page, and of one step of an export.
A_PAGE: Final = 50
_A_STEP: Final = 1_000
#: Of an export; who wants more narrows it by days.
MOST_EXPORTED: Final = 100_000
_COLUMNS: Final = ("number", "time", "who", "act", "what", "detail", "address", "digest")
_looks: Final = Looks()


@room.get("", right=Right("log_of_access", "see"))
async def log_of_access(request: Request, here: Here, access: Access, me: Member) -> Response:
    """The newest first."""
    language = language_of(request)
    read = log_page.FILTER.read(language, log_page.PATH, _typed(request))
    wanted = Wanted() if isinstance(read, Form) else wanted_of(read, me.zone)
    before = _number(request.query_params.get("before", ""))

    def look(records: Records) -> log_page.Known:
        found = records.access_log.read(access, before=before, limit=A_PAGE + 1, wanted=wanted)
        count, digest = records.access_log.head(access)
        accounts = tuple(records.members.all(access))
        more, shown = len(found) > A_PAGE, tuple(found[:A_PAGE])
        return log_page.Known(
            shown, more, count, digest, accounts, here.clock(), me.zone, _looks.last(access)
        )

    known = await PAGES.run(look, here.records)
    form = read if isinstance(read, Form) else None
    asked = log_page.Asked(_typed(request), form, before, request.url.query)
    built = log_page.build(me, access, known, asked, language, here.assets, await hidden(request))
    return await page(request, built, 200 if form is None else 422)


@room.post("/check", right=Right("log_of_access", "see"))
async def check(request: Request, here: Here, access: Access) -> Response:
    """Every entry, from the first one on."""
    _looks.keep(access, await UPKEEP.run(_looks.look, here.records.access_log, access, here.clock()))
    return go(request, log_page.PATH)


@room.get("/entries.csv", right=Right("log_of_access", "see"))
async def export(request: Request, here: Here, access: Access, me: Member) -> Response:
    """What the page would show, all of it."""
    read = log_page.FILTER.read(language_of(request), log_page.PATH, _typed(request))
    wanted = Wanted() if isinstance(read, Form) else wanted_of(read, me.zone)
    here.gate.sights.add(here.gate.deed(access, request, "saw", "log_of_access:export", request.url.query))
    headers = {"Content-Disposition": 'attachment; filename="access-log.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(
        _rows(here.records, access, wanted), media_type="text/csv; charset=utf-8", headers=headers
    )


async def _rows(records: Records, access: Access, wanted: Wanted) -> AsyncIterator[str]:
    """In steps, so that a long log is held nowhere."""
    yield csv_text(_COLUMNS, ())
    before: int | None = None
    for _ in range(MOST_EXPORTED // _A_STEP):
        found = await PAGES.run(_step, records, access, before, wanted)
        if not found:
            return
        yield csv_text((), map(_row, found))
        before = found[-1].number


def _step(records: Records, access: Access, before: int | None, wanted: Wanted) -> list[Entry]:
    return records.access_log.read(access, before=before, limit=_A_STEP, wanted=wanted)


def _row(entry: Entry) -> tuple[object, ...]:
    deed = entry.deed
    time = dt.datetime.fromtimestamp(deed.time / 1_000, dt.UTC).isoformat(timespec="milliseconds")
    told = (entry.number, time, deed.who, deed.act, deed.what, deed.detail, deed.address)
    return (*told, entry.digest.hex())


def wanted_of(read: log_page.Filter, zone: ZoneInfo) -> Wanted:
    """A day is the whole of it."""
    until = None if read.until in {None, dt.date.max} else read.until  # what is after the last day there is?
    return Wanted(
        who=read.who,
        act=next((act for act in ACTS if act == read.act), None),
        what=(read.what or "").strip(),
        since=begins(read.since, zone) if read.since else None,
        until=begins(until + dt.timedelta(days=1), zone) if until else None,
    )


def _typed(request: Request) -> dict[str, list[str]]:
    return {name: request.query_params.getlist(name) for name in log_page.Filter.model_fields}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
