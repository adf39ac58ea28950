"""Readings one by one, in columns, page by page to the end."""

from __future__ import annotations

import csv
import io

from store.timeseries.contract import Block
from tests.web.api.two_firms import BERLIN, NOW, TwoFirms
from tests.web.site_day import SITE

HOUR_MS = 3_600_000


def test_pages_join_to_exactly_what_is_stored(firms: TwoFirms) -> None:
    path, params = f"/sites/{SITE}/readings", {"device": "meter-main", "limit": 50}
    times: list[int] = []
    power: list[float | None] = []
    answer = firms.get(path, params=params)
    while True:
        body = answer.json()
        times += body["time"]
        power += body["values"]["active_power"]
        if not answer.links:
            break
        assert len(body["time"]) == 50
        answer = firms.get(answer.links["next"]["url"].removeprefix("/api/v1"))
    stored = firms.stand.timeseries.raw(SITE, "meter-main", "active_power", NOW - 24 * HOUR_MS, NOW)
    assert (times, power) == stored
    assert len(times) > 300


def test_quantities_that_were_read_at_other_times_are_null_there(own_firms: TwoFirms) -> None:
    """One has every third time, and one that the other has not."""
    firms = own_firms
    times = list(range(1_000, 31_000, 1_000))
    firms.stand.timeseries.write(
        [
            Block(BERLIN, "pair", times, {"temperature": [float(t) for t in times]}),
            Block(BERLIN, "pair", times[::3], {"relative_humidity": [1.0] * 10}),
            Block(BERLIN, "pair", [500], {"relative_humidity": [0.5]}),
        ],
        9,
    )
    params = {"device": "pair", "limit": 7, "start": 0, "end": 40_000}
    answer = firms.get(f"/sites/{BERLIN}/readings", params=params)
    columns: dict[str, list[float | None]] = {"temperature": [], "relative_humidity": []}
    seen: list[int] = []
    while True:
        body = answer.json()
        seen += body["time"]
        for name, column in columns.items():
            column.extend(body["values"][name])
        if body["next"] is None:
            break
        answer = firms.get(f"/sites/{BERLIN}/readings", params=params | {"cursor": body["next"]})
    assert seen == [500, *times]
    assert columns["temperature"] == [None, *(float(t) for t in times)]
    assert columns["relative_humidity"] == [0.5, *(None if i % 3 else 1.0 for i in range(30))]


def test_csv_has_a_column_per_quantity_and_names_the_next_page(firms: TwoFirms) -> None:
    params = {"device": "meter-main", "limit": 3, "format": "csv", "quantity": "active_power"}
    answer = firms.get(f"/sites/{SITE}/readings", params=params)
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["time", "active_power"]
    assert len(rows) == 4
    assert rows[1][0] == "2026-11-23T06:12:00.000Z"
    following = firms.get(answer.links["next"]["url"].removeprefix("/api/v1"))
    assert following.headers["content-type"] == "text/csv; charset=utf-8"
    assert following.text.splitlines()[1].startswith("2026-11-23T06:12:30")


def test_units_stand_beside_the_values(firms: TwoFirms) -> None:
    body = firms.get(f"/sites/{SITE}/readings", params={"device": "th-bath", "limit": 1}).json()
    assert body["units"] == {"relative_humidity": "%", "temperature": "Cel"}


def test_a_device_is_needed(firms: TwoFirms) -> None:
    answer = firms.get(f"/sites/{SITE}/readings")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "device")
