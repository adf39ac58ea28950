"""Which batches of a site have not come, by number, and what is known of each: nothing is missed in silence.

A `seq` counts from 1 without holes (docs/wire.md), so what the log never saw can be named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from store.log.contract import Log
from store.records.contract import AgentState, Quarantined
from store.records.tenancy import SiteRef
from store.scoped import SiteRecords
from wire.ranges import Ranges

#: (agent, stream).
StreamKey = tuple[str, str]
_PAGE: Final = 100
#: So many items of quarantine are looked at for numbers; what is beyond is shown as missing.
MOST_ITEMS: Final = 10_000


@dataclass(frozen=True, slots=True)
class StreamGaps:
    """The holes of one stream as closed ranges; each number is in one of the four.

    `missing`: nobody knows of them: lost, or taken by a disk that died. `dropped`: the agent has said that it
    gave them up. `set_aside`: in quarantine, refused as a whole. `expected`: the agent holds as many in its
    spool, or is silent and may.
    """

    agent: str
    stream: str
    missing: list[tuple[int, int]]
    dropped: list[tuple[int, int]]
    set_aside: list[tuple[int, int]]
    expected: list[tuple[int, int]]


def gaps(
    streams: Mapping[StreamKey, Sequence[tuple[int, int]]],
    states: Iterable[AgentState],
    set_aside: Mapping[StreamKey, Ranges],
) -> list[StreamGaps]:
    """The streams of a site that are not whole, by agent and stream.

    `streams` as `Log.streams`; `states` of the site's agents; `set_aside` the numbers in quarantine. An agent
    sends its backlog from the oldest on, so what its spool still holds are taken to be the newest holes; what
    is younger than its status is on its way. A last will says nothing of the spool: while an agent is offline
    no hole of its stream is called missing.
    """
    of_agent = {state.agent: state for state in states}
    current = {(agent, state.status.stream) for agent, state in of_agent.items()}
    found = [
        _of_stream(key, Ranges(streams.get(key, ())), of_agent.get(key[0]), set_aside.get(key, Ranges()))
        for key in sorted({*streams, *current})
    ]
    return [one for one in found if one is not None]


def _of_stream(
    key: StreamKey, came: Ranges, state: AgentState | None, quarantined: Ranges
) -> StreamGaps | None:
    pairs = came.pairs()
    last = max(pairs[-1][1] if pairs else 0, _last_seq(key, state))
    holes = Ranges(came.missing(1, last))
    if not holes.pairs():
        return None
    set_aside = holes.within(quarantined)
    holes = holes.minus(set_aside)
    dropped = holes.within(Ranges(_dropped(key, state)))
    holes = holes.minus(dropped)
    expected = _expected(key, state, holes)
    missing = holes.minus(expected)
    return StreamGaps(*key, missing.pairs(), dropped.pairs(), set_aside.pairs(), expected.pairs())


def _last_seq(key: StreamKey, state: AgentState | None) -> int:
    """The highest number the agent says it has given in this stream."""
    return state.status.spool.last_seq if state and state.status.stream == key[1] else 0


def _dropped(key: StreamKey, state: AgentState | None) -> list[tuple[int, int]]:
    if state is None:
        return []
    status = state.status
    if status.stream == key[1]:
        return status.dropped.batches
    return [pair for one in status.dropped.older if one.stream == key[1] for pair in one.batches]


def _expected(key: StreamKey, state: AgentState | None, holes: Ranges) -> Ranges:
    if state is None:
        return Ranges()
    if not state.status.online:
        return holes
    spool = state.status.spool
    if state.status.stream != key[1]:
        return holes.highest(spool.older_batches)
    known = holes.within(Ranges([(1, spool.last_seq)] if spool.last_seq else []))
    younger = holes.minus(known)
    return Ranges([*known.highest(spool.batches - spool.older_batches), *younger])


def site_gaps(log: Log, records: SiteRecords, site: SiteRef) -> list[StreamGaps]:
    """`gaps` from the stores. Blocking. Raises StoreError where a store will not."""
    # The states first: what comes in between is then known to the log, and no hole.
    states = records.agent_states.of(site)
    streams = log.streams(site)
    if not gaps(streams, states, {}):
        return []
    return gaps(streams, states, _set_aside(records, site))


def _set_aside(records: SiteRecords, site: SiteRef) -> dict[StreamKey, Ranges]:
    found: defaultdict[StreamKey, Ranges] = defaultdict(Ranges)
    after = looked_at = 0
    while looked_at < MOST_ITEMS:
        page = records.quarantine.items(_PAGE, after, site=site, waiting=True)
        for item in page:
            _note(item, found)
        if len(page) < _PAGE:
            break
        after = page[-1].id
        looked_at += len(page)
    return dict(found)


def _note(item: Quarantined, found: defaultdict[StreamKey, Ranges]) -> None:
    if item.agent is not None and item.stream is not None and item.seq is not None:
        found[item.agent, item.stream].add(item.seq)
