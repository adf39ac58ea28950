"""What the API can be asked, by path and method: made of its document, so that the two never differ."""

from __future__ import annotations

import re
from typing import Any, Final

_PLACE: Final = re.compile(r"\\\{\w+\\\}")


class Operations:
    """The operations of an OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._parameters: dict[tuple[str, str], frozenset[str]] = {}
        self._methods: dict[re.Pattern[str], list[str]] = {}
        for path, operations in document["paths"].items():
            pattern = re.compile(_PLACE.sub("[^/]+", re.escape(path)))
            for method, operation in operations.items():
                named = (one["name"] for one in operation.get("parameters", []) if one["in"] == "query")
                self._parameters[path, method.upper()] = frozenset(named)
                self._methods.setdefault(pattern, []).append(method.upper())

    def parameters(self, path: str, method: str) -> frozenset[str]:
        """The names of query parameters; `path` as in the document."""
        return self._parameters.get((path, method), frozenset())

    def methods(self, path: str) -> list[str]:
        """What a path may be asked, HEAD wherever GET is. One that is not in the document: to be read."""
        found = next((those for one, those in self._methods.items() if one.fullmatch(path)), ["GET"])
        return [*found, *(["HEAD"] if "GET" in found else [])]
