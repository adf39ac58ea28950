"""The one table of what is measured. Names follow IEC 60050 and Home Assistant's measurement words.

`unit` is a UCUM code (ucum.org), `display_unit` what a page prints. `low` and `high` bound what is
plausible for any device on a renovation site. Some sensors say a little more than there can be, and mean
the limit: that is taken as it came, within what `_TOLERATED` lists with the reason, and marked where it is
shown. What is beyond is set aside, not clipped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

Mark = Literal["above_limit", "below_limit"]
QuantityKind = Literal["gauge", "counter", "state"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One row of the table. A counter only grows, except where its device is reset or replaced."""

    name: str
    unit: str
    display_unit: str
    kind: QuantityKind
    low: float
    high: float
    zh: str
    en: str
    #: Rooms and materials change slowly, and their sensors often speak only when something has changed.
    slow: bool = False
    #: As far as a sensor may say more than there can be and mean the limit; `low` and `high` where not said.
    least: float = 0.0
    most: float = 0.0
    #: A value beyond these bounds that says something by itself.
    idle: float | None = None
    #: Of a state: what 0 and 1 are called, each in zh and en.
    called: tuple[tuple[str, str], tuple[str, str]] = (("否", "no"), ("是", "yes"))

    def takes(self, value: float) -> bool:
        """Whether a finite number may be a value of it."""
        return self.least <= value <= self.most or value == self.idle

    def mark(self, value: float) -> Mark | None:
        """That a value is one a sensor says beyond what there can be, and means the limit."""
        if value == self.idle or self.low <= value <= self.high:
            return None
        return "above_limit" if value > self.high else "below_limit"

    def meant(self, value: float) -> float:
        """`value`, or the limit where a sensor said a little more than there can be."""
        return value if value == self.idle else min(max(value, self.low), self.high)


def _electricity() -> list[Quantity]:
    rows = [
        Quantity("active_power", "W", "W", "gauge", -500_000, 500_000, "有功功率", "active power"),
        Quantity("reactive_power", "var", "var", "gauge", -500_000, 500_000, "无功功率", "reactive power"),
        Quantity("apparent_power", "V.A", "VA", "gauge", 0, 500_000, "视在功率", "apparent power"),
        Quantity("power_factor", "1", "", "gauge", -1, 1, "功率因数", "power factor"),
        Quantity("frequency", "Hz", "Hz", "gauge", 40, 70, "频率", "frequency"),
        Quantity("active_energy_import", "kW.h", "kWh", "counter", 0, 1e9, "用电量", "energy imported"),
        Quantity("active_energy_export", "kW.h", "kWh", "counter", 0, 1e9, "反向电量", "energy exported"),
        Quantity(
            "reactive_energy_import", "kvar.h", "kvarh", "counter", 0, 1e9, "无功电量", "reactive energy"
        ),
        Quantity("residual_current", "mA", "mA", "gauge", 0, 100_000, "剩余电流", "residual current"),
        Quantity("neutral_current", "A", "A", "gauge", -1_000, 1_000, "零线电流", "neutral current"),
    ]
    for phase, zh, en in (
        ("", "", ""),
        ("_l1", "A 相", " L1"),
        ("_l2", "B 相", " L2"),
        ("_l3", "C 相", " L3"),
    ):
        rows.append(Quantity(f"voltage{phase}", "V", "V", "gauge", 0, 1_000, f"{zh}电压", f"voltage{en}"))
        rows.append(
            Quantity(f"current{phase}", "A", "A", "gauge", -1_000, 1_000, f"{zh}电流", f"current{en}")
        )
        if phase:
            rows += [
                Quantity(
                    f"active_power{phase}",
                    "W",
                    "W",
                    "gauge",
                    -200_000,
                    200_000,
                    f"{zh}有功功率",
                    f"active power{en}",
                ),
                Quantity(
                    f"reactive_power{phase}",
                    "var",
                    "var",
                    "gauge",
                    -200_000,
                    200_000,
                    f"{zh}无功功率",
                    f"reactive power{en}",
                ),
                Quantity(
                    f"power_factor{phase}", "1", "", "gauge", -1, 1, f"{zh}功率因数", f"power factor{en}"
                ),
            ]
    for line, zh in (("l1_l2", "AB"), ("l2_l3", "BC"), ("l3_l1", "CA")):
        en = line.upper().replace("_", "-")
        rows.append(Quantity(f"voltage_{line}", "V", "V", "gauge", 0, 1_500, f"{zh} 线电压", f"voltage {en}"))
    return rows


_OTHERS: Final = [
    Quantity("water_volume", "L", "L", "counter", 0, 1e10, "用水量", "water"),
    Quantity("water_flow", "L/h", "L/h", "gauge", -50_000, 50_000, "水流量", "water flow"),
    Quantity("water_pressure", "kPa", "kPa", "gauge", -100, 4_000, "水压", "water pressure", slow=True),
    Quantity("gas_volume", "m3", "m³", "counter", 0, 1e8, "用气量", "gas"),
    Quantity("heat_energy", "kW.h", "kWh", "counter", 0, 1e9, "用热量", "heat"),
    Quantity("heat_power", "W", "W", "gauge", -1e7, 1e7, "热功率", "heat power"),
    Quantity("flow_temperature", "Cel", "°C", "gauge", -60, 200, "供水温度", "flow temperature"),
    Quantity("return_temperature", "Cel", "°C", "gauge", -60, 200, "回水温度", "return temperature"),
    Quantity("temperature", "Cel", "°C", "gauge", -60, 150, "温度", "temperature", slow=True),
    Quantity(
        "surface_temperature", "Cel", "°C", "gauge", -60, 150, "表面温度", "surface temperature", slow=True
    ),
    Quantity("relative_humidity", "%", "%", "gauge", 0, 100, "湿度", "humidity", slow=True),
    Quantity("material_moisture", "%", "%", "gauge", 0, 200, "材料含水率", "material moisture", slow=True),
    Quantity("carbon_dioxide", "[ppm]", "ppm", "gauge", 0, 50_000, "二氧化碳", "CO₂", slow=True),
    Quantity("formaldehyde", "mg/m3", "mg/m³", "gauge", 0, 50, "甲醛", "formaldehyde", slow=True),
    Quantity("tvoc", "mg/m3", "mg/m³", "gauge", 0, 100, "总挥发性有机物", "TVOC", slow=True),
    Quantity("pm1", "ug/m3", "µg/m³", "gauge", 0, 10_000, "PM1", "PM1", slow=True),
    Quantity("pm2_5", "ug/m3", "µg/m³", "gauge", 0, 10_000, "PM2.5", "PM2.5", slow=True),
    Quantity("pm10", "ug/m3", "µg/m³", "gauge", 0, 20_000, "PM10", "PM10", slow=True),
    Quantity("sound_level", "dB[SPL]", "dB", "gauge", 0, 180, "噪声", "noise"),
    Quantity("illuminance", "lx", "lx", "gauge", 0, 200_000, "照度", "illuminance", slow=True),
    Quantity("air_pressure", "kPa", "kPa", "gauge", 30, 120, "气压", "air pressure", slow=True),
    Quantity("battery_level", "%", "%", "gauge", 0, 100, "电池电量", "battery", slow=True),
    Quantity("battery_voltage", "V", "V", "gauge", 0, 60, "电池电压", "battery voltage", slow=True),
    Quantity("link_quality", "1", "", "gauge", 0, 255, "链路质量", "link quality", slow=True),
    Quantity("signal_strength", "dB[mW]", "dBm", "gauge", -200, 50, "信号强度", "signal strength", slow=True),
    Quantity("gate_in_count", "{passage}", "", "counter", 0, 1e9, "进门次数", "passages in"),
    Quantity("gate_out_count", "{passage}", "", "counter", 0, 1e9, "出门次数", "passages out"),
    Quantity("smoke", "1", "", "state", 0, 1, "烟雾", "smoke"),
    Quantity("leak", "1", "", "state", 0, 1, "漏水", "leak"),
    Quantity("gas_alarm", "1", "", "state", 0, 1, "燃气泄漏", "gas alarm"),
    Quantity("gas_concentration", "%", "%LEL", "gauge", 0, 100, "可燃气浓度", "gas, share of LEL", slow=True),
    Quantity("door_open", "1", "", "state", 0, 1, "门", "door open"),
    Quantity("presence", "1", "", "state", 0, 1, "有人", "presence"),
    Quantity("tamper", "1", "", "state", 0, 1, "防拆", "tamper"),
    Quantity("valve_open", "1", "", "state", 0, 1, "阀门", "valve open"),
    Quantity("relay_closed", "1", "", "state", 0, 1, "继电器", "relay closed"),
]

_METER_ZERO: Final = "zero offset of a converter with nothing connected: a fraction of a volt below 0"
_GAS_ZERO: Final = (
    "zero drift of electrochemical, NDIR and catalytic cells: small negative readings in clean air"
)
#: name -> (least, most, why). The figures are those of data sheets and of what devices in the field send.
_TOLERATED: Final[dict[str, tuple[float, float, str]]] = {
    # Sensirion SHT4x data sheet, section 4.6: its formula yields -6 to 119 %RH, "can be cropped"; HTU21D and
    # BME280 read a little above 100 when water condenses on them.
    "relative_humidity": (-6, 119, "condensing sensors read above 100 % (SHT4x: up to 119)"),
    # A quotient of two measured figures, each of class 1 or 2 (IEC 62053-21).
    "power_factor": (-1.05, 1.05, "rounding of a quotient of two measurements"),
    "power_factor_l1": (-1.05, 1.05, "as power_factor"),
    "power_factor_l2": (-1.05, 1.05, "as power_factor"),
    "power_factor_l3": (-1.05, 1.05, "as power_factor"),
    "apparent_power": (-500_000, 500_000, "some meters give it the sign of the active power (export)"),
    "residual_current": (-100_000, 100_000, "DC sensors (IEC 62955) say the direction by the sign"),
    "voltage": (-1, 1_000, _METER_ZERO),
    "voltage_l1": (-1, 1_000, _METER_ZERO),
    "voltage_l2": (-1, 1_000, _METER_ZERO),
    "voltage_l3": (-1, 1_000, _METER_ZERO),
    "voltage_l1_l2": (-1, 1_500, _METER_ZERO),
    "voltage_l2_l3": (-1, 1_500, _METER_ZERO),
    "voltage_l3_l1": (-1, 1_500, _METER_ZERO),
    "water_pressure": (
        -102,
        4_000,
        "a vacuum by a gauge that is a little off (one atmosphere is 101.325 kPa)",
    ),
    "material_moisture": (-5, 200, "resistance and capacitance meters on bone-dry material"),
    "carbon_dioxide": (-100, 50_000, _GAS_ZERO),
    "formaldehyde": (-0.5, 50, _GAS_ZERO),
    "tvoc": (-1, 100, _GAS_ZERO),
    "gas_concentration": (-10, 120, _GAS_ZERO + "; full scale is passed at an alarm"),
    "sound_level": (-25, 180, "0 dB is the threshold of hearing, not silence"),
    "illuminance": (-5, 200_000, "dark offset of a photodiode"),
    "battery_level": (-1, 110, "estimates from a voltage while charging"),
    "battery_voltage": (-0.1, 60, _METER_ZERO),
}
#: A meter whose mains are off says 0 Hz; anything between that and `low` is a mistake of scale.
_IDLE: Final = {"frequency": 0.0}


_CALM: Final = ("正常", "normal")
#: State -> what 0 and 1 are called, where that is not no and yes.
_CALLED: Final[dict[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    **dict.fromkeys(("smoke", "leak", "gas_alarm"), (_CALM, ("报警", "alarm"))),
    "tamper": (_CALM, ("被拆动", "tampered with")),
    "door_open": (("关", "closed"), ("开", "open")),
    "presence": (("无人", "nobody"), ("有人", "somebody")),
    "valve_open": (("关", "closed"), ("开", "open")),
    "relay_closed": (("断开", "off"), ("接通", "on")),
}


def _completed(row: Quantity) -> Quantity:
    least, most, _ = _TOLERATED.get(row.name, (row.low, row.high, ""))
    return replace(
        row, least=least, most=most, idle=_IDLE.get(row.name), called=_CALLED.get(row.name, row.called)
    )


#: Every quantity by its name.
QUANTITIES: Final[dict[str, Quantity]] = {row.name: _completed(row) for row in [*_electricity(), *_OTHERS]}
#: Those of the mains.
ELECTRICITY: Final = frozenset(row.name for row in _electricity())
