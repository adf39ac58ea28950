"""Points of a profile: one quantity each, and where its value stands in the words of its protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from checked_yaml.lines import KeyPath
from checked_yaml.model import Config, unknown_choice, wrong
from edge_agent.drivers import modbus_frame, registry
from edge_agent.drivers.dlt645_items import is_past, item
from edge_agent.drivers.modbus_frame import ByteOrder, Table
from wire.quantities import QUANTITIES

NumberType = Literal[
    "int16", "uint16", "sm16",
    "int32", "uint32", "sm32", "float32",
    "int48", "uint48",
    "int64", "uint64", "float64",
]  # fmt: skip


def _known_quantity(name: str) -> str:
    if name not in QUANTITIES:
        raise unknown_choice(name, "quantity", QUANTITIES)
    return name


def _known_item(di: str) -> str:
    found = item(di)
    if found is None or found.block or found.meaning != "number":
        raise ValueError("is no single number this driver knows (see edge_agent/drivers/dlt645_items.py)")
    if is_past(di):
        raise ValueError("is of a settlement or month that is past, no quantity of now")
    return di


Quantity = Annotated[str, AfterValidator(_known_quantity)]
DataIdentifier = Annotated[
    str, StringConstraints(pattern=r"^([0-9A-F]{8}|[0-9A-F]{4})$"), AfterValidator(_known_item)
]
Scale = Annotated[float, Field(allow_inf_nan=False)]
PartName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
Interval = Annotated[float, Field(ge=0.05, le=86_400)]


class Register(Config):
    """Where a Modbus read begins (from 0, as on the wire) and how many registers or bits it takes."""

    type: Table
    address: Annotated[int, Field(ge=0, le=65_535)]
    count: Annotated[int, Field(ge=1, le=2_000)] = 1


class ReadSpec(Config):
    """One request. Points name it by `id`."""

    id: str
    register_: Annotated[Register, Field(alias="register")]


class Number(Config):
    """A number in registers: in which `read` (left out: the point's own), how far in, and how written."""

    read: str | None = None
    offset: Annotated[int, Field(ge=0, le=2_000)] = 0
    decode: NumberType = "uint16"
    byte_order: ByteOrder | Literal["AB"] = "ABCD"
    scale: Scale = 1.0
    #: Raw numbers that mean "no value".
    invalid_raw: tuple[int | float, ...] = ()


class PointSpec(Config):
    """One quantity: `di` for DL/T 645; `read`, `offset`, `decode`, `byte_order` for Modbus; `at` for others.

    `at` is in the words of the protocol; of an MQTT device `{field: ENERGY/Power}`, and with it `states`
    (numbers for words) or `invalid` (see edge_agent/drivers/mqtt/mapping.py).
    """

    key: Quantity
    #: Of a device that has the quantity twice: which of its parts (panel, battery) this is of.
    part: PartName | None = None
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
    #: Modbus: the power of ten stands in a register of its own (SunSpec: decode int16).
    exponent: Number | None = None
    #: Modbus: factors that stand in registers of their own, the ratios of current and voltage transformers.
    factors: Annotated[tuple[Number, ...], Field(max_length=4)] = ()
    #: Modbus: read where the point's own register is refused or nought.
    otherwise: Number | None = None

    @property
    def beside(self) -> dict[KeyPath, Number]:
        """What else it takes to know the value, by its place in the point."""
        single = {("exponent",): self.exponent, ("otherwise",): self.otherwise}
        several = {("factors", number): factor for number, factor in enumerate(self.factors)}
        return {place: found for place, found in (single | several).items() if found is not None}


class PointChange(Config):
    """What a variant changes of a point."""

    scale: Scale | None = None
    read: str | None = None
    offset: Annotated[int, Field(ge=0, le=2_000)] | None = None
    decode: NumberType | None = None
    byte_order: ByteOrder | Literal["AB"] | None = None

    def of(self, point: PointSpec) -> PointSpec:
        """The point as the variant has it."""
        return point.model_copy(update=self.model_dump(exclude_none=True))


def fits(protocol: str, point: PointSpec, reads: Mapping[str, Register], *place: str | int) -> None:
    """Whether the point says where its value stands, in the words of its protocol. `place` is where it is."""
    if protocol != "modbus_rtu" and point.beside:
        key = next(iter(point.beside))[0]
        raise wrong(f"{key} is for modbus_rtu", *place, key)
    if protocol == "modbus_rtu":
        _fits_reads(point, reads, place)
    elif protocol == "dlt645":
        if point.di is None or point.read is not None or point.at is not None:
            raise wrong("a dlt645 point has a di and no read", *place)
    else:
        _fits_at(protocol, point, place)


def _fits_at(protocol: str, point: PointSpec, place: KeyPath) -> None:
    if point.at is None or point.read is not None or point.di is not None:
        raise wrong(f"a {protocol} point has an at and neither read nor di", *place)
    try:
        registry.TABLE[protocol].check_at(point.at)
    except ValueError as error:
        raise wrong(str(error), *place, "at") from error


def _fits_reads(point: PointSpec, reads: Mapping[str, Register], place: KeyPath) -> None:
    if point.at is not None:
        raise wrong("a modbus_rtu point has a read, no at", *place, "at")
    if point.di is not None:
        raise wrong("di is for dlt645; a modbus_rtu point has a read", *place, "di")
    _fits_register(point, point.read, reads, place)
    for where, number in point.beside.items():
        _fits_register(number, number.read or point.read, reads, (*place, *where))


def _fits_register(
    number: PointSpec | Number, read: str | None, reads: Mapping[str, Register], place: KeyPath
) -> None:
    register = reads.get(read or "")
    if register is None:
        raise unknown_choice(read, "read of this profile", reads, *place, "read")
    width = modbus_frame.width(number.decode) if register.type in ("holding", "input") else 1
    if number.offset + width > register.count:
        rule = f"{number.decode} goes beyond the {register.count} registers of read {read}"
        raise wrong(rule, *place, "offset")
