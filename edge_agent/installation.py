"""A site file, the profiles and the drivers put together: what is to be read, ready to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edge_agent import profile
from edge_agent.drivers.contract import Parity, PortSettings
from edge_agent.drivers.registry import ADDRESSES, LISTENING, POLLED
from edge_agent.lines import Asked, LinePlan, ListeningPlan, PolledPlan
from edge_agent.profile import Profile
from edge_agent.site_file import DeviceSection, LineSection, SiteFile, load_site
from edge_agent.site_mistakes import KnownProfile, ProtocolRules

#: Speed and parity where neither the site file nor a profile says. DL/T 645-2007 §4: 2400, even parity;
#: the others as they are sold.
_SERIAL: Final[dict[str, tuple[int, Parity]]] = {"dlt645": (2400, "E")}

RULES: Final[dict[str, ProtocolRules]] = {
    name: ProtocolRules(name in LISTENING, *_SERIAL.get(name, (9600, "N")), ADDRESSES[name])
    for name in (*POLLED, *LISTENING)
}


@dataclass(frozen=True, slots=True)
class Installation:
    """A checked site file and a plan for each of its lines, in the order of the file."""

    site: SiteFile
    plans: tuple[LinePlan, ...]


class Library:
    """The shipped profiles and, relative to `folder`, the site's own; each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._models = {name: profile.load(name) for name in profile.names()}
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
    return KnownProfile(model.transport.protocol, tuple(model.variants))


def load_installation(path: Path) -> Installation:
    """All that `path` says, checked; no port or socket is opened. Raises SiteFileError with every mistake."""
    library = Library(path.parent)
    site = load_site(path, library, RULES)
    return Installation(site, tuple(_plan(line, library) for line in site.lines))


def _plan(line: LineSection, library: Library) -> LinePlan:
    if line.protocol in LISTENING:
        (device,) = line.devices
        driver = LISTENING[line.protocol]()
        return ListeningPlan(port_settings(line, {}), driver, device.id, device.direction)
    asked = tuple(_asked(device, library.model(str(device.profile))) for device in line.devices)
    # The devices of one line share its speed: the first one's profile speaks for all.
    defaults = library.model(str(line.devices[0].profile)).transport.port_defaults()
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
