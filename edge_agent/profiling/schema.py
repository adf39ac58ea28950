"""The JSON Schema of a profile, for editors: what `docs/profile.schema.json` holds.

It is generated from the model that loads profiles, with the tables it checks against (quantities, protocols,
codecs) written out as choices. What it cannot say, `plumbline-edge profile test` does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from edge_agent.drivers import registry
from edge_agent.drivers.mqtt.lorawan import CODECS
from edge_agent.profile import Profile
from wire.quantities import QUANTITIES

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
#: What a point of a protocol must have; of all others it is `at`.
_PLACE_OF_POINT: Final = {"dlt645": "di", "modbus_rtu": "read"}


def schema() -> dict[str, Any]:
    """The schema as a JSON-ready object."""
    made = Profile.model_json_schema(by_alias=True)
    parts = made["$defs"]
    quantities = {"enum": sorted(QUANTITIES)}
    parts["PointSpec"]["properties"]["key"] |= quantities
    parts["Variant"]["properties"]["points"]["propertyNames"] = quantities
    parts["Example"]["properties"]["expect"]["propertyNames"] = {
        "enum": [*sorted(QUANTITIES), "badge", "error"]
    }
    parts["Example"]["oneOf"] = [{"required": ["reply"]}, {"required": ["payload"]}]
    parts["Transport"]["properties"]["protocol"] |= {"enum": sorted([*registry.POLLED, *registry.DIALECTS])}
    parts["Transport"]["properties"]["codec"]["anyOf"][0] |= {"enum": sorted(CODECS)}
    made["allOf"] = list(_by_protocol())
    return {"$schema": _DIALECT, **made}


def text() -> str:
    """The schema as the file has it."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _by_protocol() -> Iterable[dict[str, Any]]:
    for protocol, place in _PLACE_OF_POINT.items():
        yield _when({"const": protocol}, place)
    yield _when({"not": {"enum": list(_PLACE_OF_POINT)}}, "at")


def _when(protocol: dict[str, Any], place: str) -> dict[str, Any]:
    others = [word for word in ("at", "di", "read") if word != place]
    point = {"required": [place], "properties": dict.fromkeys(others, False)}
    return {
        "if": {"properties": {"transport": {"properties": {"protocol": protocol}}}},
        "then": {"properties": {"points": {"items": point}}},
    }
