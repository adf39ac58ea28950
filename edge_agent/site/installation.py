"""A site file, the profiles and the drivers put together: what is to be read, ready to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from edge_agent import profile
from edge_agent.broker import Broker, client_id
from edge_agent.drivers import osdp
from edge_agent.drivers.contract import PortSettings
from edge_agent.drivers.mqtt.arrival import MqttDevice
from edge_agent.drivers.mqtt.subscriber import MqttPlan
from edge_agent.drivers.registry import ADDRESSES, DIALECTS, LISTENING, POLLED, TABLE, Entry
from edge_agent.gather.passage import Reader
from edge_agent.line.lines import LinePlan, ListeningPlan, PolledPlan
from edge_agent.line.schedule import Asked
from edge_agent.profile import Profile
from edge_agent.site.mistakes import KnownProfile, ProtocolRules
from edge_agent.site.site_file import (
    BrokerSection,
    DeviceSection,
    LineSection,
    MqttDeviceSection,
    MqttSection,
    SiteFile,
    load_site,
)

#: Keys of a device that only one protocol knows.
_OWN_KEYS: Final = {
    "osdp": ("key_file",),
    "rdm6300": ("card_number",),
    "wiegand": ("byte_order",),
}
#: Protocols whose readers share a line.
_SHARED: Final = frozenset({"osdp"})


def _rules(name: str, entry: Entry) -> ProtocolRules:
    return ProtocolRules(
        listening=entry.listening is not None,
        baud=entry.baud,
        parity=entry.parity,
        address=entry.address,
        shared=name in _SHARED,
        own_keys=_OWN_KEYS.get(name, ()),
        mqtt=entry.dialect is not None,
        missing=osdp.missing() if name == "osdp" else None,
    )


RULES: Final[dict[str, ProtocolRules]] = {
    name: _rules(name, TABLE[name]) for name in (*POLLED, *LISTENING, *DIALECTS)
}


@dataclass(frozen=True, slots=True)
class Installation:
    """A checked site file: a plan for each line in the order of the file, and one for its MQTT devices."""

    site: SiteFile
    plans: tuple[LinePlan, ...]
    mqtt: MqttPlan | None = None
    #: The badge readers, on lines and behind MQTT.
    readers: tuple[Reader, ...] = ()


@cache
def _shipped() -> Mapping[str, Profile]:
    """Read once in a process: they do not change, and site files come anew."""
    return {name: profile.load(name) for name in profile.names()}


class Library:
    """The shipped profiles and, relative to `folder`, the site's own; each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._models = dict(_shipped())
        self._shipped = {name: _known(model) for name, model in self._models.items()}

    def shipped(self) -> Mapping[str, KnownProfile]:
        """The profiles that come with the agent, by name."""
        return self._shipped

    def own(self, file: str) -> KnownProfile:
        """A profile of the site. Raises ConfigError, one line."""
        return _known(self.model(file))

    def model(self, name: str) -> Profile:
        """The profile of this name or file. Raises ConfigError, one line."""
        if name not in self._models:
            self._models[name] = profile.load(self._folder / name)
        return self._models[name]


def _known(model: Profile) -> KnownProfile:
    return KnownProfile(model.transport.protocol, tuple(model.variants), model.parts)


def load_installation(path: Path) -> Installation:
    """All that `path` says, checked; no port or socket is opened. Raises SiteFileError with every mistake."""
    library = Library(path.parent)
    site = load_site(path, library, RULES)
    plans = tuple(_plan(line, library) for line in site.lines)
    mqtt = None if site.mqtt is None else _mqtt_plan(site, site.mqtt, library)
    readers = [reader for plan in plans if isinstance(plan, ListeningPlan) for reader in plan.readers]
    readers += [device.reader() for device in (site.mqtt.devices if site.mqtt else ())]
    return Installation(site, plans, mqtt, tuple(readers))


def broker_of(section: BrokerSection) -> Broker:
    """A broker of the site file. 8883 is MQTT over TLS (IANA: secure-mqtt)."""
    tls = section.tls
    return Broker(
        host=section.host,
        port=section.port or (1883 if tls is None else 8883),
        username=section.username,
        password_file=section.password_file,
        tls=tls is not None,
        ca_file=tls.ca_file if tls else None,
        cert_file=tls.cert_file if tls else None,
        key_file=tls.key_file if tls else None,
    )


def _mqtt_plan(site: SiteFile, section: MqttSection, library: Library) -> MqttPlan:
    devices = tuple(_mqtt_device(device, library.model(str(device.profile))) for device in section.devices)
    return MqttPlan(broker_of(section.broker or site.broker), devices, client_id())


def _mqtt_device(device: MqttDeviceSection, model: Profile) -> MqttDevice:
    dialect, own_s = model.transport.protocol, model.transport.silent_after_s
    usual_s = DIALECTS[dialect].silent_after_s if own_s is None else own_s
    return MqttDevice(
        model.target(device.id, str(device.address), device.variant),
        dialect,
        model.transport.codec,
        model.badge,
        usual_s if device.silent_after_s is None else device.silent_after_s,
    )


def _plan(line: LineSection, library: Library) -> LinePlan:
    if line.protocol in LISTENING:
        readers = tuple(_reader(device, line.protocol) for device in line.devices)
        driver = LISTENING[line.protocol](**_driver_options(line))
        return ListeningPlan(port_settings(line, {}), driver, readers)
    asked = tuple(_asked(device, library.model(str(device.profile))) for device in line.devices)
    # The devices of one line share its speed: the first one's profile speaks for all.
    defaults = library.model(str(line.devices[0].profile)).transport.port_defaults()
    return PolledPlan(port_settings(line, defaults), POLLED[line.protocol](), asked)


def _reader(device: DeviceSection, protocol: str) -> Reader:
    return device.reader(ADDRESSES[protocol](str(device.address)) if protocol in _SHARED else "")


def _driver_options(line: LineSection) -> dict[str, Any]:
    if line.protocol == "osdp":
        check = ADDRESSES["osdp"]
        return {"key_files": {check(str(device.address)): device.key_file for device in line.devices}}
    reader, keys = line.devices[0], _OWN_KEYS.get(line.protocol, ())
    return {key: told for key in keys if (told := getattr(reader, key)) is not None}


def _asked(device: DeviceSection, model: Profile) -> Asked:
    target = model.target(device.id, str(device.address), device.variant, part=device.part)
    return Asked(target, float(device.interval_s or 0.0))


def port_settings(line: LineSection, defaults: Mapping[str, Any]) -> PortSettings:
    """How the port is opened: the file's word, else the profile's (`defaults`), else the protocol's."""
    rules = RULES[line.protocol]
    chosen: dict[str, Any] = {
        "baud": rules.baud,
        "parity": rules.parity,
        "data_bits": TABLE[line.protocol].data_bits,
        **defaults,
    }
    for name in ("baud", "parity", "stop_bits", "data_bits", "timeout_s"):
        if (value := getattr(line, name)) is not None:
            chosen[name] = value
    return PortSettings(path=line.port, local_echo=line.local_echo, **chosen)
