"""Topics, ids, ranges, quantities and the checked-in schema: one page of truth each."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.identifiers import STREAM_PATTERN, make_stream_id
from wire.quantities import QUANTITIES, Quantity
from wire.ranges import Ranges
from wire.schema import MESSAGES, schema_text
from wire.topics import KINDS, parse, subscription, topic

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", KINDS)
def test_a_topic_reads_back(kind: str) -> None:
    parsed = parse(f"plumbline/v1/fenglin-18/pi-1/{kind}")
    assert parsed is not None
    assert str(parsed) == topic(parsed.site, parsed.agent, parsed.kind)


@pytest.mark.parametrize(
    "text",
    ["", "plumbline/v1/a/b", "plumbline/v2/a/b/batch", "plumbline/v1/A/b/batch", "plumbline/v1/a.b/c/batch",
     "plumbline/v1/a/b/batch/x", "plumbline/v1/a/b/other", "plumbline/v1/-a/b/batch",
     "plumbline/v1/a\n/b/batch"],
)  # fmt: skip
def test_a_foreign_topic_is_not_ours(text: str) -> None:
    assert parse(text) is None


def test_an_id_with_a_dot_is_refused_because_nats_would_split_it() -> None:
    with pytest.raises(ValueError, match=r"a\.b"):
        topic("a.b", "pi-1", "batch")


def test_a_subscription_covers_every_agent() -> None:
    assert subscription("batch") == "plumbline/v1/+/+/batch"


def test_stream_ids_sort_by_time() -> None:
    early, late = make_stream_id(1, b"\xff" * 10), make_stream_id(2, b"\x00" * 10)
    assert early < late
    assert len(early) == 26
    assert re.match(STREAM_PATTERN, late)


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 5)), max_size=40))
def test_ranges_hold_what_a_set_holds(pairs: list[tuple[int, int]]) -> None:
    ranges, numbers = Ranges(), set[int]()
    for first, length in pairs:
        ranges.add(first, first + length)
        numbers.update(range(first, first + length + 1))
    assert len(ranges) == len(numbers)
    assert all((number in ranges) == (number in numbers) for number in range(70))
    assert all(b - a > 1 for (_, a), (b, _) in zip(ranges.pairs(), ranges.pairs()[1:], strict=False))
    missing = {n for first, last in ranges.missing(1, 66) for n in range(first, last + 1)}
    assert missing == set(range(1, 67)) - numbers


@pytest.mark.parametrize("kind", MESSAGES)
def test_the_checked_in_schema_is_what_the_models_say(kind: str) -> None:
    stored = (ROOT / "docs" / "wire" / f"{kind}.schema.json").read_text(encoding="utf-8")
    assert stored == schema_text(MESSAGES[kind]), "run `make schema` and commit docs/wire"


def test_the_schema_accepts_a_captured_batch() -> None:
    schema = json.loads((ROOT / "docs/wire/batch.schema.json").read_text(encoding="utf-8"))
    captured = json.loads((ROOT / "tests/wire/captured/batch-v1.json").read_text(encoding="utf-8"))
    jsonschema.validate(captured, schema)


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=lambda quantity: quantity.name)
def test_every_quantity_can_be_shown_and_judged(quantity: Quantity) -> None:
    assert quantity.low < quantity.high
    assert quantity.zh
    assert quantity.en
    assert quantity.unit
    assert quantity.kind != "state" or (quantity.low, quantity.high) == (0, 1)


def test_the_table_holds_what_a_renovation_site_measures() -> None:
    assert {
        "active_power_l3", "voltage_l1", "current_l2", "active_energy_import", "water_volume", "temperature",
        "relative_humidity", "material_moisture", "carbon_dioxide", "pm2_5", "sound_level", "battery_level",
        "link_quality", "gate_in_count", "residual_current", "smoke", "leak", "gas_alarm", "door_open",
    } <= QUANTITIES.keys()  # fmt: skip
