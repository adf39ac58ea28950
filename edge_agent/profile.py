"""Device profiles: a YAML file says how one device model is read. Protocol is code, model is data.

A profile has `transport` (how the model leaves the factory), `reads` (requests: registers, for Modbus),
`points` (one quantity of `wire.quantities` each; `scale` brings the raw number into the table's unit),
`badge` (where an MQTT device says a card's number),
`variants` (the same model sold with other factors) and `examples`: a real request, a real reply and the
values it must give, which test the profile. A profile without a captured example says why in `no_capture`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from edge_agent.drivers import registry
from edge_agent.drivers.contract import Parity, Point, Target
from edge_agent.drivers.dlt645_items import item
from edge_agent.drivers.modbus_frame import ByteOrder, Table
from edge_agent.drivers.mqtt.lorawan import CODECS
from edge_agent.yaml_lines import Config, ConfigError, nearest, unknown_choice, validated, wrong
from wire.quantities import QUANTITIES

PROFILES: Final = Path(__file__).parent / "profiles"

NumberType = Literal["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]


def _known_quantity(name: str) -> str:
    if name not in QUANTITIES:
        raise unknown_choice(name, "quantity", QUANTITIES)
    return name


def _known_protocol(name: str) -> str:
    known = (*registry.POLLED, *registry.DIALECTS)
    if name not in known:
        raise unknown_choice(name, "protocol with profiles", known)
    return name


def _known_item(di: str) -> str:
    found = item(di)
    if found is None or found.block or found.meaning != "number":
        raise ValueError("is no single number this driver knows (see edge_agent/drivers/dlt645_items.py)")
    return di


def _hex(text: str) -> str:
    bytes.fromhex(text)
    return text


Hex = Annotated[str, AfterValidator(_hex)]
Quantity = Annotated[str, AfterValidator(_known_quantity)]
DataIdentifier = Annotated[
    str, StringConstraints(pattern=r"^([0-9A-F]{8}|[0-9A-F]{4})$"), AfterValidator(_known_item)
]
Scale = Annotated[float, Field(allow_inf_nan=False)]
Interval = Annotated[float, Field(ge=0.05, le=86_400)]
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


class Register(Config):
    """Where a Modbus read begins (from 0, as on the wire) and how many registers or bits it takes."""

    type: Table
    address: Annotated[int, Field(ge=0, le=65_535)]
    count: Annotated[int, Field(ge=1, le=2_000)] = 1


class ReadSpec(Config):
    """One request. Points name it by `id`."""

    id: str
    register_: Annotated[Register, Field(alias="register")]


class PointSpec(Config):
    """One quantity: `di` for DL/T 645; `read`, `offset`, `decode`, `byte_order` for Modbus; `at` for others.

    `at` is in the words of the protocol; of an MQTT device `{field: ENERGY/Power}`, and with it `states`
    (numbers for words) or `invalid` (see edge_agent/drivers/mqtt/mapping.py).
    """

    key: Quantity
    scale: Scale = 1.0
    #: Slow quantities are asked less often than the device's own interval.
    interval_s: Interval | None = None
    di: DataIdentifier | None = None
    at: dict[str, Any] | None = None
    read: str | None = None
    offset: Annotated[int, Field(ge=0, le=2_000)] = 0
    decode: NumberType = "uint16"
    byte_order: ByteOrder | Literal["AB"] = "ABCD"
    #: Raw numbers that mean "no value".
    invalid_raw: tuple[int | float, ...] = ()


class PointChange(Config):
    """What a variant changes of a point."""

    scale: Scale


class Variant(Config):
    """The same model sold with other factors, by quantity."""

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
        keys = [point.key for point in self.points]
        for place, point in enumerate(self.points):
            if point.key in keys[:place]:
                raise wrong(f"{point.key} stands twice", "points", place, "key")
            if self.transport.protocol not in ("dlt645", "modbus_rtu"):
                _fits_at(self.transport.protocol, place, point)
            elif self.transport.protocol == "dlt645":
                _fits_dlt645(place, point)
            else:
                _fits_reads(place, point, {read.id: read.register_ for read in self.reads})
        if self.transport.codec is not None and self.transport.codec not in CODECS:
            raise unknown_choice(self.transport.codec, "codec", CODECS, "transport", "codec")
        for name, variant in self.variants.items():
            for key in variant.points:
                if key not in keys:
                    raise unknown_choice(key, "point of this profile", keys, "variants", name, "points", key)
        return self

    @property
    def captured(self) -> bool:
        """Whether a real device's bytes, or its maker's own example, prove it."""
        return any(not example.constructed for example in self.examples)

    def names(self) -> list[str]:
        """The quantities it reads, in the order of the file."""
        return [point.key for point in self.points]

    def contract_points(self, variant: str | None = None) -> tuple[Point, ...]:
        """The points as drivers take them. Raises ValueError for an unknown variant."""
        if variant is not None and variant not in self.variants:
            known = nearest(variant, self.variants)
            raise ValueError(f'"{variant}" is no variant of {self.profile}; {known or "it has none"}')
        changes = self.variants[variant].points if variant is not None else {}
        return tuple(
            Point(
                point.key,
                self._where(point),
                changes[point.key].scale if point.key in changes else point.scale,
                point.interval_s,
            )
            for point in self.points
        )

    def _where(self, point: PointSpec) -> dict[str, Any]:
        if point.di is not None:
            return {"di": point.di}
        if point.at is not None:
            return dict(point.at)
        register = next(read.register_ for read in self.reads if read.id == point.read)
        return {
            "type": register.type,
            "address": register.address + point.offset,
            "decode": point.decode,
            "byte_order": "ABCD" if point.byte_order == "AB" else point.byte_order,
            "invalid": point.invalid_raw,
            "read": point.read,
        }

    def target(
        self,
        device: str,
        address: str | int,
        variant: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Target:
        """A device of this model as its driver polls it. `options` go over those of the profile.

        Raises ValueError, one line, for an address or variant that is none.
        """
        own: dict[str, Any] = {
            "blocks": self.transport.blocks,
            "checksum": self.transport.checksum,
        }
        if self.transport.gap_ms is not None:
            own["gap_s"] = self.transport.gap_ms / 1000
        if self.transport.max_count is not None:
            own["max_count"] = self.transport.max_count
        wanted = registry.ADDRESSES[self.transport.protocol](address)
        return Target(device, wanted, self.contract_points(variant), {**own, **(options or {})})


def _fits_at(protocol: str, place: int, point: PointSpec) -> None:
    if point.at is None or point.read is not None or point.di is not None:
        raise wrong(f"a {protocol} point has an at and neither read nor di", "points", place)
    try:
        registry.TABLE[protocol].check_at(point.at)
    except ValueError as error:
        raise wrong(str(error), "points", place, "at") from error


def _fits_dlt645(place: int, point: PointSpec) -> None:
    if point.di is None or point.read is not None or point.at is not None:
        raise wrong("a dlt645 point has a di and no read", "points", place)


def _fits_reads(place: int, point: PointSpec, reads: Mapping[str, Register]) -> None:
    if point.at is not None:
        raise wrong("a modbus_rtu point has a read, no at", "points", place, "at")
    if point.di is not None:
        raise wrong("di is for dlt645; a modbus_rtu point has a read", "points", place, "di")
    register = reads.get(point.read or "")
    if register is None:
        raise unknown_choice(point.read, "read of this profile", reads, "points", place, "read")
    width = {"16": 1, "32": 2, "64": 4}[point.decode[-2:]] if register.type in ("holding", "input") else 1
    if point.offset + width > register.count:
        rule = f"{point.decode} goes beyond the {register.count} registers of read {point.read}"
        raise wrong(rule, "points", place, "offset")


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
