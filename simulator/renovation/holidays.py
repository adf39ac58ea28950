"""Days on which nobody is expected: China's public holidays 2024 to 2027.

2024 to 2026 as announced by the General Office of the State Council (notices of October 2023, November 2024
and November 2025 on the arrangement of holidays). For 2027 the statutory days alone (State Council Order
795: New Year 1, Spring Festival 4 from the eve, Qingming 1, Labour Day 2, Dragon Boat 1, Mid-Autumn 1,
National Day 3), by the lunar calendar: the 1st of the first month is 2027-02-06, Dragon Boat 06-09,
Mid-Autumn 09-15.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

_SPANS: Final = (
    # 2024
    ("2024-01-01", 1), ("2024-02-10", 8), ("2024-04-04", 3), ("2024-05-01", 5), ("2024-06-10", 1),
    ("2024-09-15", 3), ("2024-10-01", 7),
    # 2025
    ("2025-01-01", 1), ("2025-01-28", 8), ("2025-04-04", 3), ("2025-05-01", 5), ("2025-05-31", 3),
    ("2025-10-01", 8),
    # 2026
    ("2026-01-01", 3), ("2026-02-15", 9), ("2026-04-04", 3), ("2026-05-01", 5), ("2026-06-19", 3),
    ("2026-09-25", 3), ("2026-10-01", 7),
    # 2027
    ("2027-01-01", 1), ("2027-02-05", 4), ("2027-04-05", 1), ("2027-05-01", 2), ("2027-06-09", 1),
    ("2027-09-15", 1), ("2027-10-01", 3),
)  # fmt: skip
#: Every holiday.
HOLIDAYS: Final = frozenset(
    date.fromisoformat(first) + timedelta(days=n) for first, days in _SPANS for n in range(days)
)
#: The first day of the lunar year: crews from afar go home for longer than the holiday.
LUNAR_NEW_YEAR: Final = {
    2024: date(2024, 2, 10),
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
    2027: date(2027, 2, 6),
}


def at_home(day: date, before: int, after: int) -> bool:
    """Whether crews are away for Spring Festival who leave `before` days ahead and stay `after` days."""
    new_year = LUNAR_NEW_YEAR.get(day.year)
    return new_year is not None and -before <= (day - new_year).days <= after
