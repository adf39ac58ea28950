"""`plumbline quarantine list | show | replay`: what could not be accepted, and how it is taken in later."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections.abc import Iterator

from ingest.correction import Correction
from ingest.replay import Replay, Replayed, show
from plumbline.clock import now_ms
from plumbline.commands.process import add_config
from plumbline.importing import take_in
from plumbline.settings import Settings, SettingsError, load_settings
from plumbline.stores import Stores, open_stores
from store.records.contract import Quarantined
from wire.disclosure import disclosed
from wire.payload import digest
from wire.printable import printable, printable_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Three verbs."""
    verbs = parser.add_subparsers(required=True, metavar="list|show|replay")
    listing = verbs.add_parser("list", help="what waits, by id")
    listing.add_argument("--all", action="store_true", help="also what was replayed")
    listing.add_argument("--limit", type=int, default=50)
    listing.add_argument("--after", type=int, default=0, metavar="ID")
    listing.set_defaults(verb=_list)
    one = verbs.add_parser("show", help="one item with its payload")
    one.add_argument("id", type=int)
    one.add_argument("--raw", action="store_true", help="as it came, with badge numbers if it has some")
    one.set_defaults(verb=_show)
    replay = verbs.add_parser(
        "replay", help="judge again, with the projects file of now; default: all that wait"
    )
    replay.add_argument("ids", type=int, nargs="*", metavar="ID")
    replay.add_argument("--rename-device", action="append", default=[], metavar="OLD=NEW")
    replay.add_argument("--rename-quantity", action="append", default=[], metavar="OLD=NEW")
    replay.add_argument("--scale", action="append", default=[], metavar="QUANTITY=FACTOR")
    replay.add_argument("--seconds", action="store_true", help="every time set aside is in seconds")
    replay.add_argument("--shift-ms", type=int, default=0, metavar="N", help="add to every time set aside")
    replay.set_defaults(verb=_replay)
    for verb in (listing, replay):
        verb.add_argument("--site")
        verb.add_argument("--reason")
    for verb in (listing, one, replay):
        add_config(verb)


def run(arguments: argparse.Namespace) -> int:
    """0 when done; a replay gives 1 while something still waits."""
    settings = load_settings(arguments.config)
    with open_stores(settings) as stores:
        code: int = arguments.verb(settings, stores, arguments)
    return code


def _list(_: Settings, stores: Stores, arguments: argparse.Namespace) -> int:
    items = stores.records.quarantine.items(
        arguments.limit,
        arguments.after,
        site=arguments.site,
        reason=arguments.reason,
        waiting=not arguments.all,
    )
    for item in items:
        print(_line(item))
    for beyond in stores.records.quarantine.beyond_quota(arguments.site):
        print(
            f"{beyond.site or '?'}/{beyond.agent or '?'}: the quota is full: {beyond.count:,} more messages "
            f"({beyond.bytes:,} bytes, {beyond.reason}) are counted and not kept",
            file=sys.stderr,
        )
    if len(items) == arguments.limit:
        print(f"more: --after {items[-1].id}", file=sys.stderr)
    return 0


def _line(item: Quarantined) -> str:
    moment = dt.datetime.fromtimestamp(item.received / 1000, dt.UTC).isoformat(timespec="seconds")
    who = f"{item.site or '?'}/{item.agent or '?'}"
    done = " (replayed)" if item.replayed else ""
    return printable(f"{item.id:>6}  {moment}  {who:<24} {item.reason:<18}{done} {item.detail}")


def _show(_: Settings, stores: Stores, arguments: argparse.Namespace) -> int:
    item = _item(stores, arguments.id)
    fields = show(item)
    raw = fields.pop("payload")
    payload = raw if arguments.raw else _disclosed(item)
    print(printable_lines(json.dumps(fields, indent=2, ensure_ascii=False)))
    print(printable_lines(payload))
    return 0


def _disclosed(item: Quarantined) -> str:
    name = f"BLAKE2b {digest(item.payload)}"
    return disclosed(item.payload) or f"({name}: it cannot be decoded; --raw shows it as it came)"


def _replay(settings: Settings, stores: Stores, arguments: argparse.Namespace) -> int:
    take_in(stores.records, settings, now_ms())
    directory = stores.records.directory() if settings.unregistered == "quarantine" else None
    replay = Replay(stores.log, stores.records, directory, now_ms)
    correction = Correction(
        devices=_renames(arguments.rename_device),
        quantities=_renames(arguments.rename_quantity),
        factors=_factors(arguments.scale),
        time_factor=1000 if arguments.seconds else 1,
        shift_ms=arguments.shift_ms,
    )
    waiting = 0
    for done in _replayed(replay, stores, correction, arguments):
        waiting += done.outcome != "taken"
        rest = f"; still waits: {done.reason}: {printable(done.detail)}" if done.reason else ""
        print(f"{done.id:>6}  {done.outcome}: {done.readings:,} readings, {done.events:,} events{rest}")
    return 1 if waiting else 0


def _replayed(
    replay: Replay, stores: Stores, correction: Correction, arguments: argparse.Namespace
) -> Iterator[Replayed]:
    if arguments.ids:
        return (replay.item(_item(stores, number), correction) for number in arguments.ids)
    return replay.all(correction, site=arguments.site, reason=arguments.reason)


def _item(stores: Stores, number: int) -> Quarantined:
    item = stores.records.quarantine.item(number)
    if item is None:
        raise SettingsError(f"{number}: no such item; `plumbline quarantine list --all` has their ids")
    return item


def _renames(pairs: list[str]) -> dict[str, str]:
    renames = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    if len(renames) != len(pairs):
        raise SettingsError(f"{' '.join(pairs)}: say what to what, as OLD=NEW, each OLD once")
    return renames


def _factors(pairs: list[str]) -> dict[str, float]:
    try:
        return {name: float(factor) for name, factor in _renames(pairs).items()}
    except ValueError:
        raise SettingsError(f"{' '.join(pairs)}: a scale is QUANTITY=FACTOR, as active_power=1000") from None
