"""How a search goes, said to a person: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import io

from edge_agent import language
from edge_agent.scan.identify import Fit
from edge_agent.scan.probe import Setting
from edge_agent.scan.progress import Progress
from edge_agent.scan.search import Found

METER = Found("dlt645", Setting(2400, "E"), "000000000161", (Fit("d", None, "any", "meter", 3, 4, True),))


class Terminal(io.StringIO):
    """Somewhere a bar can be drawn."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar_that_grows_and_is_gone_at_the_end() -> None:
    out = Terminal()
    progress = Progress(out, 8.0)
    for _ in range(3):
        progress.asking("dlt645", Setting(2400, "E"), "", 2.0)
    assert [f"{percent}%" in out.getvalue() for percent in (0, 25, 50, 75)] == [True, True, True, False]
    assert out.getvalue().endswith("dlt645 2400 8E1 ")
    progress.end()
    assert out.getvalue().endswith("\r\x1b[K")


def test_elsewhere_only_what_is_found_is_a_line() -> None:
    out = io.StringIO()
    progress = Progress(out, 8.0)
    progress.asking("dlt645", Setting(2400, "E"), "", 2.0)
    progress.found(METER)
    progress.end()
    assert out.getvalue() == (
        "found: dlt645, 2400 8E1, address 000000000161\n  may be d (any meter): 3 of 4 values plausible\n"
    )


def test_it_is_said_in_chinese_where_that_is_the_language() -> None:
    language.choose("zh")
    out = io.StringIO()
    Progress(out, 8.0).found(METER)
    assert "找到：dlt645，2400 8E1，地址 000000000161" in out.getvalue()
