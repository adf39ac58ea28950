"""How old a reading is, in words: fresh, late or silent, from how often its device should speak."""

from __future__ import annotations

from typing import Final, Literal

Freshness = Literal["fresh", "late", "silent"]

#: One lost poll is ordinary on a shared line, two in a row happen; the third is worth a word.
LATE_AFTER_INTERVALS: Final = 3
#: The driver's time-out and one resend of the uplink fit in here, so that a 1 Hz meter does not flicker.
LATE_AT_LEAST_MS: Final = 10_000
SILENT_AFTER_INTERVALS: Final = 10
#: A router that restarts takes about two minutes: shorter than that is late, not silent.
SILENT_AT_LEAST_MS: Final = 120_000


#: Stamps this far ahead of our clock are two clocks kept by NTP; what is further ahead waits for its time.
AHEAD_AT_MOST_MS: Final = 5_000


def late_after_ms(interval_ms: int) -> int:
    """From this age on a reading is late; `interval_ms` is the expected time between readings."""
    return max(LATE_AFTER_INTERVALS * interval_ms, LATE_AT_LEAST_MS)


def silent_after_ms(interval_ms: int) -> int:
    """From this age on the device is silent and its value must not be shown as one of now."""
    return max(SILENT_AFTER_INTERVALS * interval_ms, SILENT_AT_LEAST_MS)


def freshness(age_ms: int, interval_ms: int) -> Freshness:
    """fresh < late < silent. A reading from the future (a clock ahead of ours) counts as age 0.

    Raises ValueError for an interval that is not positive.
    """
    if interval_ms <= 0:
        raise ValueError(f"interval_ms must be positive, not {interval_ms}")
    if age_ms >= silent_after_ms(interval_ms):
        return "silent"
    return "late" if age_ms >= late_after_ms(interval_ms) else "fresh"
