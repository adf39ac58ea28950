"""Numbers and names as the pages print them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.kit import numbers
from web.kit.language import Language
from web.kit.numbers import Amount
from wire.quantities import QUANTITIES


@pytest.mark.parametrize(
    ("zone", "language", "name"),
    [
        ("Asia/Shanghai", "en", "China Time"),
        ("Asia/Shanghai", "zh", "中国时间"),
        ("Etc/GMT+12", "en", "GMT-12:00"),
        ("Etc/GMT-9", "zh", "GMT+09:00"),
    ],
)
def test_a_time_zone_has_the_name_people_use(zone: str, language: Language, name: str) -> None:
    assert name in numbers.zone_name(ZoneInfo(zone), language)


PRINTERS = [
    numbers.power, numbers.energy, numbers.litres,
    *(partial(numbers.reading, QUANTITIES[name]) for name in ("temperature", "relative_humidity", "tvoc")),
]  # fmt: skip
#: Where one form gives way to the next, and their neighbours.
EDGES = [0.0, 0.004, 0.005, 0.994, 0.995, 0.9951, 0.996, 1.0, 9.94, 9.95, 9.97, 10.0, 99.94, 99.95, 99.96,
         100.0, 999.4, 999.5, 999.6, 1_000.0, 1_004.9, 9_999.6, 99_999.0, 1e6]  # fmt: skip


def decimals(text: str) -> int:
    return len(text.partition(".")[2])


@pytest.mark.parametrize("print_", PRINTERS)
@given(a=st.floats(-1e6, 1e6) | st.sampled_from(EDGES), b=st.floats(-1e6, 1e6) | st.sampled_from(EDGES))
def test_of_two_figures_the_larger_never_shows_more_decimals(
    print_: Callable[[float, Language], Amount], a: float, b: float
) -> None:
    small, large = sorted((a, b), key=abs)
    first, second = print_(small, "en"), print_(large, "en")
    if first.unit == second.unit:
        assert decimals(first.text) >= decimals(second.text)


@pytest.mark.parametrize("print_", PRINTERS)
@given(value=st.floats(0, 1e6) | st.sampled_from(EDGES))
def test_two_figures_that_say_the_same_look_the_same(
    print_: Callable[[float, Language], Amount], value: float
) -> None:
    """What is printed is printed again when it is measured: 99.96 reads 100, as 100 does."""
    shown = print_(value, "en")
    factor = 1_000 if shown.unit == "kW" else 1
    assert print_(float(shown.text.replace(",", "")) * factor, "en") == shown


@pytest.mark.parametrize("print_", PRINTERS)
@given(value=st.floats(0, 1e6) | st.sampled_from(EDGES))
def test_what_flows_back_reads_as_what_is_drawn_with_a_minus(
    print_: Callable[[float, Language], Amount], value: float
) -> None:
    there, back = print_(value, "en"), print_(-value, "en")
    nothing = float(there.text.replace(",", "")) == 0
    assert back == (there if nothing else Amount(f"-{there.text}", there.unit))


@pytest.mark.parametrize(
    ("seen_in", "language", "words"),
    [
        ((2025, 11, 3), "en", "14:12"),
        ((2025, 12, 31), "en", "3 Nov 14:12"),
        ((2026, 1, 1), "en", "3 Nov 2025 14:12"),
        ((2026, 11, 28), "zh", "2025\u2009年\u200911\u2009月\u20093\u2009日 14:12"),
    ],
)
def test_a_moment_of_another_day_has_its_date_and_of_another_year_its_year(
    seen_in: tuple[int, int, int], language: Language, words: str
) -> None:
    zone = ZoneInfo("Asia/Shanghai")

    def ms(*when: int) -> int:
        return round(dt.datetime(*when, tzinfo=zone).timestamp() * 1000)  # type: ignore[arg-type,misc]

    assert numbers.moment(ms(2025, 11, 3, 14, 12), ms(*seen_in, 23), zone, language) == words


def test_a_state_is_a_word_and_a_quantity_has_its_unit() -> None:
    assert numbers.reading(QUANTITIES["door_open"], 1.0, "zh") == Amount("开", "")
    assert numbers.reading(QUANTITIES["leak"], 0.0, "en") == Amount("normal", "")
    assert numbers.reading(QUANTITIES["carbon_dioxide"], 612.4, "en") == Amount("612", "ppm")
    assert numbers.reading(QUANTITIES["formaldehyde"], 0.06, "en") == Amount("0.06", "mg/m³")
