"""Readings taken before anybody has set the clock have the right time in the end, or a mark; none is lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge_agent.clock.steady import BELIEVED_AFTER_S
from edge_agent.clock.timekeeping import FLOOR_MS, HOLD_S, Knowledge, Timekeeping, knowledge
from edge_agent.drivers.contract import Reply
from edge_agent.gather.collector import Collector
from edge_agent.spool.contents import Parcel

RIGHT_MS = 1_764_000_000_000
#: When the Pi lost its power, as systemd-timesyncd remembers it: its clock begins there.
WALL_AT_START_MS = RIGHT_MS - 7_200_000


@dataclass
class Machine:
    """A Pi that has just started: a meter is read, time goes by, the clock is set at some moment."""

    wall_off_ms: int = WALL_AT_START_MS - RIGHT_MS
    known: Knowledge = "never set"
    newest_ms: int = 0
    held_readings: int = 100_000
    elapsed_s: float = 20.0
    parcels: list[Parcel] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keeping = Timekeeping(
            self.wall_ms,
            lambda: self.elapsed_s,
            lambda: self.known,
            self.newest_ms,
            held_readings=self.held_readings,
        )
        self.collector = Collector(b"p" * 32, 30.0, self.keeping.take, in_doubt=self.keeping.doubtful)
        self.keeping.between(self.collector.flush, self.parcels.append)
        self.value = 0.0
        #: When each value was read, in true time.
        self.read_ms: dict[float, int] = {}

    def right_ms(self) -> int:
        return RIGHT_MS + round((self.elapsed_s - 20.0) * 1000)

    def wall_ms(self) -> int:
        return self.right_ms() + self.wall_off_ms

    def passes(self, seconds: int) -> None:
        """A reading a second."""
        for _ in range(seconds):
            self.elapsed_s += 1.0
            self.keeping.look()
            self.value += 1.0
            self.read_ms[self.value] = self.right_ms()
            self.collector.reply("meter", self.keeping(), Reply({"active_power": self.value}))

    def is_set(self) -> None:
        """A time server is reached."""
        self.wall_off_ms, self.known = 0, "right"

    def stamps(self) -> dict[float, int]:
        """What came out: value and stamp."""
        self.collector.flush()
        return {
            value: time_ms
            for frames, _ in self.parcels
            for frame in frames
            for time_ms, value in zip(frame.time, frame.values["active_power"], strict=True)
            if value is not None
        }

    def marks(self) -> list[int]:
        """When stamps were said to be in doubt."""
        self.collector.flush()
        return [
            event.time
            for _, events in self.parcels
            for event in events
            if event.reason == "clock_unsynchronised"
        ]


async def test_what_is_read_before_the_clock_is_set_is_stamped_right_once_it_is() -> None:
    machine = Machine()
    machine.passes(40)
    assert not machine.stamps(), "held"
    assert machine.collector.devices["meter"].fault == "clock_unsynchronised", "and told in the status"
    machine.is_set()
    machine.passes(10)
    assert machine.stamps() == machine.read_ms
    assert machine.marks() == []
    assert machine.collector.devices["meter"].fault is None


async def test_a_machine_whose_clock_is_right_holds_nothing() -> None:
    machine = Machine(wall_off_ms=0, known="right")
    machine.passes(3)
    assert machine.stamps() == machine.read_ms
    assert not machine.marks()


async def test_where_nobody_sets_the_clock_readings_go_out_with_a_mark_after_a_while() -> None:
    machine = Machine()
    machine.passes(round(HOLD_S) - 2)
    assert not machine.stamps()
    machine.passes(100)
    assert len(machine.stamps()) == len(machine.read_ms)
    assert all(abs(at + 7_200_000 - machine.read_ms[v]) <= 1 for v, at in machine.stamps().items())
    assert machine.marks()[0] == min(machine.stamps().values()), "from the first reading on"
    assert 5 <= len(machine.marks()) <= 8, "again every minute, for who looks later"


async def test_set_at_last_the_stamps_are_right_at_once_and_the_mark_ends() -> None:
    machine = Machine()
    machine.passes(round(HOLD_S) + 30)
    machine.is_set()
    marked = len(machine.marks())
    machine.passes(60)
    late = {value: at for value, at in machine.stamps().items() if value > HOLD_S + 30}
    assert all(abs(at - machine.read_ms[value]) <= 1 for value, at in late.items())
    assert len(machine.marks()) == marked


async def test_too_many_readings_to_hold_go_out_marked_and_none_is_lost() -> None:
    machine = Machine(held_readings=50)
    for _ in range(80):
        machine.passes(1)
        machine.collector.flush()
    assert len(machine.stamps()) == 80
    assert machine.marks()


async def test_what_is_held_when_the_agent_ends_goes_out_marked() -> None:
    machine = Machine()
    machine.passes(5)
    machine.collector.flush()
    machine.keeping.let_go()
    assert len(machine.stamps()) == 5
    assert machine.marks()


@pytest.mark.parametrize("wall_ms", [0, 1_700_000_000_000])
async def test_a_pi_that_begins_long_ago_goes_on_from_its_last_reading(wall_ms: int) -> None:
    machine = Machine(wall_off_ms=wall_ms - RIGHT_MS, newest_ms=RIGHT_MS - 600_000)
    machine.passes(round(HOLD_S) + 60)
    stamps = list(machine.stamps().values())
    assert stamps == sorted(set(stamps))
    assert stamps[0] > RIGHT_MS - 600_000
    machine.is_set()
    machine.passes(5)
    assert abs(list(machine.stamps().values())[-1] - machine.right_ms()) <= 1


@pytest.mark.parametrize("jump_ms", [-90_000, 90_000, 3_600_000, -3_600_000, 700, -1_000])
async def test_a_jump_of_a_set_clock_gives_right_stamps_or_a_mark_and_no_moment_twice(jump_ms: int) -> None:
    machine = Machine(wall_off_ms=0, known="right")
    machine.passes(30)
    machine.wall_off_ms = jump_ms
    machine.passes(15)
    machine.wall_off_ms = 0
    machine.passes(60)
    stamps = machine.stamps()
    assert len(set(stamps.values())) == len(machine.read_ms), "none fell upon another"
    wrong = [value for value, at in stamps.items() if abs(at - machine.read_ms[value]) > 1_000]
    if wrong:
        assert machine.marks(), f"{len(wrong)} stamps are wrong by more than a second"


async def test_a_jump_that_lasts_is_marked_from_its_first_second_on() -> None:
    machine = Machine(wall_off_ms=0, known="right")
    machine.passes(30)
    machine.wall_off_ms = -120_000
    machine.passes(1)
    assert len(machine.marks()) == 1
    machine.passes(round(BELIEVED_AFTER_S) + 300)
    marked = len(machine.marks())
    assert marked >= 3, "until it has been caught up with, at half speed: once a minute of its own"
    machine.passes(120)
    assert len(machine.marks()) == marked


async def test_a_repeated_leap_second_is_a_mark_and_no_repeat() -> None:
    machine = Machine(wall_off_ms=0, known="right")
    machine.passes(5)
    machine.wall_off_ms = -1_000
    machine.passes(5)
    stamps = list(machine.stamps().values())
    assert stamps == sorted(set(stamps))
    assert len(machine.marks()) == 1


async def test_a_clock_that_has_lost_its_server_for_long_is_in_doubt_until_it_is_corrected() -> None:
    machine = Machine(wall_off_ms=0, known="right")
    machine.passes(5)
    machine.known, machine.wall_off_ms = "drifting", -800
    machine.passes(5)
    assert len(machine.marks()) == 1
    machine.is_set()
    machine.passes(5)
    assert abs(list(machine.stamps().values())[-1] - machine.right_ms()) <= 1
    assert machine.collector.devices["meter"].fault is None


def _run(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).mkdir() if name in ("systemd/timesync", "chrony") else (folder / name).touch()
    return folder


@pytest.mark.parametrize(
    ("files", "kernel", "wall_ms", "expected"),
    [
        ((), 5, FLOOR_MS, "right"),
        ((), 5, FLOOR_MS - 1, "never set"),
        (("systemd/timesync",), 5, RIGHT_MS, "never set"),
        (("systemd/timesync",), 0, RIGHT_MS, "right"),
        (("systemd/timesync",), -1, RIGHT_MS, "never set"),
        (("systemd/timesync", "systemd/timesync/synchronized"), 0, RIGHT_MS, "right"),
        (("systemd/timesync", "systemd/timesync/synchronized"), 5, RIGHT_MS, "drifting"),
        (("systemd/timesync", "systemd/timesync/synchronized"), -1, RIGHT_MS, "right"),
        (("chrony",), 5, RIGHT_MS, "never set"),
        (("chrony",), 0, RIGHT_MS, "right"),
        (("chrony",), -1, RIGHT_MS, "right"),
        (("ntpd.pid",), -1, FLOOR_MS - 1, "never set"),
    ],
)
def test_what_a_machine_knows_of_its_time(
    files: tuple[str, ...], kernel: int, wall_ms: int, expected: Knowledge, tmp_path: Path
) -> None:
    assert knowledge(lambda: wall_ms, _run(tmp_path, *files), lambda: kernel) == expected


def test_the_kernel_is_asked_without_changing_anything(tmp_path: Path) -> None:
    assert knowledge(lambda: RIGHT_MS, _run(tmp_path, "chrony")) in ("right", "never set")
