"""What the scripts of a customer's pages are told."""

from __future__ import annotations

import json

from web.customer.project import Project
from web.customer.words import for_browser
from web.kit.language import LOCALE, Language


def for_scripts(project: Project, path: str, language: Language, now: int) -> str:
    """As JSON; `path` is the page's own address, `now` UTC ms."""
    knows = {
        "language": language,
        "locale": LOCALE[language].replace("_", "-"),
        "timezone": project.timezone,
        "now": now,
        "path": path,
        "live": f"{path}/live?lang={language}",
        "figures": f"{path}/figures?lang={language}",
        "text": for_browser(language),
    }
    return json.dumps(knows, ensure_ascii=False)
