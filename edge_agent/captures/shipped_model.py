"""The shipped profile of a device by what is printed on it: maker and model, as people write them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Final

from edge_agent import profile
from edge_agent.profile import Profile

#: Words of `match` that name nobody.
_NOBODY: Final = frozenset({"any", "generic", "others"})
#: Shorter words of a model ("S8", "B23") are looked at only beside their maker.
_TELLING_LENGTH: Final = 5


def find(device: str, protocol: str) -> Profile | None:
    """The profile of `protocol` whose maker and model are in `device`; of several the one that says most.

    >>> find("Chint DTSU666 three-phase", "modbus_rtu").profile
    'chint-dtsu666'
    """
    ranked = [(rank, one) for one in _all(protocol) if (rank := _rank(one, device)) is not None]
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _rank(one: Profile, device: str) -> tuple[bool, int] | None:
    made = any(_stands_in(maker, device) for maker in _parts(one.match.maker))
    lengths = [len(model) for model in _parts(one.match.model) if _stands_in(model, device)]
    longest = max(lengths, default=0)
    return (made, longest) if longest >= (1 if made else _TELLING_LENGTH) else None


def _parts(text: str) -> Iterator[str]:
    """`OR-WE-514, OR-WE-515` and `PZEM-016 / PZEM-004T v3` name two each."""
    for part in re.split(r",\s|\s/\s|\s?[()]\s?|\sand\s", text):
        if part and part.lower() not in _NOBODY:
            yield part


def _stands_in(name: str, device: str) -> bool:
    """As whole words, whatever the letters' case."""
    pattern = rf"(?<![a-z0-9]){re.escape(name.lower())}(?![a-z0-9])"
    return re.search(pattern, device.lower()) is not None


@functools.cache
def _all(protocol: str) -> tuple[Profile, ...]:
    return tuple(one for one in map(profile.load, profile.names()) if one.transport.protocol == protocol)
