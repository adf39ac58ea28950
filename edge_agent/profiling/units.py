"""Units as people write them, and the factor that brings a number in them into a quantity's own unit."""

from __future__ import annotations

from typing import Final

from wire.quantities import QUANTITIES

#: By the table's unit (UCUM): the ways to write units of its kind, and how many of the table's one is.
_FACTORS: Final[dict[str, dict[str, float]]] = {
    "W": {"W": 1, "kW": 1e3, "MW": 1e6, "mW": 1e-3},
    "var": {"var": 1, "VAr": 1, "VAR": 1, "kvar": 1e3, "kVAr": 1e3, "kVAR": 1e3},
    "V.A": {"VA": 1, "kVA": 1e3},
    "kW.h": {"kWh": 1, "Wh": 1e-3, "MWh": 1e3},
    "kvar.h": {"kvarh": 1, "kVArh": 1, "kVARh": 1, "varh": 1e-3, "VArh": 1e-3, "VARh": 1e-3},
    "V": {"V": 1, "mV": 1e-3, "kV": 1e3},
    "A": {"A": 1, "mA": 1e-3, "kA": 1e3},
    "mA": {"mA": 1, "A": 1e3},
    "Hz": {"Hz": 1, "kHz": 1e3},
    "Cel": {"°C": 1, "℃": 1, "C": 1, "degC": 1},
    "%": {"%": 1, "%RH": 1, "%rH": 1},
    "1": {"": 1, "%": 0.01},
    "[ppm]": {"ppm": 1},
    "L": {"L": 1, "l": 1, "m³": 1e3, "m3": 1e3},
    "L/h": {"L/h": 1, "l/h": 1, "L/min": 60, "l/min": 60, "m³/h": 1e3, "m3/h": 1e3},
    "m3": {"m³": 1, "m3": 1, "L": 1e-3, "l": 1e-3},
    "kPa": {"kPa": 1, "hPa": 0.1, "mbar": 0.1, "Pa": 1e-3, "bar": 100, "MPa": 1e3},
    "lx": {"lx": 1, "lux": 1, "Lux": 1},
    "dB[SPL]": {"dB": 1, "dBA": 1, "dB(A)": 1},
    "dB[mW]": {"dBm": 1},
    "mg/m3": {"mg/m³": 1, "mg/m3": 1, "µg/m³": 1e-3, "μg/m³": 1e-3, "ug/m3": 1e-3},
    "ug/m3": {"µg/m³": 1, "μg/m³": 1, "ug/m3": 1, "mg/m³": 1e3, "mg/m3": 1e3},
}
#: Units that stand in names, in small letters; those of one letter mean too much to be taken there.
IN_NAMES: Final[dict[str, str]] = {
    "kw": "kW", "kwh": "kWh", "wh": "Wh", "mwh": "MWh", "kva": "kVA", "kvar": "kvar", "kvarh": "kvarh",
    "varh": "varh", "mv": "mV", "kv": "kV", "ma": "mA", "ka": "kA", "m3": "m³", "hpa": "hPa", "kpa": "kPa",
}  # fmt: skip
#: What a unit alone says of a value.
QUANTITY_OF_UNIT: Final[dict[str, str]] = {
    "W": "active_power", "kW": "active_power", "V": "voltage", "A": "current", "mA": "current",
    "Hz": "frequency", "kWh": "active_energy_import", "Wh": "active_energy_import",
    "MWh": "active_energy_import", "VA": "apparent_power", "kVA": "apparent_power", "var": "reactive_power",
    "kvar": "reactive_power", "VAr": "reactive_power", "kVAr": "reactive_power", "°C": "temperature",
    "ppm": "carbon_dioxide", "lx": "illuminance", "dBm": "signal_strength",
}  # fmt: skip


def factor(unit: str, quantity: str) -> float | None:
    """How many of the quantity's unit one `unit` is; None where no factor can tell: °F, or a wrong kind.

    >>> factor("kW", "active_power")
    1000.0
    """
    found = _FACTORS.get(QUANTITIES[quantity].unit, {}).get(unit.strip())
    return None if found is None else float(found)
