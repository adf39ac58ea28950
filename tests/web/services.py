"""The services of a web server over a stand's real stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from web.services import Services, compose
from web.settings import Kept, WebOptions

if TYPE_CHECKING:
    from tests.web.site_day import Stand


def services_over(stand: Stand, **changes: Any) -> Services:
    """As a process composes them; `changes` are arguments of `compose`."""
    usual: dict[str, Any] = {
        "log": stand.log,
        "timeseries": stand.timeseries,
        "records": stand.records,
        "hint": stand.hint,
        "clock": stand.clock,
        "projects": stand.projects,
        "settings": WebOptions(kept=Kept(90, 400, 3_650)),
    }
    return compose(**(usual | changes))
