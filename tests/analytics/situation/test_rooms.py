"""Room by room: whatever is measured there is shown, and alarms at once."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest

from analytics.situation import showing
from analytics.situation.judge import RoomNow, judge
from analytics.situation.place import Place
from analytics.situation.state import SiteState, digest, watch
from store.records.registry import Device, Room
from wire.batch import Batch, Frame
from wire.quantities import QUANTITIES, Quantity

SITE: Final = "fenglin-18"
STREAM: Final = "01KAJ8V0000000000000000000"
NOW: Final = 1_795_417_920_000
BATH, LIVING = (Room("f", SITE, id_, id_, id_) for id_ in ("bath", "living"))


def device(name: str, kind: str, room: str | None = "bath", interval_s: float = 10.0) -> Device:
    return Device("f", SITE, name, kind, room, interval_s)


def site(*devices: Device) -> SiteState:
    place = Place(SITE, "Asia/Shanghai", dt.date(2026, 10, 20), dt.time(20), (BATH, LIVING), devices)
    return SiteState(place, watch(place), place.local_day(NOW))


def say(state: SiteState, name: str, at: int = NOW - 1_000, **values: float) -> None:
    """As a batch of the log is taken in."""
    frame = Frame(device=name, time=[at], values={key: [value] for key, value in values.items()})
    batch = Batch(stream=STREAM, seq=1, sent=NOW, frames=[frame])
    state.take(digest(batch, state.watched), NOW)


def values(now: RoomNow) -> dict[str, float | None]:
    return {name: one.reading.value if one.reading else None for name, one in now.measured.items()}


def test_everything_a_device_measures_is_shown_in_its_room_in_the_order_of_the_table() -> None:
    state = site(device("air", "air_quality"))
    say(state, "air", battery_level=90, pm2_5=12, temperature=21, carbon_dioxide=812)
    (bath,) = judge(state, NOW).rooms
    assert bath.room == BATH
    assert list(values(bath).items()) == [
        ("temperature", 21), ("carbon_dioxide", 812), ("pm2_5", 12), ("battery_level", 90),
    ]  # fmt: skip


def test_a_new_quantity_is_a_row_of_the_table_and_appears_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    radon = Quantity("radon", "Bq/m3", "Bq/m³", "gauge", 0, 100_000, "氡", "radon")
    monkeypatch.setitem(QUANTITIES, "radon", radon)
    state = site(device("air", "other"))
    say(state, "air", radon=48)
    (bath,) = judge(state, NOW).rooms
    assert values(bath) == {"radon": 48}
    assert showing.is_headline("radon")


def test_what_hangs_in_no_room_is_shown_for_the_site_the_meters_by_their_totals() -> None:
    state = site(device("noise", "noise_meter", None), device("main", "electricity_meter", None))
    say(state, "noise", sound_level=63)
    say(state, "main", active_power=900, voltage_l1=230)
    (whole,) = judge(state, NOW).rooms
    assert (whole.room, values(whole)) == (None, {"sound_level": 63})


def test_a_device_that_has_said_nothing_is_awaited_by_what_its_kind_says() -> None:
    state = site(device("th", "climate_sensor"), device("co2", "air_quality", "living"))
    bath, living = judge(state, NOW).rooms
    assert values(bath) == {"temperature": None, "relative_humidity": None}
    assert values(living) == {"carbon_dioxide": None}


def test_of_several_devices_the_one_that_spoke_last_is_shown_of_a_state_the_one_that_says_yes() -> None:
    state = site(*(device(name, "leak_sensor") for name in ("sink", "tub")))
    say(state, "sink", NOW - 9_000, leak=1, temperature=20)
    say(state, "tub", NOW - 1_000, leak=0, temperature=22)
    (bath,) = judge(state, NOW).rooms
    assert values(bath) == {"leak": 1, "temperature": 22}


@pytest.mark.parametrize("quantity", showing.ALARMS)
@pytest.mark.parametrize("room", ["bath", None])
def test_an_alarm_is_told_at_once_and_ends_with_a_zero(quantity: str, room: str | None) -> None:
    state = site(device("sensor", "other", room))
    say(state, "sensor", NOW - 60_000, **{quantity: 1})
    (alarm,) = judge(state, NOW).alarms
    assert (alarm.device.id, alarm.quantity, alarm.time) == ("sensor", quantity, NOW - 60_000)
    assert judge(state, NOW + 3_600_000).alarms == (alarm,), "silence is no end"
    say(state, "sensor", **{quantity: 0})
    assert judge(state, NOW).alarms == ()


def test_every_band_is_of_a_quantity_and_marks_a_place_on_its_bar() -> None:
    for name, band in showing.BANDS.items():
        assert QUANTITIES[name].low <= band.low < band.high <= QUANTITIES[name].high
        assert band.watch_above is None or 0 < band.share(band.watch_above) < 100
    assert set(showing.ALARMS) <= set(QUANTITIES)
    assert sorted(showing.in_order(QUANTITIES)) == sorted(QUANTITIES), "none is left out"
