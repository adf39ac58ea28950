"""Decoding a file of known frames and comparing every field: `plumbline-edge decode --vectors FILE`.

A file is a JSON list; each vector has `name`, `protocol`, `kind`, `valid`, `expect`, its bytes as one of
`CARRIERS`, and where there is one `request_hex` and `device`. What a person would know besides the bytes is
given to the decoder (the request, the device's name, `GIVEN`, `INPUTS`); everything else in `expect` must
come out of the bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from edge_agent.captures import map_check, shipped_model
from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.registry import DECODERS, decoded

#: Words of a manual that no byte carries: they are given to the decoder, and its answer repeats them.
INPUTS: Final = ("type", "byte_order", "scale", "decimals", "signed")
#: What a vector says beside its bytes: an MQTT topic, a LoRaWAN port, the keys of a secure channel.
GIVEN: Final = ("topic", "fport", "hid_raw_hex", "scbk", "cp_random", "pd_random")
#: How a vector carries its bytes: hex, an MQTT payload or Wiegand's bits as text, Zigbee attributes as JSON.
CARRIERS: Final[dict[str, Callable[[Any], bytes]]] = {
    "hex": bytes.fromhex,
    "payload": str.encode,
    "bits": str.encode,
    "zcl": lambda attributes: json.dumps(attributes).encode(),
    "scbk": bytes.fromhex,
}
#: Keys that say nothing of the value, with the reason.
PROSE: Final = {
    "note": "a remark for the reader",
    "rest": "in words, what a reader of a stream does with a frame that breaks off",
    "readme_says": "what a maker's README says and its own decoder contradicts",
    "rel_tolerance": "how exactly the source states its value: used in comparing, not compared",
}
#: The same, of one protocol only.
PROSE_OF: Final = {"sparkplug_b": {"meaning": "the source's title of the capture"}}
#: Pieces of a protocol that are no frame, by the vector's kind.
_PIECES: Final = frozenset({"bcd", "crc", "value", "payload", "crypto", "zcl_to_z2m"})
#: Two decimal numbers as JSON writes them; a decoder does not round.
_EXACT: Final = 1e-12
#: One step of a float32, relative: a source that prints "230.2 V" beside 43 66 33 34 means no other number.
FLOAT32_STEP: Final = 2**-23


def check(vector: Mapping[str, Any]) -> list[str]:
    """What differs between the vector and what its bytes mean, one line each; empty where nothing does."""
    missing = [key for key in ("protocol", "valid", "expect") if key not in vector]
    if not missing and vector["protocol"] == map_check.PROTOCOL:
        return map_check.check(vector)
    carrier = next((key for key in CARRIERS if key in vector), None)
    if missing or carrier is None:
        return [f"the vector has no {', '.join([*missing, *(() if carrier else ('hex',))])}"]
    if vector["protocol"] not in DECODERS:
        return [f"no decoder for {vector['protocol']}"]
    expect: Mapping[str, Any] = vector["expect"]
    try:
        data = CARRIERS[carrier](vector[carrier])
        fields, refusal = decoded(vector["protocol"], data, asked_of(vector)), None
    except FrameError as error:
        fields, refusal = {"error": error.kind, **error.details}, error
    if vector["valid"] is not True and refusal is None:
        return [f"was accepted, must be refused ({expect.get('error', 'no reason given')})"]
    if vector["valid"] is True and refusal is not None:
        return [f"was refused: {refusal.kind}: {refusal}"]
    prose = PROSE | PROSE_OF.get(vector["protocol"], {})
    compared = {key: value for key, value in expect.items() if key not in prose}
    if refusal is not None and str(compared.get("error")).rstrip("0123456789") == refusal.kind:
        compared["error"] = refusal.kind  # a source that has several such cases numbers them
    if not compared:
        return ["expects nothing of the value"]
    usual = FLOAT32_STEP if fields.get("type") == "float32" else _EXACT
    return list(_differences(compared, fields, "", float(expect.get("rel_tolerance", usual))))


def asked_of(vector: Mapping[str, Any]) -> Asked:
    """What a person would know besides the vector's bytes."""
    request = vector.get("request_hex")
    device = vector.get("device")
    known = shipped_model.find(str(device), vector["protocol"]) if device else None
    kind = str(vector.get("kind", "frame"))
    return Asked(
        request=bytes.fromhex(request) if request else None,
        kind=kind if kind in _PIECES else "frame",
        inputs={key: vector["expect"][key] for key in INPUTS if key in vector["expect"]}
        | {key: vector[key] for key in GIVEN if key in vector},
        device=device,
        points=known.contract_points() if known and vector["protocol"] == "modbus_rtu" else (),
    )


def _differences(expected: object, got: object, place: str, tolerance: float) -> Iterator[str]:
    if isinstance(expected, Mapping):
        if not isinstance(got, Mapping):
            yield f"{place}: expected {expected!r}, got {got!r}"
            return
        if not expected and got:
            yield f"{place}: expected nothing, got {got!r}"
        for key, value in expected.items():
            name = f"{place}.{key}" if place else str(key)
            if key not in got:
                yield f"{name}: expected {value!r}, the decoder says nothing of it"
            else:
                yield from _differences(value, got[key], name, tolerance)
    elif isinstance(expected, list):
        if not isinstance(got, list) or len(got) != len(expected):
            yield f"{place}: expected {expected!r}, got {got!r}"
            return
        for index, (one, other) in enumerate(zip(expected, got, strict=True)):
            yield from _differences(one, other, f"{place}[{index}]", tolerance)
    elif not same(expected, got, tolerance):
        yield f"{place}: expected {expected!r}, got {got!r}"


def same(expected: object, got: object, tolerance: float) -> bool:
    """Whether two scalars are the same: numbers within the relative `tolerance`, all else exactly."""
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    if isinstance(expected, int) and isinstance(got, int):
        return expected == got
    if isinstance(expected, int | float) and isinstance(got, int | float):
        return math.isclose(expected, got, rel_tol=tolerance)
    if isinstance(expected, str) and isinstance(got, str):
        return got in (expected, _as_meant(expected))
    return type(expected) is type(got) and expected == got


def _as_meant(text: str) -> str:
    """UTF-8 that a source's tool took for Latin-1: `Â°C` is °C."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
