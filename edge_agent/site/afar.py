"""What a site file that comes from afar may change: what is read, and how often. All else is the site's own.

Whoever may write the agent's command topic could otherwise grant himself more (`remote`), have a file of the
Pi sent somewhere (a password file to another broker, a key file, a profile), speak to machines of the site's
network, or make the agent somebody else. So nothing may change that is not named here, also what is added to
the site file later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from edge_agent.line.tcp_port import SCHEME
from edge_agent.site.site_file import SiteFile

#: Keys that may differ, with all below them; of `lines` and `mqtt.devices` see `_reach`.
FROM_AFAR: Final = (
    "timezone",
    "status_interval_s",
    "spool.bound_mb",
    "spool.power_cut_s",
    "lines",
    "mqtt.devices",
)
_SERIAL: Final = "/dev/"


def not_from_afar(now: SiteFile, wanted: SiteFile) -> list[str]:
    """Keys of `wanted` that differ from `now` though they may not, in order."""
    standing, asked = dict(_flat(now.model_dump())), dict(_flat(wanted.model_dump()))
    keys = [key for key in sorted({*standing, *asked}) if not _may_change(key)]
    changed = [key for key in keys if standing.get(key) != asked.get(key)]
    known = {reached for _, reached in _reach(now)}
    return changed + [key for key, reached in _reach(wanted) if reached not in known]


def foreign_profiles(data: object, now: SiteFile) -> list[str]:
    """Profiles in a site file's data that are files of the Pi and not named by `now`: to be refused before
    they are read, for what is wrong with a file tells what is in it."""
    known = {reached for _, reached in _reach(now)}
    return [key for key, reached in _named_profiles(data, "") if reached not in known]


def _named_profiles(data: object, above: str) -> Iterator[tuple[str, tuple[str, str]]]:
    if isinstance(data, Mapping):
        name = data.get("profile")
        yield from _profile(f"{above}profile", name if isinstance(name, str) else None)
        for key, value in data.items():
            yield from _named_profiles(value, f"{above}{key}.")
    elif isinstance(data, list):
        for at, value in enumerate(data):
            yield from _named_profiles(value, f"{above.rstrip('.')}[{at}].")


def own_files(site: SiteFile, site_file: Path) -> set[Path]:
    """Files that no `config_file` may replace, though the site file should list them."""
    named = {value for _, value in _flat(site.model_dump(exclude={"remote"})) if isinstance(value, Path)}
    named |= {device.key_file for line in site.lines for device in line.devices if device.key_file}
    beside = {site_file.with_name(f"{site_file.name}{suffix}") for suffix in ("", ".before", ".trial")}
    return {path.resolve() for path in named | beside}


def _may_change(key: str) -> bool:
    return any(key == allowed or key.startswith(f"{allowed}.") for allowed in FROM_AFAR)


def _flat(data: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, object]]:
    """Every leaf by its dotted key, and a section within a section, which may be there without a leaf; what
    is left out is nothing."""
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from [(f"{above}{name}", "")] if above else []
            yield from _flat(value, f"{above}{name}.")
        elif value is not None:
            yield f"{above}{name}", value


def _reach(site: SiteFile) -> Iterator[tuple[str, tuple[str, str]]]:
    """By its key whatever of the Pi or its network the devices reach, but for serial adapters."""
    for number, line in enumerate(site.lines):
        place = f"lines[{number}]"
        if line.port.startswith(SCHEME) or not _is_serial(line.port):
            yield f"{place}.port", ("port", line.port)
        for at, device in enumerate(line.devices):
            if device.key_file is not None:
                yield f"{place}.devices[{at}].key_file", (device.id, str(device.key_file))
            yield from _profile(f"{place}.devices[{at}].profile", device.profile)
    for at, heard in enumerate(site.mqtt.devices if site.mqtt else ()):
        yield from _profile(f"mqtt.devices[{at}].profile", heard.profile)


def _is_serial(port: str) -> bool:
    return port.startswith(_SERIAL) and ".." not in port.split("/")


def _profile(key: str, name: str | None) -> Iterator[tuple[str, tuple[str, str]]]:
    """One that is a file of the Pi; the shipped ones have names without dot or slash."""
    if name is not None and ("/" in name or "." in name):
        yield key, ("profile", name)
