"""schemathesis on the app over real stores: all its phases and checks, from a fixed seed."""

from __future__ import annotations

from typing import Any, Final

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import StopReason, events, from_schema

from tests.web.api.two_firms import TwoFirms, app_over

CONFIG: Final[dict[str, Any]] = {
    "seed": 18,
    "workers": 1,
    "continue-on-failure": True,
    "generation": {"deterministic": True, "max-examples": 6, "mode": "all"},
    "phases": {"stateful": {"max-steps": 4}},
    "checks": {
        # What no schema can say (times that run backwards, too many buckets, a cursor of another list) is
        # refused with 400, all else with 422: valid data must never get that.
        "positive_data_acceptance": {"expected-statuses": ["200", "400", "404"]},
        "negative_data_rejection": {"expected-statuses": ["400", "401", "404", "405", "406", "414", "422"]},
    },
}


def test_no_request_breaks_the_document(own_firms: TwoFirms) -> None:
    firms = own_firms  # what is in quarantine is taken in
    headers = {"Authorization": f"Bearer {firms.token}"}
    config = SchemathesisConfig.from_dict(CONFIG | {"headers": headers})
    app = app_over(firms.stand)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, config=config)
    found: list[str] = []
    requests = 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            requests += len(event.recorder.interactions)
            found += _failures(event)
        elif isinstance(event, events.NonFatalError):
            found.append(f"{event.label}: {event.value}")
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.EngineFinished):
            assert event.stop_reason is StopReason.COMPLETED
    assert found == []
    assert requests > 1_000


def _failures(event: events.ScenarioFinished) -> list[str]:
    """Each failed check with the request that failed it."""
    recorder = event.recorder
    return [
        f"{recorder.label}: {check.name}: {check.failure_info.failure}\n{check.failure_info.code_sample}"
        for checks in recorder.checks.values()
        for check in checks
        if check.failure_info is not None
    ]
