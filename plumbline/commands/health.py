"""`plumbline health`: for a health check and for a person in a hurry."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from plumbline.heartbeat import PROCESSES, STALE_S, fresh_beats
from plumbline.settings import load_settings
from wire.printable import printable_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A server with pages is asked by its address; what a process writes into the data folder says more."""
    parser.add_argument("--url", default="http://127.0.0.1:8080/health", help="of serve or web")
    parser.add_argument("--process", choices=PROCESSES, help="of this machine, with its counters")
    parser.add_argument("--config", type=Path, default=Path("plumbline.yaml"), help="with --process")


def run(arguments: argparse.Namespace) -> int:
    """0 when well, else 1."""
    if arguments.process:
        return _ask_file(arguments.config, arguments.process)
    try:
        answer = _ask(arguments.url)
    except (urllib.error.URLError, TimeoutError, json.JSONDecodeError) as error:
        print(f"{arguments.url}: {error}", file=sys.stderr)
        return 1
    _show(answer)
    return 0 if answer.get("status") == "ok" else 1


def _ask(url: str) -> dict[str, Any]:
    """What it says, also where that is that it is not well (503)."""
    try:
        with urllib.request.urlopen(url, timeout=4) as response:  # noqa: S310  # the operator's own URL
            answer: dict[str, Any] = json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            answer = json.load(error)
    return answer


def _ask_file(config: Path, process: str) -> int:
    folder = load_settings(config).data / "health"
    beats = fresh_beats(folder, process)
    if not beats:
        print(f"{folder}: no {process} process has said anything for {STALE_S:g} s", file=sys.stderr)
        return 1
    _show(beats)
    return 1 if any(beat["failing"] for beat in beats.values()) else 0


def _show(answer: dict[str, Any]) -> None:
    print(printable_lines(json.dumps(answer, indent=2, ensure_ascii=False)))
