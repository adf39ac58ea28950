"""Static files from our own origin, under a version: /static/{version}/…

They lie where they belong: what is everybody's in `static/`, a room's page.css and page.js in the room
(`firm/page.css`), the kit's modules in `kit/`, and the kit's styles are one file, `kit.css`.

The version is a hash over all of them. It stands in the path, not in a query, because an ES module's relative
import keeps the path it was loaded from: so imported modules are cached for ever, too.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

from starlette.responses import FileResponse, Response

FOLDER: Final = Path(__file__).parent.parent
KIT_CSS: Final = "kit.css"
#: web/kit/css/NAME.css, as they follow one another.
KIT_STYLES: Final = (
    "tokens", "base", "frame", "figure", "icon", "act", "form", "table", "notice", "timeline", "chart",
    "motion", "print",
)  # fmt: skip
FOR_EVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".LICENSE": "text/plain; charset=utf-8",
}


class Assets:
    """The files of a folder, listed once at start: nothing outside the list can be asked for."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = {
            _name(path, folder): path
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in _TYPES and path.parent != folder / "kit" / "css"
        }
        self._kit: Final = kit_css(folder).encode()
        self.version: Final = self._hash()

    def __contains__(self, name: str) -> bool:
        return name == KIT_CSS or name in self._files

    def url(self, name: str) -> str:
        """The address of a file. Raises KeyError for one that is not there."""
        if name not in self:
            raise KeyError(f"no static file {name!r}; files of npm come with `python -m web.vendor`")
        return f"/static/{self.version}/{name}"

    def response(self, version: str, name: str) -> Response | None:
        """The file: kept for ever under this version, asked for anew under any other. None without one."""
        headers = {"Cache-Control": FOR_EVER if version == self.version else "no-cache"}
        if name == KIT_CSS:
            return Response(self._kit, media_type=_TYPES[".css"], headers=headers)
        if (path := self._files.get(name)) is None:
            return None
        return FileResponse(path, media_type=_TYPES[path.suffix], headers=headers)

    def _hash(self) -> str:
        hash_ = hashlib.blake2b(self._kit, digest_size=6)
        for name, path in self._files.items():
            hash_.update(name.encode() + b"\0" + path.read_bytes())
        return hash_.hexdigest()


def kit_css(folder: Path = FOLDER) -> str:
    """The kit's styles in the order of KIT_STYLES, without comments and white space."""
    sheets = (folder / "kit" / "css" / f"{name}.css" for name in KIT_STYLES)
    text = "\n".join(sheet.read_text("utf-8") for sheet in sheets)
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).strip()


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix().removeprefix("static/")
