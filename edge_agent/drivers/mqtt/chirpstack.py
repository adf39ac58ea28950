"""ChirpStack v4: LoRaWAN uplinks as JSON on `application/<id>/device/<EUI>/event/<kind>`.

A source is the device's EUI (16 hex digits). What is in the payload is the device's own: the profile names
its codec, `milesight/em300-th`. Without one the fields are those of ChirpStack's own codec, `object/…`.
Always there: `rssi` and `snr` of the best gateway, `battery` of a status event. The time is the network
server's. Events as in ChirpStack's docs (integrations/events).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.mqtt import lorawan
from edge_agent.drivers.mqtt.message import Heard, Raw, flat, number, object_of, utc_ms

_EUI = re.compile(r"[0-9a-fA-F]{16}")
#: A device that joins is alive, but has measured nothing yet.
_ALIVE: Final = frozenset({"join"})


def dev_eui(address: str) -> str:
    """A device's EUI as ChirpStack writes it. Raises ValueError."""
    if _EUI.fullmatch(address) is None:
        raise ValueError(f'"{address}" is no EUI: 16 hex digits')
    return address.lower()


def filters(source: str) -> tuple[str, ...]:
    """All events of a device, whichever application it is in."""
    return (f"application/+/device/{source}/event/+",)


@dataclass(frozen=True, slots=True)
class ChirpStack:
    """Reads the events of devices with one codec."""

    codec: str | None = None

    def hear(self, topic: str, payload: bytes, now_s: float) -> list[Heard]:  # noqa: ARG002  # needs no clock
        """What an event says of the device. Raises FrameError."""
        kind = topic.rsplit("/", 1)[-1]
        if kind not in ("up", "status", *_ALIVE):
            return []
        content = object_of(payload)
        time_ms = utc_ms(content.get("time"))
        if kind == "status":
            level = _battery(content)
            return [] if level is None else [Heard({"battery": level}, time_ms=time_ms)]
        if kind in _ALIVE:
            return [Heard(available=True)]
        return self._uplink(content, time_ms)

    def _uplink(self, content: Mapping[str, Any], time_ms: int | None) -> list[Heard]:
        link = _link(content)
        own = content.get("object")
        if self.codec is None:
            values = flat(own, "object/") if isinstance(own, dict) else {}
            return [Heard({**values, **link}, time_ms=time_ms)]
        data = _data(content)
        if not data:
            return [Heard(link, time_ms=time_ms)]
        said = self._said(data, _port(content))
        history = said.pop("history", [])
        # Where the device says when it has measured, the network server's time is only that of the message.
        sampled_ms = utc_ms(said.get("timestamp"))
        values = {**flat(said), **link}
        found = [Heard(values, time_ms=sampled_ms or time_ms, dated=sampled_ms is not None)]
        for entry in history:
            kept = flat({key: value for key, value in entry.items() if key != "timestamp"})
            found.append(Heard(kept, time_ms=utc_ms(entry.get("timestamp")), history=True))
        return found

    def _said(self, data: bytes, port: int) -> dict[str, Any]:
        """The codec's values; none of an uplink that is about something else. Raises FrameError."""
        try:
            return lorawan.decode(str(self.codec), data, port)
        except FrameError as error:
            if error.kind != "unknown_port":
                raise
            return {}


def _battery(content: Mapping[str, Any]) -> float | None:
    """The battery in per cent; None where there is none, or the device does not know."""
    if content.get("batteryLevelUnavailable") or content.get("externalPowerSource"):
        return None
    return number(content.get("batteryLevel"))


def _data(content: Mapping[str, Any]) -> bytes:
    """The device's bytes. Raises FrameError."""
    text = content.get("data", "")
    if not isinstance(text, str):
        raise FrameError("malformed", "data is no text")
    if len(text) % 4:
        raise FrameError("base64_padding", f"base64 of {len(text)} characters: not a multiple of four")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FrameError("malformed", f"no base64: {error}") from error


def _port(content: Mapping[str, Any]) -> int:
    port = content.get("fPort", 0)
    return port if isinstance(port, int) and not isinstance(port, bool) else 0


def _link(content: Mapping[str, Any]) -> dict[str, Raw]:
    """Strength and quality at the gateway that heard it best."""
    gateways = content.get("rxInfo")
    heard = [
        (rssi, one.get("snr"))
        for one in (gateways if isinstance(gateways, list) else [])
        if isinstance(one, Mapping) and (rssi := number(one.get("rssi"))) is not None
    ]
    if not heard:
        return {}
    rssi, snr = max(heard, key=lambda pair: pair[0])
    return {"rssi": rssi, "snr": number(snr)}


def _eui_in(topic: str) -> str | None:
    """The device in a topic: `application/<id>/device/<EUI>/event/<kind>`."""
    before, _, rest = topic.partition("/device/")
    eui = rest.partition("/")[0]
    return eui.lower() if before and _EUI.fullmatch(eui) else None


#: What events of other kinds say.
_TOLD: Final = (
    "acknowledged", "fCntDown", "level", "code", "description", "margin", "externalPowerSource",
    "batteryLevelUnavailable", "devAddr", "location",
)  # fmt: skip


def describe(topic: str, payload: bytes, asked: Asked) -> dict[str, Any]:  # noqa: ARG001  # all are called alike
    """An event in plain words. Raises FrameError."""
    content = object_of(payload)
    info = content.get("deviceInfo")
    device = info if isinstance(info, Mapping) else {}
    fields: dict[str, Any] = {
        "event": topic.rsplit("/", 1)[-1],
        "device_name": device.get("deviceName"),
        "dev_eui": device.get("devEui") or _eui_in(topic),
        "time": content.get("time"),
    }
    if "data" in content:
        fields |= {"data_hex": _data(content).hex().upper(), "fport": _port(content)}
    for key in _TOLD:
        if key in content:
            fields[key] = content[key]
    if fields["event"] == "status":
        fields["batteryLevel"] = _battery(content)
    if isinstance(content.get("object"), Mapping):
        fields["object_keys"] = list(content["object"])
    return fields | _link(content)
