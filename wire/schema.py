"""JSON Schema of every message, generated from the models. `python -m wire.schema DIR` writes the files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from wire import batch, command, receipt, result, status
from wire.codec import Codec
from wire.model import Message

#: Each kind of message by the last level of its topic.
CODECS: Final[dict[str, Codec[Any]]] = {
    "batch": batch.CODEC,
    "receipt": receipt.CODEC,
    "status": status.CODEC,
    "command": command.CODEC,
    "result": result.CODEC,
}
MESSAGES: Final[dict[str, type[Message]]] = {kind: codec.model for kind, codec in CODECS.items()}


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
