"""`plumbline COMMAND`: every command is a module in `plumbline.commands`."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import Final

from plumbline.settings import SettingsError
from store import private
from store.errors import StoreError
from wire.printable import printable_lines

#: Command -> what it is for. The module of the same name has `add_arguments(parser)` and `run(arguments)`.
COMMANDS: Final = {
    "serve": "broker, ingest, stores, analytics and pages: all there is",
    "ingest": "broker to log and stores, in a process of its own; several share the work",
    "analytics": "follow the log for what it means, in a process of its own",
    "web": "pages and the HTTP API, in a process of its own",
    "demo": "everything on this machine, with a site that does not exist",
    "health": "ask a running process how it is; exit 1 when it is not well",
    "doctor": "look at settings, stores and broker; exit 1 with a remedy for what is wrong",
    "import": "a projects file into the registry; --dry-run says what it would change",
    "provision": "keys and certificates of agents, broker and cloud: make, renew, revoke, list",
    "command": "ask an agent: read now, another interval, another site file, a configuration file",
    "link": "make and list the links that open the customers' pages",
    "owner": "a one-time code for becoming an owner of the firm",
    "token": "make, list and revoke tokens of the HTTP API",
    "meter": "enter that a meter was exchanged, list and undo",
    "quarantine": "list, show and replay what could not be accepted",
    "replay": "send a recording through the real path",
    "export": "write closed days to Parquet, a site to a recording, or the projects to a file",
    "backup": "copy everything, consistent while running",
    "erase": "delete everything that a site left, once no project names it",
    "restore": "fill an empty installation from a backup",
}
#: `import` is a word of Python and no name for a module.
_MODULES: Final = {"import": "importing"}


def main(argv: list[str] | None = None) -> int:
    """Exit code 0 well, 1 a part failed, 2 the words or the settings are wrong."""
    arguments = _parser(argv).parse_args(argv)
    try:
        with private.umask():
            code: int = arguments.run(arguments)
    except SettingsError as error:
        print(printable_lines(str(error)), file=sys.stderr)
        return 2
    except StoreError as error:
        print(f"{printable_lines(str(error))}; `plumbline doctor` looks closer", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _parser(argv: list[str] | None) -> argparse.ArgumentParser:
    """Only the module of the command that was given is imported: `health` runs every few seconds."""
    parser = argparse.ArgumentParser(prog="plumbline", description="The cloud side of Plumbline.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    given = next((word for word in (sys.argv[1:] if argv is None else argv) if word in COMMANDS), None)
    for name, what in COMMANDS.items():
        command = commands.add_parser(name, help=what, description=what)
        if name == given:
            module = import_module(f"plumbline.commands.{_MODULES.get(name, name)}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser
