"""Device profiles: a YAML file says how one device model is read. Protocol is code, model is data.

A profile has `transport` (how the model leaves the factory), `reads` (requests: registers, for Modbus),
`points` (one quantity of `wire.quantities` each; `scale` brings the raw number into the table's unit; a
device that has a quantity twice has `part`s),
`badge` (where an MQTT device says a card's number),
`variants` (the same model sold with other factors) and `examples`: a real request, a real reply and the
values it must give, which test the profile. A profile without a captured example says why in `no_capture`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from checked_yaml.lines import ConfigError
from checked_yaml.model import Config, unknown_choice, validated, wrong
from edge_agent.drivers import registry
from edge_agent.drivers.contract import Parity, Point, Target
from edge_agent.drivers.mqtt.lorawan import CODECS
from edge_agent.language import nearest
from edge_agent.profile_points import Number, PointChange, PointSpec, Quantity, ReadSpec, fits
from edge_agent.profile_points import NumberType as NumberType

PROFILES: Final = Path(__file__).parent / "profiles"


def _known_protocol(name: str) -> str:
    known = (*registry.POLLED, *registry.DIALECTS)
    if name not in known:
        raise unknown_choice(name, "protocol with profiles", known)
    return name


def _hex(text: str) -> str:
    bytes.fromhex(text)
    return text


Hex = Annotated[str, AfterValidator(_hex)]
Silence = Annotated[float, Field(ge=0, le=7 * 86_400)]


class Match(Config):
    """What is printed on the device."""

    maker: str
    model: str


class Transport(Config):
    """How the model talks when it leaves the factory; a site file may say otherwise."""

    protocol: Annotated[str, AfterValidator(_known_protocol)]
    baud: Annotated[int, Field(ge=300, le=4_000_000)] = 9600
    parity: Parity = "N"
    stop_bits: Literal[1, 2] = 1
    data_bits: Literal[7, 8] = 8
    #: Silence before a request, where the device needs more than the line keeps anyway.
    gap_ms: Annotated[float, Field(ge=0, le=1_000)] | None = None
    #: Modbus: most registers the device gives at once.
    max_count: Annotated[int, Field(ge=1, le=125)] | None = None
    #: DL/T 645: false for a meter that answers blocks (0201FF00) wrongly instead of refusing them.
    blocks: bool = True
    #: DSMR P1: false for a meter whose telegrams carry no CRC (DSMR 2 and 3).
    checksum: bool = True
    #: CJ/T 188: the kind of meter, two hex digits (Table 2): 10 cold water, 11 hot water, 20 heat, 30 gas.
    meter_type: Annotated[str, StringConstraints(pattern=r"^[1-4][0-9]$")] | None = None
    #: LoRaWAN: what reads the bytes of an uplink (see edge_agent/drivers/mqtt/lorawan.py).
    codec: str | None = None
    #: MQTT: a device silent for so long is reported; 0 is never. Left out, it is the dialect's.
    silent_after_s: Silence | None = None

    def port_defaults(self) -> dict[str, Any]:
        """Keyword arguments of `contract.PortSettings`."""
        return {
            "baud": self.baud,
            "parity": self.parity,
            "stop_bits": self.stop_bits,
            "data_bits": self.data_bits,
        }


class Variant(Config):
    """The same model sold with other factors or registers, by quantity."""

    points: dict[Quantity, PointChange]


class Example(Config):
    """Real bytes and what they must give: values by quantity, or `{error: kind}` of a refusal.

    A message of an MQTT device is `payload` on `topic`; an uplink's own bytes are `reply`. A card's number is
    expected as `badge`.
    """

    reply: Hex | None = None
    payload: str | None = None
    topic: str = ""
    #: The part of the source the values are of, where a message tells of several devices.
    part: str = ""
    fport: Annotated[int, Field(ge=0, le=255)] = 0
    request: Hex | None = None
    variant: str | None = None
    expect: dict[str, float | str | None]
    source: str
    #: Built after a standard or a manual: no device is known to have sent it.
    constructed: bool = False

    @model_validator(mode="after")
    def _has_one_message(self) -> Self:
        if (self.reply is None) == (self.payload is None):
            raise wrong("needs either reply (bytes in hex) or payload (text)")
        return self


class Profile(Config):
    """One device model."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    profile: str
    match: Match = Match(maker="generic", model="generic")
    transport: Transport
    note: str = ""
    #: The maker's list it was held against: name, version, page; `unverified: …` where none is public.
    source: str = ""
    reads: tuple[ReadSpec, ...] = ()
    points: tuple[PointSpec, ...] = ()
    badge: str | None = None
    variants: dict[str, Variant] = {}
    examples: tuple[Example, ...] = ()
    no_capture: str | None = None

    @model_validator(mode="after")
    def _points_fit_the_protocol(self) -> Self:
        if not self.points and self.badge is None:
            raise wrong("needs at least one point", "points")
        reads = {read.id: read.register_ for read in self.reads}
        self._stand_once()
        for place, point in enumerate(self.points):
            fits(self.transport.protocol, point, reads, "points", place)
        if self.transport.codec is not None and self.transport.codec not in CODECS:
            raise unknown_choice(self.transport.codec, "codec", CODECS, "transport", "codec")
        for name, variant in self.variants.items():
            for key in variant.points:
                where = ("variants", name, "points", key)
                if key not in self.names():
                    raise unknown_choice(key, "point of this profile", self.names(), *where)
                for point in self.points:
                    if point.key == key:
                        fits(self.transport.protocol, variant.points[key].of(point), reads, *where)
        return self

    def _stand_once(self) -> None:
        """Each quantity, or each of every part."""
        keys = [(point.part, point.key) for point in self.points]
        for place, point in enumerate(self.points):
            if (point.part, point.key) in keys[:place]:
                raise wrong(f"{point.key} stands twice: give each its part", "points", place, "key")
            if point.part is not None and self.transport.protocol not in registry.POLLED:
                raise wrong("the parts of an MQTT device stand in its address", "points", place, "part")

    @property
    def captured(self) -> bool:
        """Whether a real device's bytes, or its maker's own example, prove it."""
        return any(not example.constructed for example in self.examples)

    def names(self) -> list[str]:
        """The quantities it reads, in the order of the file."""
        return list(dict.fromkeys(point.key for point in self.points))

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the device; none where it has every quantity once."""
        return tuple(dict.fromkeys(point.part for point in self.points if point.part is not None))

    def contract_points(self, variant: str | None = None, part: str | None = None) -> tuple[Point, ...]:
        """The points as drivers take them: of one part, and those of the whole device; of the first part
        where none is named. Raises ValueError for an unknown variant or part."""
        if part is not None and part not in self.parts:
            known = nearest(part, self.parts)
            raise ValueError(f'"{part}" is no part of {self.profile}; {known or "it has none"}')
        if variant is not None and variant not in self.variants:
            known = nearest(variant, self.variants)
            raise ValueError(f'"{variant}" is no variant of {self.profile}; {known or "it has none"}')
        changes = self.variants[variant].points if variant is not None else {}
        meant = part or next(iter(self.parts), None)
        own = {point.key for point in self.points if point.part == meant}
        changed = [
            changes[point.key].of(point) if point.key in changes else point
            for point in self.points
            if point.part == meant or (point.part is None and point.key not in own)
        ]
        return tuple(Point(one.key, self._where(one), one.scale, one.interval_s) for one in changed)

    def _where(self, point: PointSpec) -> dict[str, Any]:
        if point.di is not None:
            return {"di": point.di}
        if point.at is not None:
            return dict(point.at)
        where = self._registers(point, point.read)
        for key in ("exponent", "otherwise"):
            beside = point.exponent if key == "exponent" else point.otherwise
            if beside is not None:
                where[key] = self._registers(beside, beside.read or point.read)
        if point.factors:
            where["factors"] = tuple(self._registers(one, one.read or point.read) for one in point.factors)
        return where

    def _registers(self, number: PointSpec | Number, read_id: str | None) -> dict[str, Any]:
        register = next(read.register_ for read in self.reads if read.id == read_id)
        return {
            "type": register.type,
            "address": register.address + number.offset,
            "decode": number.decode,
            "byte_order": "ABCD" if number.byte_order == "AB" else number.byte_order,
            "invalid": number.invalid_raw,
            "read": read_id,
        } | ({"scale": number.scale} if isinstance(number, Number) else {})

    def target(
        self,
        device: str,
        address: str | int,
        variant: str | None = None,
        options: Mapping[str, Any] | None = None,
        part: str | None = None,
    ) -> Target:
        """A device of this model as its driver polls it. `options` go over those of the profile.

        Raises ValueError, one line, for an address, variant or part that is none.
        """
        own: dict[str, Any] = {
            "blocks": self.transport.blocks,
            "checksum": self.transport.checksum,
        }
        if self.transport.gap_ms is not None:
            own["gap_s"] = self.transport.gap_ms / 1000
        if self.transport.max_count is not None:
            own["max_count"] = self.transport.max_count
        if self.transport.meter_type is not None:
            own["meter_type"] = self.transport.meter_type
        wanted = registry.ADDRESSES[self.transport.protocol](address)
        return Target(device, wanted, self.contract_points(variant, part), {**own, **(options or {})})


def names() -> list[str]:
    """The profiles that are shipped."""
    return sorted(path.stem for path in PROFILES.glob("*.yaml"))


def load(name: str | Path) -> Profile:
    """A shipped profile by name; a file of the site's own where `name` ends with `.yaml`.

    Raises ConfigError, one line.
    """
    own = str(name).endswith(".yaml")
    if not own and name not in names():
        raise ConfigError(f'"{name}" is no profile; {nearest(str(name), names())}')
    path = Path(name) if own else PROFILES / f"{name}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}:1: cannot be read: {error}") from error
    profile = validated(Profile, text, path)
    if not own and profile.profile != name:
        raise ConfigError(f'{path}:1: profile: "{profile.profile}": must be the name of the file, {name}')
    return profile
