"""What a browser calls itself, in two words that its owner knows it by."""

from __future__ import annotations

from typing import Final

from wire.printable import printable

_LONGEST: Final = 300
#: The first that is found counts: most call themselves by others' names as well.
_BROWSERS: Final = (
    *(("MicroMessenger", "WeChat"), ("DingTalk", "DingTalk"), ("Lark", "Feishu"), ("wxwork", "WeCom")),
    *(("Edg", "Edge"), ("OPR", "Opera"), ("HuaweiBrowser", "Huawei Browser"), ("Firefox", "Firefox")),
    *(("Chrome", "Chrome"), ("Safari", "Safari")),
)
_SYSTEMS: Final = (
    *(("HarmonyOS", "HarmonyOS"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android")),
    *(("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux")),
)


def device_of(user_agent: str | None) -> str:
    """E.g. `WeChat · iPhone`; what is not known by name is told as it is, shortened."""
    text = printable((user_agent or "")[:_LONGEST])
    return _known(text) or text[:40] or "?"


def family_of(user_agent: str | None) -> str:
    """The same of somebody who has no account: what is not known by name is not kept."""
    return _known((user_agent or "")[:_LONGEST])


def _known(text: str) -> str:
    found = [next((name for mark, name in table if mark in text), None) for table in (_BROWSERS, _SYSTEMS)]
    return " · ".join(name for name in found if name)
