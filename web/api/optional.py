"""Parameters that may be left out: None inside, but never null in the document: an address knows none."""

from __future__ import annotations

from typing import Any, Final

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema


class MayBeLeftOut:
    """Marks `T | None` in an Annotated: its JSON schema is T's alone."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core)
        kinds = [kind for kind in schema.pop("anyOf", []) if kind.get("type") != "null"]
        # Of several kinds a value is one of them: side by side in one object they would all have to hold.
        return schema | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})


OPTIONAL: Final = MayBeLeftOut()
