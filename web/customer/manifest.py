"""What a phone needs to put a customer's page on its home screen (W3C, Web Application Manifest)."""

from __future__ import annotations

from typing import Final

from web.customer.project import Project
from web.http.assets import Assets
from web.kit.language import HTML_LANG, Language, typeset

MEDIA_TYPE: Final = "application/manifest+json"
#: As in tokens.css.
_PAPER: Final = "#faf8f4"


def manifest_of(project: Project, path: str, language: Language, assets: Assets) -> dict[str, object]:
    """Of the page at `path`: it opens there, and nothing beside it belongs to it."""
    large = {"src": assets.url("icon-512.png"), "sizes": "512x512", "type": "image/png"}
    title = typeset(getattr(project.title, language), language)
    return {
        "id": path,
        "name": title,
        "short_name": title,
        "lang": HTML_LANG[language],
        "start_url": path,
        "scope": path,
        "display": "standalone",
        "background_color": _PAPER,
        "theme_color": _PAPER,
        "icons": [
            {"src": assets.url("icon-192.png"), "sizes": "192x192", "type": "image/png"},
            large,
            {**large, "purpose": "maskable"},
        ],
    }
