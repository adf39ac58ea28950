"""Line protocol from columns: what the server reads is what was measured."""

from __future__ import annotations

import pytest

from store.timeseries.contract import Block
from store.timeseries.influxdb import lines as line_protocol
from store.timeseries.influxdb.lines import BODY_BYTES, bodies, escaped


def lines(*blocks: Block) -> list[str]:
    return b"".join(bodies("telemetry", blocks)).decode().splitlines()


def test_one_line_per_device_and_time_with_a_field_per_quantity() -> None:
    block = Block(
        "fenglin-18", "meter", [1, 2], {"active_power": [812.5, 0.1 + 0.2], "voltage": [230, 1e-300]}
    )
    assert lines(block) == [
        "telemetry,device=meter,site=fenglin-18 active_power=812.5,voltage=230 1",
        "telemetry,device=meter,site=fenglin-18 active_power=0.30000000000000004,voltage=1e-300 2",
    ]


def test_nulls_are_left_out_and_a_line_of_nulls_is_not_sent() -> None:
    block = Block("s", "d", [1, 2, 3, 4], {"a": [1.0, None, None, 4.0], "b": [None, 2.0, None, 4.5]})
    assert sorted(lines(block)) == [
        "telemetry,device=d,site=s a=1.0 1",
        "telemetry,device=d,site=s a=4.0,b=4.5 4",
        "telemetry,device=d,site=s b=2.0 2",
    ]
    assert lines(Block("s", "d", [1], {"a": [None]}), Block("s", "d", [], {}), Block("s", "d", [1], {})) == []


def test_names_with_marks_of_the_format_are_escaped_and_impossible_ones_refused() -> None:
    assert lines(Block("s", "a=b, 100%", [1], {"x": [1.0]})) == [
        r"telemetry,device=a\=b\,\ 100%,site=s x=1.0 1"
    ]
    for name in ("", "a\nb", "a\\"):
        with pytest.raises(ValueError, match="cannot be a name"):
            escaped(name)


def test_bodies_are_whole_lines_of_about_a_megabyte() -> None:
    count = 200_000
    block = Block("s", "d", range(count), {"a": [0.5] * count})
    parts = list(bodies("telemetry", [block]))
    assert len(parts) > 3
    assert all(part.endswith(b"\n") for part in parts)
    assert all(BODY_BYTES <= len(part) < 1.2 * BODY_BYTES for part in parts[:-1])
    assert b"".join(parts).count(b"\n") == count


def test_tags_are_in_ascending_order() -> None:
    assert line_protocol.tagged("m", {"site": "s", "device": "d"}) == "m,device=d,site=s"
