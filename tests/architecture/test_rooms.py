"""The table of rooms and the folders of web hold together."""

from __future__ import annotations

from tests.architecture.tree import ROOT
from web.rooms import ROOMS, rooms

WEB = ROOT / "web"


def test_every_folder_with_routes_stands_in_the_table_of_rooms() -> None:
    folders = {path.parent.name for path in WEB.glob("*/routes.py")}
    assert folders <= {name.partition(".")[0] for name in ROOMS}, "add its line to web/rooms.py"


def test_every_line_of_the_table_is_a_module_with_routes_and_stands_once_in_order() -> None:
    assert list(ROOMS) == sorted(set(ROOMS))
    assert all(router.routes for _, router in rooms())
