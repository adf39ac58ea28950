"""`plumbline health`: for a health check and for a person in a hurry."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from plumbline.heartbeat import STALE_S, fresh_beats
from plumbline.settings import load_settings
from wire.printable import printable_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A server with pages is asked by its address, the others by what they write into the data folder."""
    parser.add_argument("--url", default="http://127.0.0.1:8080/health", help="of serve or web")
    parser.add_argument("--process", choices=["ingest", "analytics"], help="a process without pages")
    parser.add_argument("--config", type=Path, default=Path("plumbline.yaml"), help="with --process")


def run(arguments: argparse.Namespace) -> int:
    """0 when well, else 1."""
    if arguments.process:
        return _ask_file(arguments.config, arguments.process)
    try:
        with urllib.request.urlopen(arguments.url, timeout=4) as response:  # noqa: S310  # the operator's own URL
            answer = json.load(response)
    except (urllib.error.URLError, TimeoutError, json.JSONDecodeError) as error:
        print(f"{arguments.url}: {error}", file=sys.stderr)
        return 1
    _show(answer)
    return 0 if answer.get("status") == "ok" else 1


def _ask_file(config: Path, process: str) -> int:
    folder = load_settings(config).data / "health"
    beats = fresh_beats(folder, process)
    if not beats:
        print(f"{folder}: no {process} process has said anything for {STALE_S:g} s", file=sys.stderr)
        return 1
    _show(beats)
    return 0


def _show(answer: dict[str, Any]) -> None:
    print(printable_lines(json.dumps(answer, indent=2, ensure_ascii=False)))
