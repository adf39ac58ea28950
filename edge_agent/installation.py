"""A site file, the profiles and the drivers put together: what is to be read, ready to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edge_agent import profile
from edge_agent.drivers.contract import Parity, PortSettings
from edge_agent.drivers.registry import ADDRESSES, LISTENING, POLLED, PROTOCOLS
from edge_agent.lines import Asked, LinePlan, ListeningPlan, PolledPlan
from edge_agent.profile import Profile
from edge_agent.site_file import DeviceSection, LineSection, SiteFile, load_site
from edge_agent.site_mistakes import KnownProfile, ProtocolRules

#: Speed and parity where neither the site file nor a profile says. DL/T 645-2007 §4: 2400, even parity;
#: the others as they are sold.
_SERIAL: Final[dict[str, tuple[int, Parity]]] = {"dlt645": (2400, "E")}

RULES: Final[dict[str, ProtocolRules]] = {
    name: ProtocolRules(name in LISTENING, *_SERIAL.get(name, (9600, "N")), ADDRESSES[name])
    for name in PROTOCOLS
}


@dataclass(frozen=True, slots=True)
class Installation:
    """A checked site file and a plan for each of its lines, in the order of the file."""

    site: SiteFile
    plans: tuple[LinePlan, ...]


def load_installation(path: Path) -> Installation:
    """All that `path` says, checked; nothing is opened. Raises SiteFileError with every mistake."""
    profiles = {name: profile.load(name) for name in profile.names()}
    known = {
        name: KnownProfile(one.transport.protocol, tuple(one.variants)) for name, one in profiles.items()
    }
    site = load_site(path, known, RULES)
    return Installation(site, tuple(_plan(line, profiles) for line in site.lines))


def _plan(line: LineSection, profiles: Mapping[str, Profile]) -> LinePlan:
    if line.protocol in LISTENING:
        (device,) = line.devices
        driver = LISTENING[line.protocol]()
        return ListeningPlan(port_settings(line, {}), driver, device.id, device.direction)
    asked = tuple(_asked(device, profiles[str(device.profile)]) for device in line.devices)
    # The devices of one line share its speed: the first one's profile speaks for all.
    defaults = profiles[str(line.devices[0].profile)].transport.port_defaults()
    return PolledPlan(port_settings(line, defaults), POLLED[line.protocol](), asked)


def _asked(device: DeviceSection, model: Profile) -> Asked:
    target = model.target(device.id, str(device.address), device.variant)
    return Asked(target, float(device.interval_s or 0.0))


def port_settings(line: LineSection, defaults: Mapping[str, Any]) -> PortSettings:
    """How the port is opened: the file's word, else the profile's (`defaults`), else the protocol's."""
    rules = RULES[line.protocol]
    chosen: dict[str, Any] = {"baud": rules.baud, "parity": rules.parity, **defaults}
    for name in ("baud", "parity", "stop_bits", "data_bits", "timeout_s"):
        if (value := getattr(line, name)) is not None:
            chosen[name] = value
    return PortSettings(path=line.port, local_echo=line.local_echo, **chosen)
