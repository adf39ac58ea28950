"""JSON Schema of every message, generated from the models. `python -m wire.schema DIR` writes the files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from wire.batch import Batch
from wire.command import Command
from wire.model import Message
from wire.receipt import Receipt
from wire.result import Result
from wire.status import Status

MESSAGES: Final[dict[str, type[Message]]] = {
    "batch": Batch,
    "receipt": Receipt,
    "status": Status,
    "command": Command,
    "result": Result,
}


def schema_text(message: type[Message]) -> str:
    """The schema as it is checked in: sorted keys, two blanks, a final newline."""
    return json.dumps(message.model_json_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main(folder: Path) -> None:
    """Write one `<kind>.schema.json` a message into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, message in MESSAGES.items():
        (folder / f"{kind}.schema.json").write_text(schema_text(message), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
