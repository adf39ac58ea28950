"""The site file: which devices are read on which lines, and where the readings go.

Every mistake is one line, and all of them are found at once:
`site.yaml:14: lines[0].devices[2].profile: "xy-md2" is not a profile. Did you mean "xy-md02"? (…)`.
Nothing is opened, asked or created here.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from checked_yaml.lines import ConfigError, load_with_lines
from edge_agent.drivers.contract import Parity
from edge_agent.gather.passage import DEBOUNCE_S, Reader, Side
from edge_agent.language import said
from edge_agent.line.tcp_port import SCHEME, host_and_port
from edge_agent.site.mistakes import Mistake, Profiles, ProtocolRules, cross_mistakes, model_mistakes
from wire.batch import Direction
from wire.command import OrderKind
from wire.identifiers import DEVICE_PATTERN, ID_PATTERN, DeviceId

Part = TypeVar("Part", bound=BaseModel)


class SiteFileError(Exception):
    """The file is wrong. `lines` holds one line a mistake, in the order of the file."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def _beside_the_file(path: Path, info: ValidationInfo) -> Path:
    return Path((info.context or {}).get("folder", ".")) / path


def _port_beside_the_file(port: str, info: ValidationInfo) -> str:
    if port.startswith(SCHEME):
        try:
            host_and_port(port)
        except ValueError:
            raise PydanticCustomError("port", said("rule_port")) from None
        return port
    return str(_beside_the_file(Path(port), info))


def _known_zone(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        raise PydanticCustomError("choice", said("time zone"), {"choices": zoneinfo.available_timezones()})
    return name


def _at_least_one(items: tuple[Part, ...]) -> tuple[Part, ...]:
    if not items:
        raise PydanticCustomError("empty", said("at_least_one"))
    return items


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


FilePath = Annotated[Path, Field(strict=False), AfterValidator(_beside_the_file)]
Word = Annotated[str, StringConstraints(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Tls(_Part):
    """`ca_file` is left out where the broker's certificate is of a public authority."""

    ca_file: FilePath | None = None
    cert_file: FilePath | None = None
    key_file: FilePath | None = None


class BrokerSection(_Part):
    """Where batches go. The password stands in a file of its own."""

    host: Word
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    username: Word | None = None
    password_file: FilePath | None = None
    tls: Tls | None = None


class SpoolSection(_Part):
    """At most `bound_mb` MiB wait for a receipt. `power_cut_s` is how many seconds of readings a power cut
    may cost: for so long they are gathered at most, and the longer the kinder to the SD card."""

    path: FilePath
    bound_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 512
    power_cut_s: Annotated[float, Field(ge=0, le=3_600)] = 1.0


class _BadgeReader(_Part):
    """What may be said of a badge reader: `direction`, or the `gate` and the `side` it stands on."""

    id: DeviceId
    profile: Word | None = None
    variant: Word | None = None
    address: Annotated[Word, BeforeValidator(_as_text)] | None = None
    direction: Direction | None = None
    gate: Annotated[str, StringConstraints(pattern=ID_PATTERN)] | None = None
    side: Side | None = None
    #: A badge seen again within this is the same pass.
    debounce_s: Annotated[float, Field(ge=0, le=3_600)] = DEBOUNCE_S

    def reader(self, address: str = "") -> Reader:
        """The reader, where it is one."""
        return Reader(self.id, address, self.direction, self.gate, self.side, self.debounce_s)


class DeviceSection(_BadgeReader):
    """A device on a line. `profile`, `address`, `interval_s` where it is asked."""

    interval_s: Annotated[float, Field(ge=0.05, le=86_400)] | None = None
    #: Which part of a device that has a quantity twice (see its profile): a device of the site each.
    part: Word | None = None
    #: Wiegand: `swapped` for a reader that sends a UID's last byte first.
    byte_order: Literal["as_sent", "swapped"] | None = None
    #: RDM6300: `whole` takes all five bytes of a card, where cards differ in the first only.
    card_number: Literal["printed", "whole"] | None = None
    #: OSDP: the file with the reader's base key, 32 hex digits. Without it the reader is read in the clear.
    key_file: FilePath | None = None


class MqttDeviceSection(_BadgeReader):
    """A device that speaks MQTT; its profile says the dialect, its dialect what an address is."""

    #: Reported as silent after so long; 0 is never. Left out, it is the profile's.
    silent_after_s: Annotated[float, Field(ge=0, le=7 * 86_400)] | None = None


class MqttSection(_Part):
    """Devices that publish to a broker: one on site, or the one the batches go to where it is left out."""

    broker: BrokerSection | None = None
    devices: Annotated[tuple[MqttDeviceSection, ...], Field(strict=False), AfterValidator(_at_least_one)]


class LineSection(_Part):
    """One serial port with one protocol on it. What is left out comes from the profile or the protocol."""

    port: Annotated[Word, AfterValidator(_port_beside_the_file)]
    protocol: Word
    baud: Annotated[int, Field(ge=300, le=4_000_000)] | None = None
    parity: Parity | None = None
    stop_bits: Literal[1, 2] | None = None
    data_bits: Literal[7, 8] | None = None
    local_echo: bool = False
    timeout_s: Annotated[float, Field(ge=0.02, le=30)] | None = None
    devices: Annotated[tuple[DeviceSection, ...], Field(strict=False), AfterValidator(_at_least_one)]


class RemoteSection(_Part):
    """What may be asked of the agent from afar, and the files that `config_file` may replace, by name."""

    allow: Annotated[tuple[OrderKind, ...], Field(strict=False)] = get_args(OrderKind)
    files: dict[Annotated[str, StringConstraints(pattern=ID_PATTERN)], FilePath] = {}


class SiteFile(_Part):
    """The whole file, paths resolved against its folder."""

    site: Annotated[str, StringConstraints(pattern=ID_PATTERN)]
    agent: Annotated[str, StringConstraints(pattern=ID_PATTERN)]
    timezone: Annotated[str, AfterValidator(_known_zone)]
    broker: BrokerSection
    spool: SpoolSection
    badge_pepper_file: FilePath
    status_interval_s: Annotated[float, Field(ge=1, le=3600)] = 10.0
    lines: Annotated[tuple[LineSection, ...], Field(strict=False)] = ()
    mqtt: MqttSection | None = None
    remote: RemoteSection = RemoteSection()

    def devices(self) -> list[str]:
        """The ids of all devices, in the order of the file."""
        on_lines = [device.id for line in self.lines for device in line.devices]
        return on_lines + [device.id for device in (self.mqtt.devices if self.mqtt else ())]


def load_site(path: Path, profiles: Profiles, protocols: Mapping[str, ProtocolRules]) -> SiteFile:
    """The site in `path`. Profiles and protocols come by name. Raises SiteFileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SiteFileError([f"{path}:1: {getattr(error, 'strerror', None) or error}"]) from error
    return parse_site(text, path, profiles, protocols)


def parse_site(text: str, path: Path, profiles: Profiles, protocols: Mapping[str, ProtocolRules]) -> SiteFile:
    """As `load_site`, of a text that stands (or would stand) in `path`."""
    try:
        data, line_of = load_with_lines(text, str(path))
    except ConfigError as error:
        raise SiteFileError([str(error)]) from error
    if not isinstance(data, dict):
        raise SiteFileError([f"{path}:1: {said('top_level')}"])
    mistakes = cross_mistakes(data, profiles, protocols)
    site = None
    try:
        site = SiteFile.model_validate(data, context={"folder": path.parent})
    except ValidationError as error:
        rules = {ID_PATTERN: said("rule_id"), DEVICE_PATTERN: said("rule_device")}
        mistakes += model_mistakes(error, SiteFile, rules)
    if mistakes or site is None:
        raise SiteFileError(_as_lines(mistakes, path, line_of))
    return site


def missing_files(site: SiteFile) -> list[str]:
    """One line for each file the site names that is not there. What the agent makes itself is left out."""
    named: dict[str, Path | None] = {"broker.password_file": site.broker.password_file}
    named |= _tls_files("broker", site.broker)
    for number, line in enumerate(site.lines):
        for at, device in enumerate(line.devices):
            named[f"lines[{number}].devices[{at}].key_file"] = device.key_file
    if site.mqtt is not None and site.mqtt.broker is not None:
        named["mqtt.broker.password_file"] = site.mqtt.broker.password_file
        named |= _tls_files("mqtt.broker", site.mqtt.broker)
    missing = {key: path for key, path in named.items() if path and not path.is_file()}
    return [said("file_missing", key=key, path=path) for key, path in missing.items()]


def _tls_files(name: str, broker: BrokerSection) -> dict[str, Path | None]:
    return {f"{name}.tls.{key}": value for key, value in broker.tls or () if value is not None}


def _as_lines(mistakes: list[Mistake], path: Path, line_of: Any) -> list[str]:  # noqa: ANN401
    found = {(line_of(mistake.path), mistake.text()) for mistake in mistakes}
    return [f"{path}:{line}: {text}" for line, text in sorted(found)]
