"""The dialects of MQTT devices: one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers.decoding import Asked
from edge_agent.drivers.mqtt import (
    chirpstack,
    esphome,
    lorawan,
    mapping,
    shelly,
    sparkplug_b,
    tasmota,
    zigbee2mqtt,
)
from edge_agent.drivers.mqtt.message import Heard, Listener, Raw, flat

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
    #: Seconds after which a device of this kind is called silent; 0: it speaks only of changes.
    silent_after_s: float
    #: Payloads are text; else they are shown in hex.
    text: bool = True

    def normal(self, address: str | int) -> str:
        """The address in one form. Raises ValueError."""
        source, part = self.split(str(address))
        return f"{source}#{part}" if part else source


def _plain(read: Callable[[str, bytes], list[Heard]]) -> Callable[[str, str | None], Listener]:
    return lambda _source, _codec: _Stateless(read)


# Silence: ESPHome's sensors speak every minute, Tasmota every 300 s (TelePeriod), Xiaomi's Zigbee sensors at
# least every 50 minutes; a profile knows better.
DIALECTS: Final[dict[str, Dialect]] = {
    "chirpstack_v4": Dialect(
        lambda address: (chirpstack.dev_eui(address), ""),
        chirpstack.filters,
        lambda _source, codec: chirpstack.ChirpStack(codec),
        chirpstack.describe,
        silent_after_s=4 * 3600.0,
    ),
    "esphome": Dialect(_named_part, esphome.filters, _plain(esphome.hear), esphome.describe, 300.0),
    "shelly": Dialect(_named_part, shelly.filters, _plain(shelly.hear), shelly.describe, 3600.0),
    "sparkplug_b": Dialect(
        sparkplug_b.split,
        sparkplug_b.filters,
        lambda source, _codec: sparkplug_b.Node(source),
        sparkplug_b.describe,
        silent_after_s=0.0,
        text=False,
    ),
    "tasmota": Dialect(_named_part, tasmota.filters, _plain(tasmota.hear), tasmota.describe, 660.0),
    "zigbee2mqtt": Dialect(
        _named_part, zigbee2mqtt.filters, _plain(zigbee2mqtt.hear), zigbee2mqtt.describe, 7200.0
    ),
}


Decoder = Callable[[bytes, Asked], dict[str, Any]]


def _decoder(dialect: Dialect) -> Decoder:
    def decode(data: bytes, asked: Asked) -> dict[str, Any]:
        topic = str(asked.inputs.get("topic", ""))
        fields = dialect.describe(topic, data, asked)
        if asked.points or asked.inputs.get("badge"):
            said = dialect.listener("group/node", asked.inputs.get("codec")).hear(topic, data, 0.0)
            fields["values_by_quantity"] = _by_quantity([heard.values for heard in said], asked)
        return fields

    return decode


def _uplink(data: bytes, asked: Asked) -> dict[str, Any]:
    fields = lorawan.describe("", data, asked)
    if asked.points:
        fields["values_by_quantity"] = _by_quantity([flat(fields["data"])], asked)
    return fields


def _by_quantity(said: Iterable[Mapping[str, Raw]], asked: Asked) -> dict[str, Raw]:
    """What a profile makes of a message, the later moment over the earlier."""
    found: dict[str, Raw] = {}
    for values in said:
        found |= mapping.reply(values, asked.points, str(asked.inputs.get("part", ""))).values
        badge = values.get(str(asked.inputs.get("badge")))
        if isinstance(badge, str):
            found["badge"] = mapping.card_number(badge)
    return found


#: For `decode`: bytes are the payload; `inputs` may have `topic`, `part`, `badge`, and `codec` and `fport`.
DECODERS: Final[dict[str, Decoder]] = {
    **{name: _decoder(dialect) for name, dialect in DIALECTS.items()},
    "lorawan_codecs": _uplink,
}
