"""`plumbline serve | demo | health`."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

from plumbline.settings import SettingsError, load_settings


def main(argv: list[str] | None = None) -> int:
    """Exit code 0 well, 1 a part failed, 2 the words or the settings are wrong."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="plumbline", description="The cloud side of Plumbline.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="broker, ingest, stores and pages in one process")
    serve.add_argument(
        "--config", type=Path, default=Path("plumbline.yaml"), help="settings (docs/operating.md)"
    )
    serve.set_defaults(run=_serve)
    demo = commands.add_parser("demo", help="everything on this machine, with a site that does not exist")
    demo.set_defaults(run=_demo)
    health = commands.add_parser("health", help="ask a running service how it is; exit 1 when it is not well")
    health.add_argument("--url", default="http://127.0.0.1:8080/health")
    health.set_defaults(run=_health)
    return parser


def _serve(arguments: argparse.Namespace) -> int:
    from plumbline.serve import serve

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = load_settings(arguments.config)

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await serve(settings, stop)

    asyncio.run(run())
    return 0


def _demo(_: argparse.Namespace) -> int:
    from plumbline.demo import demo

    return demo()


def _health(arguments: argparse.Namespace) -> int:
    try:
        with urllib.request.urlopen(arguments.url, timeout=4) as response:  # noqa: S310  # the operator's own URL
            answer = json.load(response)
    except (urllib.error.URLError, TimeoutError, json.JSONDecodeError) as error:
        print(f"{arguments.url}: {error}", file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=2, ensure_ascii=False))
    return 0 if answer.get("status") == "ok" else 1
