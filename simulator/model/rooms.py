"""Temperature and humidity of rooms that dry: a vapour balance in absolute humidity.

Air changes within the hour while plaster dries for weeks, so the balance is taken as settled at each moment:

    n V (v - v_out) = beta A (v_sat - v) + G_people
    v = (n V v_out + beta A v_sat + G_people) / (n V + beta A)

n V is ventilation (m3/h; n 0.3 1/h with windows shut to 2 1/h open), beta A the wet surface times its vapour
transfer (0.001-0.003 m/s), v vapour density (g/m3). It never exceeds saturation without people's share.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from simulator.model.chance import Wobble
from simulator.model.weather import DayWeather, saturation_g_m3
from wire.durations import HOUR_MS

#: Transfer of vapour from a wet surface to still room air: 0.002 m/s.
_BETA_M_H: Final = 7.2
#: Fresh plaster, screed and adhesive dry to 1/e in six days; a new coat shows within some hours.
_DRYING_H: Final = 6 * 24.0
_WETTING_H: Final = 5.0
_RISING_H: Final = 1 / (1 / _DRYING_H + 1 / _WETTING_H)
#: A coat is on the wall from this time of the day on.
_COAT_AT_H: Final = 10.0
_PERSON_G_H: Final = 60.0
#: Windows are opened as work begins and shut as it ends, each over half an hour (hours after midnight).
_OPEN_H: Final = (8.4, 8.9)
_SHUT_H: Final = (17.2, 17.7)


@dataclass(frozen=True, slots=True)
class Room:
    """A room: its air, how it is ventilated shut and open, what part of the crew breathes in it."""

    name: str
    device: str
    volume_m3: float
    air_shut_1_h: float
    air_open_1_h: float
    people_share: float
    offset_k: float
    #: What never dries while works go on: a tap, a bucket, an old shower wall.
    always_wet_m2: float = 0.0


ROOMS: Final[tuple[Room, ...]] = (
    Room("living", "th-living", 78, 0.40, 1.8, 0.45, 0.3),
    Room("bath", "th-bath", 15, 0.35, 0.9, 0.03, -0.4, 0.22),
    Room("bedroom", "th-bedroom", 36, 0.35, 1.5, 0.18, 0.0),
)


class RoomReading(NamedTuple):
    """What a sensor on the wall shows: 0.1 °C, 0.1 %."""

    temperature: float
    relative_humidity: float


class Wetness:
    """Wet surface (m2) of a room through one day: what earlier days left, and today's coat."""

    __slots__ = ("_midnight_ms", "_rising", "_settled", "_today_m2")

    def __init__(self, midnight_ms: int, earlier: Iterable[tuple[int, float]], today_m2: float) -> None:
        """`earlier` gives (days ago, m2) for each day before."""
        ages = [(24.0 * days - _COAT_AT_H, area) for days, area in earlier]
        self._settled = sum(area * math.exp(-age / _DRYING_H) for age, area in ages)
        self._rising = sum(area * math.exp(-age / _RISING_H) for age, area in ages)
        self._today_m2 = today_m2
        self._midnight_ms = midnight_ms

    def m2(self, time_ms: int) -> float:
        """Wet surface now."""
        hour = (time_ms - self._midnight_ms) / HOUR_MS
        area = self._settled * math.exp(-hour / _DRYING_H) - self._rising * math.exp(-hour / _RISING_H)
        age = hour - _COAT_AT_H
        if age > 0 and self._today_m2:
            area += self._today_m2 * (math.exp(-age / _DRYING_H) - math.exp(-age / _RISING_H))
        return area


class RoomClimate:
    """One room through one day."""

    __slots__ = ("_crew", "_humidity", "_midnight_ms", "_room", "_temperature", "_weather", "_wetness")

    def __init__(
        self, seed: int, room: Room, midnight_ms: int, crew: int, weather: DayWeather, wetness: Wetness
    ) -> None:
        self._room = room
        self._midnight_ms = midnight_ms
        self._crew = crew
        self._weather = weather
        self._wetness = wetness
        self._temperature = Wobble(seed, f"t-{room.name}", 1500)
        self._humidity = Wobble(seed, f"h-{room.name}", 700)

    def at(self, time_ms: int) -> RoomReading:
        """The reading at a moment of this day."""
        time_s = time_ms / 1000
        opened = _opened((time_ms - self._midnight_ms) / HOUR_MS)
        temperature = self._temperature_c(time_ms, opened) + 0.12 * self._temperature.at(time_s)
        humidity = 100 * self._vapour_g_m3(time_ms, opened, temperature) / saturation_g_m3(temperature)
        humidity += 0.35 * self._humidity.at(time_s)
        return RoomReading(round(temperature, 1), round(min(max(humidity, 5.0), 99.0), 1))

    def _temperature_c(self, time_ms: int, opened: float) -> float:
        """Neighbours' flats hold the mean up; the wave comes later through walls, at once through windows."""
        weather = self._weather
        mean_c = 0.7 * weather.mean_c(time_ms) + 0.3 * 21.0
        wave_k = 0.28 * weather.wave_k(time_ms, lag_h=3) + 0.15 * opened * weather.wave_k(time_ms)
        cooling_k = 0.7 * min(1.0, self._wetness.m2(time_ms))
        return mean_c + wave_k + self._room.offset_k - cooling_k + 0.12 * self._crew * opened

    def _vapour_g_m3(self, time_ms: int, opened: float, temperature_c: float) -> float:
        room = self._room
        change_1_h = room.air_shut_1_h + (room.air_open_1_h - room.air_shut_1_h) * opened
        air_m3_h = change_1_h * room.volume_m3
        wet_m3_h = _BETA_M_H * (room.always_wet_m2 + self._wetness.m2(time_ms))
        people_g_h = _PERSON_G_H * self._crew * room.people_share * opened
        gain = air_m3_h * self._weather.vapour_g_m3(time_ms) + wet_m3_h * saturation_g_m3(temperature_c)
        return (gain + people_g_h) / (air_m3_h + wet_m3_h)


def _smooth(part: float) -> float:
    part = min(max(part, 0.0), 1.0)
    return part * part * (3 - 2 * part)


def _opened(hour: float) -> float:
    """How far windows stand open, 0..1."""
    rising = _smooth((hour - _OPEN_H[0]) / (_OPEN_H[1] - _OPEN_H[0]))
    return rising - _smooth((hour - _SHUT_H[0]) / (_SHUT_H[1] - _SHUT_H[0]))
