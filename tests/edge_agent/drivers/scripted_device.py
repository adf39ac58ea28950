"""A device on a real pseudo-terminal that answers each request with the next line of its script."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import Callable, Iterator, Sequence

from edge_agent.drivers.contract import Parity, PortSettings
from edge_agent.line.serial_port import SerialPort, open_port

#: What follows a request: nothing, bytes at once, or bytes in pieces a few milliseconds apart.
Answer = bytes | Sequence[bytes] | None


class ScriptedDevice:
    """`heard` are the requests, one a write; when the script is at its end the device is silent."""

    def __init__(self, script: Sequence[Answer] = ()) -> None:
        self.script = list(script)
        self.heard: list[bytes] = []
        #: In place of a script: the answer to any request.
        self.answer: Callable[[bytes], Answer] | None = None
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._master, self._hear)
        self._saying: set[asyncio.Task[None]] = set()

    def _hear(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self.heard.append(os.read(self._master, 4096))
            if self.answer is not None:
                self.say(self.answer(self.heard[-1]))
            else:
                self.say(self.script.pop(0) if self.script else None)

    def say(self, answer: Answer) -> None:
        """Send now, unasked."""
        if isinstance(answer, bytes):
            assert os.write(self._master, answer) == len(answer)
        elif answer is not None:
            task = self._loop.create_task(self._dribble(answer))
            self._saying.add(task)
            task.add_done_callback(self._saying.discard)

    async def _dribble(self, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            os.write(self._master, piece)
            await asyncio.sleep(0.003)

    def unplug(self) -> None:
        """The adapter is pulled out."""
        if self._master >= 0:
            self._loop.remove_reader(self._master)
            os.close(self._master)
            self._master = -1

    def close(self) -> None:
        """Give everything back."""
        self.unplug()
        os.close(self._slave)


async def eventually(condition: Callable[[], bool], what: str) -> None:
    """Let the loop run until `condition` holds. Raises TimeoutError naming `what`."""
    try:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110  # a condition on a value, not on an event
                await asyncio.sleep(0.001)
    except TimeoutError as error:
        raise TimeoutError(f"{what} did not come about") from error


@contextlib.contextmanager
def device_on_port(
    *script: Answer, local_echo: bool = False, parity: Parity = "N"
) -> Iterator[tuple[ScriptedDevice, SerialPort]]:
    """A scripted device and the port it hangs on."""
    device = ScriptedDevice(script)
    port = open_port(PortSettings(device.path, local_echo=local_echo, parity=parity))
    try:
        yield device, port
    finally:
        port.close()
        device.close()
