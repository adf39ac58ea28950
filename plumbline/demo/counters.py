"""How far the demo's server is, as it says itself in its folder."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from plumbline.demo.place import Place
from plumbline.heartbeat import fresh_beats


def is_well(place: Place) -> bool:
    """Whether the pages answer and every part of the server works."""
    try:
        with urllib.request.urlopen(f"{place.url}/health", timeout=2) as answer:  # noqa: S310  # our own child
            return bool(json.load(answer)["status"] == "ok")
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def counters(place: Place) -> dict[str, Any]:
    """Of the writer and of the stores."""
    beats = fresh_beats(place.folder / "data" / "health", "serve").values()
    parts = [beat["parts"][name] for beat in beats for name in ("time series", "stores")]
    return {name: count for part in parts for name, count in part["counters"].items()}
