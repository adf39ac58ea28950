"""Codecs of LoRaWAN devices by maker and model: the bytes of an uplink to named values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.mqtt import dragino, milesight, model_names

#: Bytes and FPort to values. Raises FrameError.
Codec = Callable[[bytes, int], dict[str, Any]]


def _milesight(model: str) -> Codec:
    return lambda data, _port: milesight.decode(model, data)


CODECS: Final[Mapping[str, Codec]] = {
    **{f"milesight/{model}": _milesight(model) for model in milesight.MODELS},
    "dragino/lht65": dragino.lht65,
    "dragino/lse01": dragino.lse01,
}


def decode(codec: str, data: bytes, port: int) -> dict[str, Any]:
    """The values in an uplink. Raises FrameError."""
    if not data:
        raise FrameError("empty", "an uplink without data")
    return CODECS[codec](data, port)


def named(device: str) -> str | None:
    """The codec of a device as it is sold: "Milesight EM300-TH temperature humidity"."""
    model = model_names.named(device, (codec.partition("/")[2] for codec in CODECS))
    return next((codec for codec in CODECS if codec.partition("/")[2] == model), None)


def describe(topic: str, data: bytes, asked: Asked) -> dict[str, Any]:  # noqa: ARG001  # all are called alike
    """The values in an uplink's bytes; the device is named beside. Raises FrameError."""
    if not data:
        raise FrameError("empty", "an uplink without data")
    codec = named(asked.device or "") or str(asked.inputs.get("codec"))
    if codec not in CODECS:
        raise FrameError("unknown_codec", f"no codec for {asked.device or codec}; ({', '.join(CODECS)})")
    return {"data": decode(codec, data, int(asked.inputs.get("fport", 0)))}
