"""`plumbline replay RECORDING`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path

import yaml

from edge_agent.broker import Broker
from edge_agent.gather.badges import PepperError, load_pepper
from edge_agent.recording.reader import RecordingError
from edge_agent.spool.errors import SpoolError
from plumbline.commands.process import add_config
from plumbline.replay import ReplayError, replay
from plumbline.settings import Settings, SettingsError, load_settings
from wire.identifiers import is_id
from wire.printable import printable_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The recording, and who sends it."""
    parser.add_argument("recording", type=Path, help="a folder in the format of docs/recording.md")
    parser.add_argument("--site", help="default: the site its site.yaml names")
    parser.add_argument("--agent", default="replay", help="an agent of its own: not one that is at work")
    parser.add_argument("--username", help="default: SITE.AGENT")
    parser.add_argument("--password-file", type=Path, help="default: the one under `agents` in the settings")
    parser.add_argument("--pepper-file", type=Path, help="of the site, so that badges stay who they were")
    parser.add_argument("--patience", type=float, default=30.0, metavar="SECONDS", help="without a receipt")
    add_config(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 when every batch was accepted, 1 when not."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    settings = load_settings(arguments.config)
    try:
        site = arguments.site or site_of(arguments.recording)
        pepper = load_pepper(arguments.pepper_file) if arguments.pepper_file else None
        broker = _broker(settings, site, arguments)
        done = asyncio.run(
            replay(arguments.recording, site, arguments.agent, broker, pepper, arguments.patience, _show)
        )
    except (RecordingError, SpoolError, PepperError, ReplayError) as error:
        print(f"\n{printable_lines(str(error))}", file=sys.stderr)
        return 1
    print(f"\n{done.readings:,} readings in {done.batches:,} batches, {done.refused:,} refused")
    if done.refused:
        print("`plumbline quarantine list` says why", file=sys.stderr)
    return 1 if done.refused else 0


def site_of(recording: Path) -> str:
    """The site a recording is of. Raises RecordingError."""
    path = recording / "site.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecordingError(f"{path}: {error}; name the site with --site") from error
    site = data.get("site") if isinstance(data, dict) else None
    if not isinstance(site, str) or not is_id(site):
        raise RecordingError(f"{path}: site: {site!r} is no site id; name it with --site")
    return site


def _broker(settings: Settings, site: str, arguments: argparse.Namespace) -> Broker:
    password_file: Path | None = arguments.password_file or next(
        (one.password_file for one in settings.agents if one.site == site and one.agent == arguments.agent),
        None,
    )
    if password_file is None and settings.broker is None:
        raise SettingsError(
            f"agents: no account {site} / {arguments.agent}; add one or give --agent and --password-file"
        )
    username = (arguments.username or f"{site}.{arguments.agent}") if password_file else None
    broker = settings.broker
    if broker is None:
        return Broker("127.0.0.1", settings.embedded_broker_port, username, password_file)
    return Broker(
        broker.host, broker.port, username, password_file,
        tls=broker.ca_file is not None, ca_file=broker.ca_file,
    )  # fmt: skip


def _show(done: int, batches: int) -> None:
    end = "\r" if sys.stdout.isatty() else "\n"
    if sys.stdout.isatty() or done == batches:
        print(f"  {done:,} of {batches:,} batches have their receipt", end=end, flush=True)
