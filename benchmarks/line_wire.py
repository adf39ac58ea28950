"""Serial lines that take as long as real ones: `python -m benchmarks.line_wire FOLDER LINES METERS SENSORS`.

Each line is a pseudo-terminal with Modbus devices on it. Every byte, the master's too, takes ten bits of the
line's speed; a device answers once the request has been followed by the silence that ends a frame (3.5
characters) and it has thought; replies come in the pieces a UART's FIFO gives. A request that comes before
the line was silent for 3.5 characters after the last reply is not heard, as on a real line, and counted.

What the plan needs at least is added up for each answered exchange: its bytes, both silences, the thinking.
It is written to FOLDER/wire.json several times a second.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import struct
import sys
import threading
import time
import tty
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from simulator.devices.modbus_rtu import ModbusBus, ModbusSlave, Table, climate_registers
from simulator.site import write_whole
from wire.durations import MINUTE_MS

BAUD: Final = 9600
#: Start, eight data, stop: 8N1, as the sensors of these profiles are sold.
BYTE_S: Final = 10 / BAUD
#: MODBUS over Serial Line V1.02 §2.5.1.1, of characters as they are here.
SILENCE_S: Final = 3.5 * BYTE_S
#: What a device thinks before it answers, once it knows that the request has ended. The quickest there are
#: need about so long; most need ten times as much, which would hide what the master loses.
THINKING_S: Final = 0.001
#: A 16550 or PL011 hands over half its FIFO at a time.
_PIECE_BYTES: Final = 8
_WRITE_EVERY_S: Final = 0.2
#: How many quantities a meter has, each a float32.
QUANTITIES: Final = (
    "voltage_l1", "voltage_l2", "voltage_l3", "current_l1", "current_l2", "current_l3",
    "active_power", "power_factor", "frequency", "active_energy_import",
)  # fmt: skip
CENTRES: Final = (230.0, 231.0, 229.0, 1.2, 1.1, 1.3, 800.0, 0.92, 50.0, 1234.5)
STEPS: Final = (0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 1.0, 0.001, 0.01, 0.01)


class Wire:
    """One line. `serve` in a thread of its own."""

    def __init__(self, link: Path, meters: int, sensors: int) -> None:
        slaves = [ModbusSlave(unit, _meter(unit)) for unit in range(1, meters + 1)]
        slaves += [
            ModbusSlave(unit, climate_registers(unit, _climate(unit)))
            for unit in range(meters + 1, meters + sensors + 1)
        ]
        self._bus = ModbusBus(slaves)
        self._master, slave = os.openpty()
        tty.setraw(slave)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(slave))
        self._silent_since_s = 0.0
        self.needed_s = 0.0
        self.answered = 0
        #: Requests that came before the line had been silent for long enough.
        self.early = 0
        self.places: set[bytes] = set()

    def serve(self) -> None:
        """Until the process ends."""
        while True:
            request = os.read(self._master, 4096)
            heard_s = time.monotonic()
            if heard_s < self._silent_since_s + SILENCE_S:
                self.early += 1
                continue
            self._answer(request, heard_s + len(request) * BYTE_S)

    def _answer(self, request: bytes, ended_s: float) -> None:
        at_s = ended_s + SILENCE_S + THINKING_S
        for reply in self._bus.hear(request, time.time_ns() // 1_000_000):
            for first in range(0, len(reply), _PIECE_BYTES):
                piece = reply[first : first + _PIECE_BYTES]
                at_s += len(piece) * BYTE_S
                time.sleep(max(at_s - time.monotonic(), 0.0))
                os.write(self._master, piece)
            self._silent_since_s = at_s
            self.needed_s += (len(request) + len(reply)) * BYTE_S + 2 * SILENCE_S + THINKING_S
            self.answered += 1
            self.places.add(request)


def _meter(unit: int) -> Callable[[Table, int], Mapping[int, int]]:
    def read(table: Table, now_ms: int) -> Mapping[int, int]:
        if table == "input":
            return {}
        sway = math.sin(now_ms / 7_000 + unit)
        values = [
            round(round((centre + 20 * step * sway) / step) * step, 4)
            for centre, step in zip(CENTRES, STEPS, strict=True)
        ]
        return dict(enumerate(struct.unpack(">20H", struct.pack(">10f", *values))))

    return read


def _climate(unit: int) -> Callable[[int], tuple[float, float]]:
    return lambda now_ms: (20 + math.sin(now_ms / MINUTE_MS + unit), 55 + math.sin(now_ms / 45_000 + unit))


def main(folder: Path, lines: int, meters: int, sensors: int) -> None:
    """Serve until killed."""
    wires = [Wire(folder / f"line-{number}", meters, sensors) for number in range(lines)]
    for wire in wires:
        threading.Thread(target=wire.serve, daemon=True).start()
    while True:
        write_whole(folder / "wire.json", json.dumps(_counted(wires)))
        time.sleep(_WRITE_EVERY_S)


def _counted(wires: list[Wire]) -> dict[str, float]:
    return {
        "at_s": time.monotonic(),
        "needed_s": sum(wire.needed_s for wire in wires) / len(wires),
        "answered": sum(wire.answered for wire in wires),
        "early": sum(wire.early for wire in wires),
        "requests_a_round": sum(len(wire.places) for wire in wires),
    }


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main(Path(sys.argv[1]), *(int(word) for word in sys.argv[2:5]))
