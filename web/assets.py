"""Static files from our own origin, under a version: /static/{version}/…

The version is a hash over all of them. It stands in the path, not in a query, because an ES module's relative
import keeps the path it was loaded from: so imported modules are cached for ever, too.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from starlette.responses import FileResponse, Response

FOLDER: Final = Path(__file__).parent / "static"
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
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in _TYPES
        }
        self.version: Final = self._hash()

    def url(self, name: str) -> str:
        """The address of a file. Raises KeyError for one that is not there."""
        if name not in self._files:
            raise KeyError(f"no static file {name!r}; files of npm come with `python -m web.vendor`")
        return f"/static/{self.version}/{name}"

    def response(self, version: str, name: str) -> Response | None:
        """The file: kept for ever under this version, asked for anew under any other. None without one."""
        path = self._files.get(name)
        if path is None:
            return None
        caching = FOR_EVER if version == self.version else "no-cache"
        return FileResponse(path, media_type=_TYPES[path.suffix], headers={"Cache-Control": caching})

    def _hash(self) -> str:
        hash_ = hashlib.blake2b(digest_size=6)
        for name, path in self._files.items():
            hash_.update(name.encode() + b"\0" + path.read_bytes())
        return hash_.hexdigest()
