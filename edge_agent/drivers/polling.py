"""Asking one device for several things: what it refuses fails alone, what it is silent on fails the rest."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Protocol, TypeVar

from edge_agent.drivers.contract import DriverError, LineLost, PermanentError, Point, Reply
from edge_agent.drivers.exchange import fail
from edge_agent.drivers.refusals import Refusals


class Request(Protocol):
    """One request and the points its answer holds."""

    @property
    def points(self) -> tuple[Point, ...]: ...

    @property
    def key(self) -> Hashable:
        """What is asked for: by this a refusal is remembered, and named to people."""


R = TypeVar("R", bound=Request)
Asked = TypeVar("Asked", bound=Request, contravariant=True)


class Device(Protocol[Asked]):
    """Whoever is asked. `name` begins messages; `heard_data` is whether anything came besides refusals."""

    @property
    def name(self) -> str: ...

    @property
    def heard_data(self) -> bool: ...

    async def ask(self, request: Asked, reply: Reply) -> None:
        """Ask, and note the request's points in `reply`. Raises DriverError."""


async def poll(
    device: Device[R], requests: Iterable[R], split: Callable[[R], list[R]], refusals: Refusals, address: str
) -> Reply:
    """What the device at `address` says of every point.

    A request that is refused is split until what is missing stands alone (`split` then gives none): only its
    own points fail, and none of what was refused is asked again in the polls that follow.
    Raises PermanentError when the device refuses all, TransientError when it says nothing, LineLost.
    """
    refusals.begin_poll(address)
    todo = list(requests)
    reply = Reply()
    failure: DriverError | None = None
    while todo:
        request = todo.pop(0)
        try:
            if refusals.has(address, request.key):
                raise PermanentError(f"{device.name}, {request.key}: refused before", "device_error")
            await device.ask(request, reply)
        except LineLost:
            raise
        except DriverError as error:
            if isinstance(error, PermanentError):
                refusals.add(address, request.key)
                if smaller := split(request):
                    todo[:0] = smaller
                    continue
            failure = error
            fail(request.points, error, reply)
            if error.reason == "no_reply":
                # A device that is silent once is not asked a dozen times more: the others wait.
                fail((point for rest in todo for point in rest.points), error, reply)
                break
    if failure is not None and not device.heard_data:
        # Nothing of it was believed wrongly for long: the next poll asks everything again.
        refusals.forget(address)
        raise failure
    return reply
