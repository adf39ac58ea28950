"""`plumbline-edge profile list | new | test | schema | import`: device profiles and whoever writes them."""

from __future__ import annotations

import argparse
import os
import sys
import unicodedata
from pathlib import Path
from typing import Final

from checked_yaml.lines import ConfigError
from edge_agent import profile
from edge_agent.language import said
from edge_agent.profile import Profile
from edge_agent.profiling import draft, esphome, evcc, field_map, home_assistant, schema, telegraf, trial
from edge_agent.profiling.foreign_yaml import LARGEST_BYTES
from edge_agent.profiling.skeleton import POINTS, skeleton
from wire.printable import printable_lines

ABOUT: Final = "about_profile"

WRONG_FILE: Final = 2
_FORMATS: Final = {
    "esphome": esphome.drafts,
    "evcc": evcc.drafts,
    "home-assistant": home_assistant.drafts,
    "telegraf": telegraf.drafts,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `profile` and of each thing it does."""
    doing = parser.add_subparsers(required=True, metavar="list | new | test | schema | import")

    def one(name: str, what: str, run_it: object) -> argparse.ArgumentParser:
        found = doing.add_parser(name, help=what, description=what)
        found.set_defaults(profile_command=run_it)
        return found

    one("list", said("about_profile_list"), _list)
    new = one("new", said("about_profile_new"), _new)
    new.add_argument("name", metavar="NAME")
    new.add_argument("--protocol", required=True, choices=sorted(POINTS), metavar="P")
    test = one("test", said("about_profile_test"), _test)
    test.add_argument("files", nargs="*", metavar="FILE.yaml", help=said("profile_test_files"))
    one("schema", said("about_profile_schema"), _schema)
    take = one("import", said("about_profile_import"), _import)
    take.add_argument("--from", dest="program", required=True, choices=sorted(_FORMATS))
    take.add_argument("--only", metavar="DEVICE", help=said("profile_import_only"))
    take.add_argument(
        "--field", action="append", default=[], metavar="NAME=QUANTITY", help=said("profile_import_field")
    )
    take.add_argument("--map", type=Path, metavar="FILE.yaml", help=said("profile_import_map"))
    take.add_argument("file", metavar="FILE", type=Path)


def run(arguments: argparse.Namespace) -> int:
    """0: done; 1: could not; 2: a file is wrong."""
    try:
        code: int = arguments.profile_command(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has read enough; what is still buffered must go nowhere at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _list(_arguments: argparse.Namespace) -> int:
    rows = [said("profile_columns").split("|"), *(_row(profile.load(name)) for name in profile.names())]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        print("  ".join(padded).rstrip())
    return 0


def _row(one: Profile) -> list[str]:
    proof = said("profile_captured" if one.captured else "profile_not_captured")
    return [one.profile, one.match.maker, one.match.model, one.transport.protocol, proof]


def _width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two (Unicode, UAX 11)."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _new(arguments: argparse.Namespace) -> int:
    name = arguments.name
    if trial.NAME.fullmatch(name) is None:
        print(said("profile_name_letters", name=name), file=sys.stderr)
        return WRONG_FILE
    path = Path(f"{name}.yaml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(skeleton(name, arguments.protocol))
    except OSError as error:
        print(said("profile_not_written", file=path, why=error.strerror), file=sys.stderr)
        return 1
    print(said("profile_written", file=path))
    return 0


def _test(arguments: argparse.Namespace) -> int:
    good = [_tell(name) for name in arguments.files or profile.names()]
    return 0 if all(good) else WRONG_FILE


def _tell(name: str) -> bool:
    used, mistakes = trial.load_errors(name)
    for mistake in mistakes:
        print(printable_lines(str(mistake)), file=sys.stderr)
    if used is not None and not mistakes:
        proof = said("profile_captured" if used.captured else "profile_not_captured")
        counts = {"points": len(used.points), "examples": len(used.examples)}
        print(said("profile_good", name=name, proof=proof, **counts))
    return not mistakes


def _schema(_arguments: argparse.Namespace) -> int:
    print(schema.text(), end="")
    return 0


def _bounded_text(file: Path) -> str:
    """The file's text; of one that is too large only so much that an importer sees it."""
    with file.open("rb") as opened:
        data = opened.read(LARGEST_BYTES + 8)
    try:
        return data.decode("utf-8-sig", "strict" if len(data) <= LARGEST_BYTES else "replace")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{file}:{line}: {said('profile_not_utf8')}") from error


def _import(arguments: argparse.Namespace) -> int:
    file = str(arguments.file)
    try:
        given = field_map.given(arguments.field, arguments.map)
        text = _bounded_text(arguments.file)
        found = draft.chosen(_FORMATS[arguments.program](text, file, given), arguments.only, file)
        print(printable_lines(draft.profile_text(found)), end="")
    except OSError as error:
        print(printable_lines(said("profile_unreadable", file=file, why=error)), file=sys.stderr)
        return WRONG_FILE
    except ConfigError as error:
        print(printable_lines(str(error)), file=sys.stderr)
        return WRONG_FILE
    return 0
