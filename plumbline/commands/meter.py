"""`plumbline meter exchanged | list | undo`: what a person knows of an exchanged meter and no program can."""

from __future__ import annotations

import argparse
import datetime as dt
import getpass
import sys
from typing import Final

from plumbline.clock import now_ms
from plumbline.commands.process import add_config
from plumbline.settings import Settings, SettingsError, load_settings
from plumbline.stores import Stores, open_stores
from store.records.exchanges import MeterExchange, checked
from store.timeseries.limits import COUNTERS
from wire.printable import printable

#: Taken where a device counts several things and none is named.
_USUAL: Final = ("active_energy_import", "water_volume", "gas_volume")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Three verbs."""
    verbs = parser.add_subparsers(required=True, metavar="exchanged|list|undo")
    exchanged = verbs.add_parser("exchanged", help="enter that a meter was exchanged; figures change at once")
    exchanged.add_argument("site")
    exchanged.add_argument("device")
    exchanged.add_argument("--at", required=True, metavar="TIME", help="RFC 3339 with its offset")
    exchanged.add_argument("--old-last", type=float, metavar="X", help="what the old one showed at last")
    exchanged.add_argument("--new-first", type=float, metavar="X", help="what the new one showed at first")
    exchanged.add_argument("--quantity", choices=sorted(COUNTERS), help="where the meter counts several")
    exchanged.set_defaults(verb=_exchanged)
    listing = verbs.add_parser("list", help="what was entered for a site, and who did")
    listing.add_argument("site")
    listing.set_defaults(verb=_list)
    undo = verbs.add_parser("undo", help="take one back")
    undo.add_argument("site")
    undo.add_argument("id", type=int)
    undo.set_defaults(verb=_undo)
    for verb in (exchanged, undo):
        verb.add_argument("--by", default=getpass.getuser(), metavar="NAME", help="who says so; default: you")
    for verb in (exchanged, listing, undo):
        add_config(verb)


def run(arguments: argparse.Namespace) -> int:
    """0 when done."""
    settings = load_settings(arguments.config)
    with open_stores(settings) as stores:
        _known(settings, stores, arguments.site)
        code: int = arguments.verb(stores, arguments)
    return code


def _known(settings: Settings, stores: Stores, site: str) -> None:
    if stores.records.sites.get(settings.firm.id, site) is None:
        raise SettingsError(f"{site}: no such site; `plumbline serve` enters those of the projects file")


def _exchanged(stores: Stores, arguments: argparse.Namespace) -> int:
    quantity = arguments.quantity or _counted(stores, arguments.site, arguments.device)
    said = MeterExchange(
        arguments.site, arguments.device, quantity, _time_ms(arguments.at), arguments.by, now_ms(),
        arguments.old_last, arguments.new_first,
    )  # fmt: skip
    try:
        stored = stores.records.exchanges.add(checked(said))
    except ValueError as error:
        raise SettingsError(str(error)) from error
    print(_line(stored))
    return 0


def _counted(stores: Stores, site: str, device: str) -> str:
    sent = stores.timeseries.devices(site).get(device, [])
    counters = [quantity for quantity in sent if quantity in COUNTERS]
    usual = [quantity for quantity in _USUAL if quantity in counters]
    if not counters:
        raise SettingsError(f"{device}: has never sent a counter; look for its name, or say --quantity")
    return usual[0] if usual else counters[0]


def _time_ms(text: str) -> int:
    try:
        moment = dt.datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
    except ValueError as error:
        raise SettingsError(f"--at {text}: no time; write 2026-11-23T07:10+08:00") from error
    if moment.tzinfo is None:
        raise SettingsError(f"--at {text}: without an offset; write 2026-11-23T07:10+08:00")
    return round(moment.timestamp() * 1000)


def _list(stores: Stores, arguments: argparse.Namespace) -> int:
    for one in stores.records.exchanges.of(arguments.site, undone=True):
        print(_line(one))
    return 0


def _undo(stores: Stores, arguments: argparse.Namespace) -> int:
    done = stores.records.exchanges.undo(arguments.site, arguments.id, now_ms(), arguments.by)
    if not done:
        print(
            f"no exchange {arguments.id} that holds; `plumbline meter list {arguments.site}`", file=sys.stderr
        )
    return 0 if done else 1


def _line(one: MeterExchange) -> str:
    def known(value: float | None) -> str:
        return "?" if value is None else f"{value:g}"

    state = f"undone {_moment(one.undone)} by {one.undone_by}" if one.undone is not None else "holds"
    return printable(
        f"{one.id:>4}  {_moment(one.at)}  {one.device:<20} {one.quantity:<22} {known(one.old_last)} -> "
        f"{known(one.new_first)}  by {one.author}, {state}"
    )


def _moment(time_ms: int) -> str:
    return dt.datetime.fromtimestamp(time_ms / 1000, dt.UTC).isoformat(timespec="minutes")
