"""What the value information fields of M-Bus records mean: EN 13757-3, Tables 10 to 14. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge_agent.drivers.scaling import scaled


@dataclass(frozen=True, slots=True)
class Meaning:
    """A raw number times `10**exponent` times `seconds` is the value in `unit`."""

    quantity: str
    unit: str = ""
    exponent: int = 0
    #: Spans of time count in seconds, minutes, hours or days.
    seconds: int = 1

    def of(self, raw: float, exponent: int = 0, added: float = 0.0) -> float:
        """The value of a raw number; `exponent`, `added` (in `unit`): what a record's modifiers say."""
        whole, power = raw * self.seconds, self.exponent + exponent
        exact = whole * 10**power if power >= 0 else whole / 10**-power
        return scaled(exact + added, 1.0)


MANUFACTURER_SPECIFIC: Final = Meaning("Manufacturer specific")
DATE: Final = "Time point (date)"
DATE_TIME: Final = "Time point (date & time)"
_SPANS: Final = (1, 60, 3600, 86400)


def _powers(first: int, count: int, lowest: int, quantity: str, unit: str) -> dict[int, Meaning]:
    """Codes from `first` on, each ten times the one before; the first is 10**`lowest`."""
    return {first + step: Meaning(quantity, unit, lowest + step) for step in range(count)}


def _spans(first: int, quantity: str) -> dict[int, Meaning]:
    return {first + step: Meaning(quantity, "s", seconds=seconds) for step, seconds in enumerate(_SPANS)}


#: Table 10: the first VIF, without its top bit.
PRIMARY: Final = {
    **_powers(0x00, 8, -3, "Energy", "Wh"),
    **_powers(0x08, 8, 0, "Energy", "J"),
    **_powers(0x10, 8, -6, "Volume", "m^3"),
    **_powers(0x18, 8, -3, "Mass", "kg"),
    **_spans(0x20, "On time"),
    **_spans(0x24, "Operating time"),
    **_powers(0x28, 8, -3, "Power", "W"),
    **_powers(0x30, 8, 0, "Power", "J/h"),
    **_powers(0x38, 8, -6, "Volume flow", "m^3/h"),
    **_powers(0x40, 8, -7, "Volume flow", "m^3/min"),
    **_powers(0x48, 8, -9, "Volume flow", "m^3/s"),
    **_powers(0x50, 8, -3, "Mass flow", "kg/h"),
    **_powers(0x58, 4, -3, "Flow temperature", "°C"),
    **_powers(0x5C, 4, -3, "Return temperature", "°C"),
    **_powers(0x60, 4, -3, "Temperature difference", "K"),
    **_powers(0x64, 4, -3, "External temperature", "°C"),
    **_powers(0x68, 4, -3, "Pressure", "bar"),
    0x6C: Meaning(DATE, "-"),
    0x6D: Meaning(DATE_TIME, "-"),
    0x6E: Meaning("Units for H.C.A."),
    **_spans(0x70, "Averaging Duration"),
    **_spans(0x74, "Actuality Duration"),
    0x78: Meaning("Fabrication No"),
    0x79: Meaning("Enhanced identification"),
    0x7A: Meaning("Bus Address"),
    0x7F: MANUFACTURER_SPECIFIC,
}
#: Table 12: the VIFE behind FD.
EXTENSION_FD: Final = {
    **_powers(0x00, 4, -3, "Credit", ""),
    **_powers(0x04, 4, -3, "Debit", ""),
    0x08: Meaning("Access number"),
    0x09: Meaning("Medium"),
    0x0A: Meaning("Manufacturer"),
    0x0B: Meaning("Parameter set identification"),
    0x0C: Meaning("Model / Version"),
    0x0D: Meaning("Hardware version"),
    0x0E: Meaning("Firmware version"),
    0x0F: Meaning("Software version"),
    0x10: Meaning("Customer location"),
    0x11: Meaning("Customer"),
    0x17: Meaning("Error flags"),
    0x18: Meaning("Error mask"),
    0x1A: Meaning("Digital Output"),
    0x1B: Meaning("Digital Input"),
    0x1C: Meaning("Baud rate"),
    0x3A: Meaning("Dimensionless"),
    **_powers(0x40, 16, -9, "Voltage", "V"),
    **_powers(0x50, 16, -12, "Current", "A"),
    0x60: Meaning("Reset counter"),
    0x61: Meaning("Cumulation counter"),
    0x71: Meaning("RF level", "dBm"),
    0x74: Meaning("Remaining battery life", "d"),
}
#: EN 13757-3:2013 Table 12: the VIFE behind FB. Kilo-, mega- and gigaunits are said in the plain unit here.
EXTENSION_FB: Final = {
    **_powers(0x00, 2, 5, "Energy", "Wh"),
    **_powers(0x02, 2, 3, "Reactive energy", "varh"),
    **_powers(0x04, 2, 3, "Apparent energy", "VAh"),
    **_powers(0x08, 2, 8, "Energy", "J"),
    **_powers(0x0C, 4, 5, "Energy", "cal"),
    **_powers(0x10, 2, 2, "Volume", "m^3"),
    **_powers(0x14, 4, 0, "Reactive power", "var"),
    **_powers(0x18, 2, 5, "Mass", "kg"),
    **_powers(0x1A, 2, -1, "Relative humidity", "%"),
    **_powers(0x28, 2, 5, "Power", "W"),
    0x2A: Meaning("Phase U-U", "°", -1),
    0x2B: Meaning("Phase U-I", "°", -1),
    **_powers(0x2C, 4, -3, "Frequency", "Hz"),
    **_powers(0x30, 2, 8, "Power", "J/h"),
    **_powers(0x34, 4, 0, "Apparent power", "VA"),
    **_powers(0x74, 4, -3, "Temperature limit", "°C"),
    **_powers(0x78, 8, -3, "Cumulated maximum of power", "W"),
}
#: One quantity is sent in several units; a profile's numbers are in the first of each pair.
_IN_USUAL_UNIT: Final = {
    "J": ("Wh", 1 / 3600),
    "cal": ("Wh", 4.1868 / 3600),
    "J/h": ("W", 1 / 3600),
    "m^3/min": ("m^3/h", 60.0),
    "m^3/s": ("m^3/h", 3600.0),
}


def in_usual_unit(number: float, unit: str) -> float:
    """Energy in Wh, power in W, flow in m^3/h, whatever unit the meter chose; all else as it is.

    >>> in_usual_unit(7_200_000, "J")
    2000.0
    """
    return scaled(number, _IN_USUAL_UNIT[unit][1]) if unit in _IN_USUAL_UNIT else number


#: Table 2: what is metered.
MEDIA: Final = {
    0x00: "Other", 0x01: "Oil", 0x02: "Electricity", 0x03: "Gas", 0x04: "Heat: Outlet", 0x05: "Steam",
    0x06: "Warm water (30-90°C)", 0x07: "Water", 0x08: "Heat Cost Allocator", 0x09: "Compressed Air",
    0x0A: "Cooling load meter: Outlet", 0x0B: "Cooling load meter: Inlet", 0x0C: "Heat: Inlet",
    0x0D: "Heat / Cooling load meter", 0x0E: "Bus/System", 0x0F: "Unknown Medium",
    0x15: "Hot water (>=90°C)", 0x16: "Cold water", 0x17: "Dual water", 0x18: "Pressure",
    0x19: "A/D Converter",
}  # fmt: skip
#: §7: what a device says instead of data, behind CI 70.
APPLICATION_ERRORS: Final = {
    0: "unspecified", 1: "unimplemented_ci", 2: "buffer_too_long", 3: "too_many_records",
    4: "premature_end_of_record", 5: "too_many_dife", 6: "too_many_vife", 8: "application_busy",
    9: "too_many_readouts",
}  # fmt: skip
