"""`plumbline-edge COMMAND`. Exit 0: done; 1: could not; 2: a file or the command itself is wrong."""

from __future__ import annotations

import argparse
import os
import sys
from types import ModuleType
from typing import Final

from edge_agent import language
from edge_agent.commands import backfill, check, decode, profile, read, run, scan, top
from edge_agent.gather.badges import PepperError
from edge_agent.language import said
from edge_agent.recording.reader import RecordingError
from edge_agent.site.site_file import SiteFileError
from edge_agent.spool.errors import SpoolError
from edge_agent.tasks.supervisor import PartFailed
from wire.printable import printable_lines

#: In the order of an installer's work.
COMMANDS: Final[dict[str, ModuleType]] = {
    "scan": scan,
    "check": check,
    "read": read,
    "run": run,
    "top": top,
    "backfill": backfill,
    "decode": decode,
    "profile": profile,
}


def main(argv: list[str] | None = None) -> int:
    """The command line; gives the exit code."""
    spoken = _language_parser()
    asked, rest = spoken.parse_known_args(sys.argv[1:] if argv is None else argv)
    language.choose(asked.lang or language.of_environment(os.environ))
    arguments = _parser(spoken).parse_args(rest)
    try:
        code: int = arguments.command(arguments)
    except (SiteFileError, RecordingError) as error:
        print(printable_lines(str(error)), file=sys.stderr)
        return 2
    except (SpoolError, PepperError, PartFailed) as error:
        print(printable_lines(str(error)), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _language_parser() -> argparse.ArgumentParser:
    """Read before the rest, so that its help, too, is in the language asked for."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--lang", choices=language.LANGUAGES, help="zh | en")
    return parser


def _parser(spoken: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="plumbline-edge", description=said("about"), parents=[spoken])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        one = commands.add_parser(name, help=said(module.ABOUT), description=said(module.ABOUT))
        one.set_defaults(command=module.run)
        module.add_arguments(one)
    return parser
