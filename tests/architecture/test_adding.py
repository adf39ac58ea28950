"""Adding something touches what docs/adding.md names and nothing else, and no check objects."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.architecture.copied import Copy
from tests.architecture.tree import ROOT

#: Run in the copy: a reading of the new quantity passes ingest.
ACCEPTED: Final = """\
from pathlib import Path
import wire.quantities
from edge_agent.profiling import schema
from ingest.accept import blocks_of
from store.timeseries.limits import SLOW_HOLD_MS, hold_ms
from wire.batch import Batch, Frame, decode, encode

assert Path(wire.quantities.__file__).is_relative_to(Path.cwd())
frame = Frame(device="probe", time=[1764000000000], values={"soil_tension": [-31.5]})
batch = Batch(stream="01KC0000000000000000000000", seq=1, sent=1764000000000, frames=[frame], events=[])
[block] = blocks_of("site", decode(encode(batch)))
assert block.values == {"soil_tension": [-31.5]}
assert hold_ms("soil_tension") == SLOW_HOLD_MS
assert "soil_tension" in schema.text()
"""
KNOWN: Final = """\
from wire.kinds import KINDS, kind_of

assert kind_of(["tilt", "battery_level"]) == "tilt_sensor"
assert (KINDS["tilt_sensor"].zh, KINDS["tilt_sensor"].en) == ("倾角传感器", "tilt sensor")
"""


MAY: Final = """\
from web.access.rights import RIGHTS

assert RIGHTS["supplier"]["room", "see"] == "project"
assert ("room", "change") not in RIGHTS["supplier"]
"""
#: A room of one page.
PAGE: Final = {
    "web/greeting/__init__.py": '"""A page that greets."""\n',
    "web/greeting/routes.py": """\
'''Its one route.'''

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

from web.access.rights import OPEN
from web.access.room import Room
from web.greeting.view import build
from web.http.languages import language_of
from web.kit.render import render
from web.services import Here

room = Room()
routes = room.routes


@room.get("/greeting", right=OPEN)
async def greet(request: Request, here: Here) -> HTMLResponse:
    return HTMLResponse(render(build(language_of(request), here.assets)))
""",
    "web/greeting/view.py": """\
'''What it shows.'''

from __future__ import annotations

from dataclasses import dataclass

from web.greeting.words import WORDS
from web.http.assets import Assets
from web.kit.frame import Frame, frame
from web.kit.language import Language


@dataclass(frozen=True, slots=True)
class GreetingPage:
    frame: Frame
    greeting: str


def build(language: Language, assets: Assets) -> GreetingPage:
    greeting = WORDS.say(language, "greeting")
    return GreetingPage(frame(language, greeting, assets, room="greeting"), greeting)
""",
    "web/greeting/words.py": """\
'''What it says.'''

from __future__ import annotations

from web.kit.words import KIT, Words

WORDS = Words({"zh": {"greeting": "您好"}, "en": {"greeting": "Good morning"}}, under=KIT)
""",
    "web/greeting/page.html": """\
{% extends "kit/frame.html" %}
{% block main %}<h1>{{ greeting }}</h1>{% endblock %}
""",
    "tests/web/greeting/test_greeting.py": """\
from starlette.testclient import TestClient

from tests.web.services import services_over
from tests.web.site_day import Stand
from web.app import create_app


def test_it_greets_in_both_languages(stand: Stand) -> None:
    with TestClient(create_app(services_over(stand))) as client:
        assert "<h1>Good morning</h1>" in client.get("/greeting?lang=en").text
        assert "<h1>您好</h1>" in client.get("/greeting?lang=zh").text
""",
}


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "tree")


def test_a_quantity_is_one_line(copy: Copy) -> None:
    """And what it measures is accepted at once, held for as long as it says, and known to profiles."""
    copy.add_line(
        "wire/quantities.py",
        '    Quantity("soil_tension", "kPa", "kPa", "gauge", -99, 0, "水势", "soil tension", slow=True),',
        before='    Quantity("smoke"',
    )
    copy.run("-m", "wire.schema", "docs/wire")
    copy.run("-m", "edge_agent.profiling.pages", "docs")
    copy.add_file("probe.py", ACCEPTED)
    copy.run("probe.py")
    copy.test(
        "tests/wire/test_kinds.py", "tests/wire/test_contract.py", "tests/edge_agent/profiling/test_pages.py",
        "tests/store/timeseries/test_counter.py",
    )  # fmt: skip


def test_a_kind_of_device_is_one_line(copy: Copy) -> None:
    """Here with a quantity that tells it, which is another line."""
    copy.add_line(
        "wire/quantities.py",
        '    Quantity("tilt", "deg", "°", "gauge", -90, 90, "倾角", "tilt"),',
        before='    Quantity("smoke"',
    )
    copy.add_line(
        "wire/kinds.py",
        '    ("tilt_sensor", "倾角传感器", "tilt sensor", ("tilt",)),',
        before='    ("valve"',
    )
    copy.add_file("probe.py", KNOWN)
    copy.run("probe.py")
    copy.test("tests/wire/test_kinds.py", "tests/web/customer/test_project.py")


def test_a_meter_model_is_one_file(copy: Copy) -> None:
    """It is found by the name that is printed on it, and its examples are read."""
    shipped = (ROOT / "edge_agent/profiles/eastron-sdm120.yaml").read_text(encoding="utf-8")
    own = shipped.replace("profile: eastron-sdm120", "profile: acme-kw9000", 1)
    copy.add_file("edge_agent/profiles/acme-kw9000.yaml", own)
    copy.run("-m", "edge_agent", "profile", "test", "acme-kw9000")


def enter(copy: Copy, page: dict[str, str]) -> None:
    """Its folder, and its line in the table."""
    for name, text in page.items():
        copy.add_file(name, text)
    copy.add_line("web/rooms.py", '    "greeting.routes",', before='    "http.files"')


def test_a_page_is_a_folder_and_a_line(copy: Copy) -> None:
    """And its words are looked at with all others."""
    enter(copy, PAGE)
    copy.test(
        "tests/web/greeting",
        "tests/web/test_pages.py",
        "tests/web/test_words.py",
        "tests/architecture",
        "-k",
        "greeting or rooms",
    )


def test_a_page_that_names_no_right_does_not_start(copy: Copy) -> None:
    """The plain router in the room is what one might reach for."""
    named = PAGE["web/greeting/routes.py"]
    plain = named.replace('@room.get("/greeting", right=OPEN)', '@room.routes.get("/greeting")')
    assert plain != named
    enter(copy, PAGE | {"web/greeting/routes.py": plain})
    done = copy.tried("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/web/greeting")
    assert "RouteWithoutRight: /greeting" in done.stdout


def test_a_right_is_a_word(copy: Copy) -> None:
    """Suppliers see the rooms, too."""
    copy.add_word("web/access/rights.py", " room:see", behind='"supplier": {"project": "project:see site:see')
    copy.add_file("probe.py", MAY)
    copy.run("probe.py")
    copy.test("tests/store/records/test_access.py")


def test_what_docs_adding_names_is_there() -> None:
    """A path that is gone sends a newcomer astray."""
    page = (ROOT / "docs/adding.md").read_text(encoding="utf-8")
    named = {word for word in page.split("`") if "/" in word and " " not in word and "<" not in word}
    gone = [name for name in sorted(named) if "*" not in name and not (ROOT / name).exists()]
    assert not gone
