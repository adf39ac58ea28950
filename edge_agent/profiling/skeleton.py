"""A profile to begin with: one point that stands for all, and comments that say what belongs where."""

from __future__ import annotations

from typing import Final

from edge_agent.drivers.registry import TABLE
from edge_agent.language import said

_READS: Final = "reads:\n  - {id: now, register: {type: holding, address: 0, count: 2}}\n"
#: The point each protocol begins with.
POINTS: Final = {
    "cjt188": "  - {key: water_volume, at: {field: current_total}, scale: 1000}",
    "dlt645": '  - {key: voltage, di: "02010100"}',
    "dsmr_p1": '  - {key: active_energy_import, at: {obis: "1-0:1.8.1 + 1-0:1.8.2"}}',
    "iec62056_21": '  - {key: active_energy_import, at: {obis: "1.8.0"}}',
    "mbus": "  - {key: water_volume, at: {quantity: Volume}, scale: 1000}",
    "modbus_rtu": "  - {key: active_power, read: now, offset: 0, decode: float32, byte_order: ABCD}",
    "chirpstack_v4": "  - {key: temperature, at: {field: temperature}}",
    "esphome": "  - {key: temperature, at: {field: sensor/temperature}}",
    "shelly": '  - {key: active_power, at: {field: "switch:0/apower"}}',
    "sparkplug_b": "  - {key: temperature, at: {field: Temperature}}",
    "tasmota": "  - {key: active_power, at: {field: ENERGY/Power}}",
    "zigbee2mqtt": "  - {key: temperature, at: {field: temperature}}",
}
#: An example in the form of the protocol: what stands before `expect`.
_BYTES: Final = '  - request: "01 03 00 00 00 02 C4 0B"\n    reply: "…"'
_UPLINK: Final = '  - reply: "…"\n    fport: 85'
_REPLY: Final = '  - reply: "…"'
_MESSAGE: Final = "  - topic: …\n    payload: '…'"
_TELEGRAM: Final = "  - payload: |\n      …"
_EXAMPLES: Final = {
    "modbus_rtu": _BYTES,
    "dlt645": _REPLY,
    "cjt188": _REPLY,
    "mbus": _REPLY,
    "chirpstack_v4": _UPLINK,
    "dsmr_p1": _TELEGRAM,
    "iec62056_21": _TELEGRAM,
}


def skeleton(name: str, protocol: str) -> str:
    """A profile of `protocol` that loads as it stands. Raises KeyError for a protocol without profiles."""
    reads = _comment("skeleton_reads") + _READS if protocol == "modbus_rtu" else ""
    parts = [
        _comment("skeleton_head", file=f"{name}.yaml"),
        f"schema: 1\nprofile: {name}\nmatch: {{maker: MAKER, model: MODEL}}\n",
        _comment("skeleton_note"),
        'note: ""\n',
        _comment("skeleton_transport"),
        f"transport: {{{_transport(protocol)}}}\n",
        reads,
        _comment("skeleton_points"),
        f"points:\n{POINTS[protocol]}\n",
        _comment("skeleton_variants"),
        _hidden("variants:\n  x10: {points: {temperature: {scale: 0.1}}}"),
        _comment("skeleton_examples"),
        _hidden(f"examples:\n{_EXAMPLES.get(protocol, _MESSAGE)}\n    expect: {{…}}\n    source: …"),
        f"no_capture: {said('skeleton_no_capture')}\n",
    ]
    return "".join(parts)


def _transport(protocol: str) -> str:
    entry = TABLE[protocol]
    words = [f"protocol: {protocol}"]
    if entry.polled is not None:
        words += [f"baud: {entry.baud}", f"parity: {entry.parity}"]
        words += [f"data_bits: {entry.data_bits}"] if entry.data_bits != 8 else []
    if protocol == "chirpstack_v4":
        words.append("codec: milesight/em300-th")
    return ", ".join(words)


def _comment(key: str, **values: object) -> str:
    return _hidden(said(key, **values))


def _hidden(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.splitlines())
