"""The dialects of MQTT devices: one line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers.decoding import Asked
from edge_agent.drivers.mqtt import (
    chirpstack,
    esphome,
    lorawan,
    shelly,
    sparkplug_b,
    tasmota,
    zigbee2mqtt,
)
from edge_agent.drivers.mqtt.message import Heard, Listener

#: Topic, payload and what is known besides, to JSON-ready fields. Raises decoding.FrameError.
Describe = Callable[[str, bytes, Asked], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Stateless:
    """A dialect whose messages stand each for itself."""

    read: Callable[[str, bytes], list[Heard]]

    def hear(self, topic: str, payload: bytes, now_s: float) -> list[Heard]:  # noqa: ARG002  # needs no clock
        return self.read(topic, payload)


def _named_part(address: str) -> tuple[str, str]:
    """`topic#part`: one of several sensors in one message."""
    source, _, part = address.partition("#")
    if not source or set(source) & set("+#") or source.startswith(("/", "$")) or source.endswith("/"):
        raise ValueError(f'"{address}" is no topic: it must name one device, without + # and outer slashes')
    return source, part


@dataclass(frozen=True, slots=True)
class Dialect:
    """One dialect.

    `split` makes an address to a source and a part of it (raises ValueError), `filters` says what to
    subscribe for a source, `listener` reads its messages; its arguments are the source and the profile's
    codec.
    """

    split: Callable[[str], tuple[str, str]]
    filters: Callable[[str], tuple[str, ...]]
    listener: Callable[[str, str | None], Listener]
    describe: Describe
    #: Payloads are text; else they are shown in hex.
    text: bool = True

    def normal(self, address: str | int) -> str:
        """The address in one form. Raises ValueError."""
        source, part = self.split(str(address))
        return f"{source}#{part}" if part else source


def _plain(read: Callable[[str, bytes], list[Heard]]) -> Callable[[str, str | None], Listener]:
    return lambda _source, _codec: _Stateless(read)


DIALECTS: Final[dict[str, Dialect]] = {
    "chirpstack_v4": Dialect(
        lambda address: (chirpstack.dev_eui(address), ""),
        chirpstack.filters,
        lambda _source, codec: chirpstack.ChirpStack(codec),
        chirpstack.describe,
    ),
    "esphome": Dialect(_named_part, esphome.filters, _plain(esphome.hear), esphome.describe),
    "shelly": Dialect(_named_part, shelly.filters, _plain(shelly.hear), shelly.describe),
    "sparkplug_b": Dialect(
        sparkplug_b.split,
        sparkplug_b.filters,
        lambda source, _codec: sparkplug_b.Node(source),
        sparkplug_b.describe,
        text=False,
    ),
    "tasmota": Dialect(_named_part, tasmota.filters, _plain(tasmota.hear), tasmota.describe),
    "zigbee2mqtt": Dialect(_named_part, zigbee2mqtt.filters, _plain(zigbee2mqtt.hear), zigbee2mqtt.describe),
}


def _decoder(describe: Describe) -> Callable[[bytes, Asked], dict[str, Any]]:
    return lambda data, asked: describe(str(asked.inputs.get("topic", "")), data, asked)


#: For `decode`: bytes are the payload, `inputs` may have `topic`, and `codec` and `fport` of an uplink.
DECODERS: Final = {
    **{name: _decoder(dialect.describe) for name, dialect in DIALECTS.items()},
    "lorawan_codecs": _decoder(lorawan.describe),
}
