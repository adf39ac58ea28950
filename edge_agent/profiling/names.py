"""What a name means that somebody gave to a register: a quantity, where its words leave no doubt.

A word that changes what is measured (`max`, `today`, `tariff`) makes it another value: it is not taken. Words
that nothing is known of are not passed over either, unless the caller knows from elsewhere what is measured.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from edge_agent.profiling import units
from wire.quantities import QUANTITIES

#: Words together and what they mean; the first set of which all words are there counts.
_MEANINGS: Final[tuple[tuple[str, str], ...]] = (
    ("power factor", "power_factor"), ("cos phi", "power_factor"), ("cosphi", "power_factor"),
    ("pf", "power_factor"), ("reactive energy", "reactive_energy_import"),
    ("kvarh", "reactive_energy_import"), ("reactive power", "reactive_power"),
    ("apparent power", "apparent_power"), ("energy", "active_energy_import"),
    ("kwh", "active_energy_import"), ("wh", "active_energy_import"), ("mwh", "active_energy_import"),
    ("power", "active_power"), ("watts", "active_power"), ("watt", "active_power"),
    ("neutral current", "neutral_current"), ("residual current", "residual_current"),
    ("leakage current", "residual_current"), ("voltage", "voltage"), ("volts", "voltage"),
    ("current", "current"), ("amps", "current"), ("frequency", "frequency"), ("freq", "frequency"),
    ("hz", "frequency"), ("surface temperature", "surface_temperature"), ("temperature", "temperature"),
    ("temp", "temperature"), ("humidity", "relative_humidity"), ("rh", "relative_humidity"),
    ("co2", "carbon_dioxide"), ("carbon dioxide", "carbon_dioxide"), ("pm25", "pm2_5"),
    ("noise", "sound_level"), ("sound level", "sound_level"), ("lux", "illuminance"),
    ("illuminance", "illuminance"), ("moisture", "material_moisture"), ("water volume", "water_volume"),
    ("gas volume", "gas_volume"), ("air pressure", "air_pressure"), ("relay", "relay_closed"),
    ("import", "active_energy_import"), ("export", "active_energy_export"),
)  # fmt: skip
_ENERGY: Final = "active_energy_import"
_EXPORTED: Final = "active_energy_export"
#: Directions of energy. `delivered` is seen from the meter: what the house delivers.
_IMPORT: Final = frozenset(
    {"import", "imported", "consumed", "consumption", "drawn", "bought", "purchased", "forward", "positive"}
)
_EXPORT: Final = frozenset(
    {"export", "exported", "delivered", "fed", "feed", "feedin", "returned", "sold", "reverse", "negative"}
)
#: Words that say nothing more.
_PLAIN: Final = frozenset(
    {"total", "sum", "active", "real", "system", "all", "the", "of", "in", "n", "line", "to", "neutral"}
)
#: Words that make it another value.
_OTHER: Final = frozenset(
    {
        "max", "maximum", "min", "minimum", "peak", "demand", "average", "avg", "mean", "thd", "angle",
        "today", "daily", "day", "yesterday", "month", "monthly", "year", "yearly", "week", "hourly",
        "tariff", "t1", "t2", "t3", "t4", "rate", "partial", "resettable", "trip", "setpoint", "target",
        "limit", "threshold", "rated", "nominal", "net", "balance", "unbalance", "offset", "alarm",
    }
)  # fmt: skip
_PHASE: Final = re.compile(r"(?:l|p|ph|phase|v|u|i)?([123abc])n?")
_LETTERS: Final = re.compile(r"(?:l|p|ph|phase|line)")
_PHASE_OF: Final = {"a": "1", "b": "2", "c": "3"}
#: `U1`, `IL2`, `P3` of themselves.
_SYMBOL: Final = re.compile(r"([uvip])l?([123])n?")
_SYMBOLS: Final = {"u": "voltage", "v": "voltage", "i": "current", "p": "active_power"}
_BETWEEN: Final = {"12": "voltage_l1_l2", "23": "voltage_l2_l3", "31": "voltage_l3_l1", "13": "voltage_l3_l1"}
#: Of fewer names nothing can be said to be common.
_FEWEST_NAMES: Final = 2
_MOST_OF_THEM: Final = 0.6
_VOCABULARY: Final = (
    frozenset(word for told, _ in _MEANINGS for word in told.split()) | _IMPORT | _EXPORT | _OTHER
)
#: A name is a few words; what is longer is no name.
_LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Meaning:
    """A quantity, and the factor that the unit in the name asks for.

    `certain`: the name says it whole; else a word was taken for granted, as the direction of an energy.
    """

    quantity: str
    scale: float = 1.0
    certain: bool = True


#: Names (as `plain` writes them) that the user has explained; None: leave it out.
Given = Mapping[str, Meaning | None]


def plain(name: str) -> str:
    """The name in small words with a blank between: `ActivePowerL1`, `active_power-L1` are one."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z](?:[a-z]{2}|[0-9]))", " ", name[:_LONGEST])
    return " ".join(re.findall(r"[^\W_]+", apart.lower()))


def meaning(name: str, around: Collection[str] = ()) -> Meaning | None:
    """What the name means; None where it does not say it. `around` are words known to be the device's own."""
    whole = plain(name).replace(" ", "_")
    if whole in QUANTITIES:
        return Meaning(whole)
    words = [word for word in plain(name).split() if word not in around]
    if not words or not _OTHER.isdisjoint(words):
        return None
    if len(words) == 1 and (symbol := _SYMBOL.fullmatch(words[0])):
        return Meaning(f"{_SYMBOLS[symbol[1]]}_l{symbol[2]}")
    for told, quantity in _MEANINGS:
        if set(told.split()) <= set(words):
            rest = [word for word in words if word not in told.split()]
            return _with_rest(quantity, rest, words)
    return None


def _with_rest(quantity: str, rest: list[str], words: list[str]) -> Meaning | None:
    """The quantity with phase, direction and unit; None where a word is left that nothing is known of."""
    unit = next((units.IN_NAMES[word] for word in words if word in units.IN_NAMES), None)
    left = [word for word in rest if word not in _PLAIN and word not in units.IN_NAMES]
    way = _way(left)
    left = [word for word in left if word not in _IMPORT | _EXPORT]
    phases = [_PHASE_OF.get(found[1], found[1]) for word in left if (found := _PHASE.fullmatch(word))]
    if any(not _PHASE.fullmatch(word) and not _LETTERS.fullmatch(word) for word in left):
        return None
    meant = _directed(_phased(quantity, phases), way)
    if meant is None or meant not in QUANTITIES:
        return None
    factor = 1.0 if unit is None else units.factor(unit, meant)
    return None if factor is None else Meaning(meant, factor, certain=meant != _ENERGY or way is not None)


def _way(words: list[str]) -> str | None:
    if not _EXPORT.isdisjoint(words):
        return _EXPORTED
    return None if _IMPORT.isdisjoint(words) else _ENERGY


def _directed(quantity: str | None, way: str | None) -> str | None:
    """Only energies are counted by direction: an exported power is the same power with another sign."""
    if way is None or quantity in (_ENERGY, _EXPORTED):
        return way or quantity
    return quantity if way == _ENERGY else None


def _phased(quantity: str, phases: list[str]) -> str | None:
    if not phases:
        return quantity
    if len(phases) == 1:
        return f"{quantity}_l{phases[0]}"
    return _BETWEEN.get("".join(phases)) if quantity == "voltage" else None


def own_words(all_names: Collection[str]) -> frozenset[str]:
    """Words that stand in most names of a device and say nothing of a value: what it is called."""
    counted = Counter(word for name in all_names for word in set(plain(name).split()))
    often = max(_FEWEST_NAMES, _MOST_OF_THEM * len(all_names))
    return frozenset(
        word
        for word, count in counted.items()
        if count >= often and word not in _VOCABULARY and not _PHASE.fullmatch(word)
    )


def phase_in(name: str) -> str:
    """`_l1` to `_l3` where a word of the name is a phase, else nothing."""
    words = plain(name).split()
    for before, word in zip(["", *words], words, strict=False):
        found = re.fullmatch(r"(?:l|ph|phase|p)([123abc])n?", word)
        if found is None and before in ("phase", "line", "l"):
            found = re.fullmatch(r"([123abc])", word)
        if found:
            return f"_l{_PHASE_OF.get(found[1], found[1])}"
    return ""


def says_export(name: str) -> bool:
    """Whether a word of the name is one of energy that goes out."""
    return not _EXPORT.isdisjoint(plain(name).split())


def other_value(name: str) -> str | None:
    """The word of a name that makes it another value, as `max`; None where there is none."""
    return next((word for word in plain(name).split() if word in _OTHER), None)


def suggestion(name: str) -> str | None:
    """The likeliest quantity of a name that does not say one."""
    words = set(plain(name).split())
    for told, quantity in _MEANINGS:
        if set(told.split()) <= words:
            phased = quantity + phase_in(name)
            return phased if phased in QUANTITIES else quantity
    close = difflib.get_close_matches(plain(name).replace(" ", "_"), QUANTITIES, n=1, cutoff=0.75)
    return close[0] if close else None
