"""What hangs on a P1 meter's M-Bus: gas and water, each on a channel of its own. No I/O.

A channel (P1 Companion Standard 5.0.2 §6.12) says what kind its meter is, the meter's number, and a reading
with its time. A meter that was exchanged or never heard keeps its channel: its number is empty, its time that
of a clock never set (1970, 2000) or none (month 25), its reading has no unit. Nothing of it is believed.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from edge_agent.drivers import obis
from edge_agent.drivers.contract import Point
from edge_agent.drivers.obis import DataSet, Readout

#: The kinds by the number that says them (EN 13757-3, Table 6), in decimal as P1 prints it.
SUB_METERS: Final = {"gas": 3, "hot_water": 6, "water": 7}
#: P1 has four; some meters number on.
CHANNELS: Final = range(1, 9)
_READINGS: Final = ("24.2.1", "24.2.3", "24.3.0")
_NUMBERS: Final = ("96.1.0", "96.1.1")
_TIMESTAMP: Final = "0-0:1.0.0"
_STAMP = re.compile(r"([0-9]{12})([SW]?)")
_SUMMER: Final = dt.timedelta(hours=1)
#: No meter has had a P1 port before; an older time is that of a clock never set.
_FIRST_YEAR: Final = 2005
#: A channel that was last heard so long before another is that of a meter taken away; before now: silent.
_STALE: Final = dt.timedelta(days=7)
#: Clocks of two meters differ, but not by so much.
_AHEAD: Final = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class _Heard:
    """A reading that holds, and when its meter said it (None: the telegram does not say)."""

    reading: DataSet
    time: dt.datetime | None


def sub_meter_value(point: Point, readout: Readout) -> float | None:
    """The reading of the one meter of the point's kind that is alive; None where there is none, or not one.

    Raises KeyError where no channel has such a meter.
    """
    heard = _alive(point, readout)
    return None if heard is None else obis.in_table_unit(heard.reading, point.quantity)


def sub_meter_times(point: Point, readout: Readout) -> tuple[dt.datetime, dt.datetime] | None:
    """When that reading was taken and when the telegram was sent, both by the meter's own clock; None where
    one of them is not told. Raises KeyError as `sub_meter_value`."""
    heard, now = _alive(point, readout), _now(readout)
    return None if heard is None or heard.time is None or now is None else (heard.time, now)


def _alive(point: Point, readout: Readout) -> _Heard | None:
    kind, wanted = SUB_METERS[point.where["sub_meter"]], point.where.get("channel")
    channels = [channel for channel in _channels(kind, readout) if wanted in (None, channel)]
    if not channels:
        raise KeyError(kind)
    heard = _newest([one for channel in channels if (one := _heard(channel, readout)) is not None])
    if len(heard) != 1 or not _is_of_now(heard[0], readout):
        return None
    return heard[0]


def _channels(kind: int, readout: Readout) -> list[int]:
    found = []
    for channel in CHANNELS:
        sort = readout.get(f"0-{channel}:24.1.0")
        if sort is not None and obis.number(sort.groups[0]) == kind:
            found.append(channel)
    return found


def _heard(channel: int, readout: Readout) -> _Heard | None:
    numbers = [one for place in _NUMBERS if (one := readout.get(f"0-{channel}:{place}")) is not None]
    if numbers and not any(one.groups[0].strip() for one in numbers):
        return None
    for place in _READINGS:
        reading = readout.get(f"0-{channel}:{place}")
        if reading is None or reading.last[1] is None or obis.number(reading.last[0]) is None:
            continue
        if len(reading.groups) == 1:
            return _Heard(reading, None)
        time = stamp(reading.groups[0])
        if time is not None:
            return _Heard(reading, time)
    return None


def _newest(heard: list[_Heard]) -> list[_Heard]:
    """Without those of meters that have fallen silent while another of their kind went on."""
    times = [one.time for one in heard if one.time is not None]
    return [one for one in heard if one.time is None or max(times) - one.time < _STALE]


def _is_of_now(heard: _Heard, readout: Readout) -> bool:
    now = _now(readout)
    return heard.time is None or now is None or now - _STALE <= heard.time <= now + _AHEAD


def _now(readout: Readout) -> dt.datetime | None:
    said = readout.get(_TIMESTAMP)
    return None if said is None else stamp(said.groups[0])


def stamp(text: str) -> dt.datetime | None:
    """`YYMMDDhhmmss` and S (summer) or W, as the meter's winter time; None where that is no time, or no set
    clock's."""
    found = _STAMP.fullmatch(text.strip())
    if found is None or int(found[1][:2]) >= 70:
        return None
    try:
        time = dt.datetime.strptime(found[1], "%y%m%d%H%M%S")  # noqa: DTZ007  # no zone is printed
    except ValueError:
        return None
    if time.year < _FIRST_YEAR:
        return None
    return time - _SUMMER if found[2] == "S" else time
