"""What an entry of the log changes in what is known of its site: pure functions over `SiteNow`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from analytics.situation.age import AHEAD_AT_MOST_MS
from analytics.situation.headcount import Day, Passage, stays
from analytics.situation.showing import ALARMS
from store.log.change import Change
from store.records.site_now import HOURS, AgentSaid, Heard, SiteNow
from wire.batch import Batch, Frame
from wire.durations import HOUR_MS

#: Of a day's stays so many are kept, the latest: more people than that are on no site.
MOST_STAYS: Final = 500
_ALL_HOURS: Final = (1 << HOURS) - 1


def take_batch(known: SiteNow, agent: str, batch: Batch, accepted_at: int) -> None:
    """It says which devices spoke and when. What is stamped later than it came in is not believed."""
    due = accepted_at + AHEAD_AT_MOST_MS
    for frame in batch.frames:
        _hear(known, frame.device, [time for time in _times_with_a_value(frame) if time <= due])
        _alarm(known, frame, due)
    for event in batch.events:
        if event.kind == "badge" and event.time <= due:
            _hear(known, event.device, [event.time])
    if (said := known.agents.get(agent)) is not None and said.quiet:
        known.agents[agent] = said._replace(quiet=False)


def take_change(known: SiteNow, agent: str, change: Change) -> None:
    """It says what of an agent holds from now on."""
    status = change.status
    devices = {one.device: one.fault for one in status.devices}
    known.agents[agent] = AgentSaid(change.received, status.sent, status.online, change.quiet, devices)


def count(known: SiteNow, passages: Sequence[Passage], day: Day) -> None:
    """All passages of the local day that runs: whoever they were, they stay for so long."""
    counted = stays(passages, day)
    known.stays = [(stay.start, stay.end) for stay in counted][-MOST_STAYS:]


def _hear(known: SiteNow, device: str, times: Sequence[int]) -> None:
    if not times:
        return
    first, newest, hours = min(times), max(times), 0
    if (before := known.devices.get(device)) is not None:
        first, newest = min(first, before.first), max(newest, before.time)
        hours = before.hours << min(newest // HOUR_MS - before.time // HOUR_MS, HOURS)
    for hour in {newest // HOUR_MS - time // HOUR_MS for time in times}:
        hours |= 1 << hour if hour < HOURS else 0
    known.devices[device] = Heard(first, newest, hours & _ALL_HOURS)


def _alarm(known: SiteNow, frame: Frame, due: int) -> None:
    for quantity in ALARMS:
        said = zip(frame.time, frame.values.get(quantity, ()), strict=False)
        newest = max(((t, value) for t, value in said if value is not None and t <= due), default=None)
        series = (frame.device, quantity)
        if newest is not None and newest[0] >= known.alarms.get(series, (0, 0.0))[0]:
            known.alarms[series] = newest


def _times_with_a_value(frame: Frame) -> Sequence[int]:
    columns = list(frame.values.values())
    if any(None not in column for column in columns):
        return frame.time
    rows = zip(frame.time, *columns, strict=True)
    return [time for time, *values in rows if any(value is not None for value in values)]
