"""Aggregates over time: gaps, days of the local calendar, CSV, bounds."""

from __future__ import annotations

import csv
import io
from zoneinfo import ZoneInfo

import pytest

from tests.web.api.two_firms import BERLIN, BERLIN_MIDNIGHTS, NOW, TwoFirms
from tests.web.site_day import SITE
from web.api.moments import runs, step_of
from web.api.windows import MOST_BUCKETS, MOST_ROWS, _rows_behind
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

HOUR_AGO = NOW - HOUR_MS


def test_a_day_of_the_local_calendar_may_have_25_hours(firms: TwoFirms) -> None:
    """In Berlin the clocks went back on 25 October 2026: one reading an hour, one kWh an hour."""
    params = {
        "step": "1d",
        "start": "2026-10-24T09:00:00+02:00",
        "end": "2026-10-26T09:00:00+01:00",
        "aggregates": "count,increase",
        "quantity": "active_energy_import",
    }
    answer = firms.get(f"/sites/{BERLIN}/windows", params=params).json()
    assert answer["time"] == list(BERLIN_MIDNIGHTS[:3])
    assert (answer["start"], answer["end"]) == (BERLIN_MIDNIGHTS[0], BERLIN_MIDNIGHTS[3])
    (series,) = answer["series"]
    assert series["columns"] == {"count": [24, 25, 24], "increase": [23, 25, 24]}


def test_a_gap_is_null_and_never_zero(firms: TwoFirms) -> None:
    params = {
        "step": "1h",
        "start": NOW - 3 * HOUR_MS,
        "quantity": "active_power",
        "aggregates": "count,mean",
    }
    answer = firms.get(f"/sites/{SITE}/windows", params=params).json()
    (series,) = answer["series"]
    assert len(answer["time"]) == len(series["columns"]["mean"]) == 4
    assert series["columns"]["mean"][:2] == series["columns"]["count"][:2] == [None, None]
    assert None not in series["columns"]["mean"][2:]


def test_edges_move_outward_to_whole_buckets(firms: TwoFirms) -> None:
    params = {"step": "15m", "start": HOUR_AGO + 1, "end": NOW - 1, "device": "meter-main"}
    answer = firms.get(f"/sites/{SITE}/windows", params=params).json()
    assert answer["start"] <= HOUR_AGO + 1 < answer["start"] + 900_000
    assert answer["end"] - 900_000 < NOW - 1 <= answer["end"]
    assert all(time % 900_000 == 0 for time in answer["time"])


def test_times_may_be_written_either_way(firms: TwoFirms) -> None:
    either = [
        firms.get(f"/sites/{BERLIN}/windows", params={"step": "1h", "start": start, "end": end}).json()
        for start, end in (
            (BERLIN_MIDNIGHTS[0], BERLIN_MIDNIGHTS[1]),
            ("2026-10-24T00:00:00+02:00", "2026-10-24T22:00:00Z"),
        )
    ]
    assert either[0] == either[1]


def test_several_series_in_one_call_and_increase_for_counters_alone(firms: TwoFirms) -> None:
    params = {"step": "1h", "start": HOUR_AGO, "device": "meter-main", "aggregates": "increase,mean,increase"}
    series = firms.get(f"/sites/{SITE}/windows", params=params).json()["series"]
    assert [(one["quantity"], one["unit"], list(one["columns"])) for one in series] == [
        ("active_energy_import", "kW.h", ["mean", "increase"]),
        ("active_power", "W", ["mean"]),
    ]


@pytest.mark.parametrize("how", [{"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv"}}])
def test_csv_says_the_same_as_json(firms: TwoFirms, how: dict[str, dict[str, str]]) -> None:
    params = {
        "step": "30m",
        "start": str(NOW - 2 * HOUR_MS),
        "device": "meter-main",
        "aggregates": "mean,increase",
    }
    plain = firms.get(f"/sites/{SITE}/windows", params=params).json()
    answer = firms.get(
        f"/sites/{SITE}/windows", params=params | how.get("params", {}), headers=how.get("headers", {})
    )
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert list(rows[0]) == ["time", "device", "quantity", "unit", "mean", "increase"]
    assert len(rows) == 2 * len(plain["time"])
    energy, power = plain["series"]
    shown = [None if row["increase"] == "" else float(row["increase"]) for row in rows]
    assert shown[: len(plain["time"])] == energy["columns"]["increase"]
    means = [
        None if row["mean"] == "" else float(row["mean"]) for row in rows if row["quantity"] == "active_power"
    ]
    assert means == power["columns"]["mean"]
    assert rows[0]["time"].endswith(":00.000Z")


@pytest.mark.parametrize(
    ("params", "parameter", "says"),
    [
        ({"step": "1m", "start": 0, "end": NOW}, "step", f"at most {MOST_BUCKETS}"),
        ({"step": "1h", "start": NOW, "end": NOW}, "start", "must lie before end"),
        ({"step": "90s"}, "step", "take 1m"),
        ({"step": "9000h"}, "step", "at most 366 days"),
        ({"step": "15m", "start": "2026-02-30T00:00:00Z"}, "start", "no day of the calendar"),
        ({"step": "15m", "end": "9999999999999"}, "end", "1970 to 2099"),
        ({"step": "1h", "aggregates": "increase", "quantity": "active_power"}, "aggregates", "for counters"),
    ],
)
def test_a_broken_rule_is_named_with_a_way_round_it(
    firms: TwoFirms, params: dict[str, object], parameter: str, says: str
) -> None:
    answer = firms.get(f"/sites/{SITE}/windows", params=params)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["parameter"], error["place"]) == (parameter, "query")
    assert says in f"{error['rule']}; {error['remedy']}"
    assert error["given"]


@pytest.mark.parametrize(
    ("params", "parameter", "remedy"),
    [
        ({}, "step", "add it to the address"),
        ({"step": "15x"}, "step", "15m"),
        ({"step": "1h", "start": "2026-11-23 00:00:00"}, "start", "%2B"),
        ({"step": "1h", "start": "yesterday"}, "start", "2026-11-23T07:00:00Z"),
        ({"step": "1h", "quantity": "activ_power"}, "quantity", '"active_power"'),
        ({"step": "1h", "aggregates": "median"}, "aggregates", "write it as"),
        ({"step": "1h", "format": "xml"}, "format", "'json' or 'csv'"),
        ({"step": "1h", "devices": "meter-main"}, "devices", '"device"'),
    ],
)
def test_a_parameter_that_is_not_as_documented_is_422(
    firms: TwoFirms, params: dict[str, str], parameter: str, remedy: str
) -> None:
    answer = firms.get(f"/sites/{SITE}/windows", params=params)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["parameter"] == parameter
    assert remedy in error["remedy"]


def test_long_answers_travel_compressed_and_say_the_same(firms: TwoFirms) -> None:
    params = {"step": "1s", "start": HOUR_AGO, "device": "meter-main", "aggregates": "mean"}
    answers = [
        firms.get(f"/sites/{SITE}/windows", params=params, headers={"Accept-Encoding": encoding})
        for encoding in ("identity", "gzip")
    ]
    assert ["content-encoding" in answer.headers for answer in answers] == [False, True]
    assert int(answers[1].headers["content-length"]) * 2 < int(answers[0].headers["content-length"])
    assert answers[0].json() == answers[1].json()
    assert "Accept-Encoding" in answers[0].headers["vary"]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_a_year_of_days_is_as_cheap_where_midnight_is_no_whole_hour_of_utc(zone: str) -> None:
    """Findings F3: of each day the two cut hours are read by the minute, the rest by the hour."""
    end = NOW // MINUTE_MS * MINUTE_MS
    rows = sum(_rows_behind(run) for run in runs(end - 365 * DAY_MS, end, step_of("1d"), ZoneInfo(zone)))
    assert 24 * 365 <= rows <= (24 + 60 * 2) * 367
    assert rows * 10 < MOST_ROWS
