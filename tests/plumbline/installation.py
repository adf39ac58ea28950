"""A small installation on disk for tests of commands: settings, one project, nothing running."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import yaml

from plumbline.settings import Settings, load_settings

SITE: Final = "fenglin-18"
PROJECTS: Final[dict[str, Any]] = {
    "projects": [
        {
            "id": SITE,
            "token": "0123456789abcdef",
            "site": SITE,
            "timezone": "Asia/Shanghai",
            "title": {"zh": "枫林路 18 号", "en": "18 Fenglin Road"},
            "customer": {"zh": "郑先生家", "en": "The Zheng home"},
            "started": "2025-11-20",
            "rooms": [{"id": "living", "zh": "客厅", "en": "Living room"}],
            "devices": [
                {"id": "meter-main", "kind": "electricity_meter", "interval_s": 1},
                {"id": "water-main", "kind": "water_meter", "interval_s": 2},
                {"id": "th-living", "kind": "climate_sensor", "room": "living", "interval_s": 5},
                {"id": "th-bath", "kind": "climate_sensor", "room": "living", "interval_s": 5},
                {"id": "th-bedroom", "kind": "climate_sensor", "room": "living", "interval_s": 5},
                {"id": "gate-in", "kind": "badge_reader"},
                {"id": "gate-out", "kind": "badge_reader"},
            ],
        }
    ]
}


def installation(folder: Path, **more: Any) -> Settings:
    """Settings in `folder`/plumbline.yaml, loaded. `more` are keys of it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "projects.yaml").write_text(yaml.safe_dump(PROJECTS, allow_unicode=True), encoding="utf-8")
    (folder / "replay-password").write_text("a secret of the replay")
    # Through JSON, as what stands there twice would become an alias, which settings may not have.
    content = json.loads(json.dumps({"data": "data", "projects": "projects.yaml"} | more))
    (folder / "plumbline.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return load_settings(folder / "plumbline.yaml")
