"""Which language a visitor reads, and how text is set in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal, get_args

from babel.core import negotiate_locale

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
DEFAULT: Final[Language] = "zh"
#: For the `lang` attribute (BCP 47): without the script a browser may choose Japanese glyphs.
HTML_LANG: Final[dict[Language, str]] = {"zh": "zh-Hans-CN", "en": "en"}
#: Babel locales; British English for day before month.
LOCALE: Final[dict[Language, str]] = {"zh": "zh_Hans_CN", "en": "en_GB"}

THIN_SPACE: Final = "\u2009"
_CJK = "\u3400-\u4dbf\u4e00-\u9fff"
_LATIN = "0-9A-Za-z%°"
_SEAM = re.compile(rf"(?<=[{_CJK}]) ?(?=[{_LATIN}{{])|(?<=[{_LATIN}}}]) ?(?=[{_CJK}])")


def as_language(text: str | None) -> Language | None:
    """`text` where it names a language we speak."""
    for language in LANGUAGES:
        if text == language:
            return language
    return None


def choose(asked: str | None, cookie: str | None, accept: str | None) -> Language:
    """The language asked for in the address, else of the last visit, else of the browser, else Chinese."""
    return as_language(asked) or as_language(cookie) or _accepted(accept or "") or DEFAULT


def typeset(text: str, language: Language) -> str:
    """Chinese text with a thin space wherever figures or Latin letters meet characters."""
    return _SEAM.sub(THIN_SPACE, text) if language == "zh" else text


def _accepted(header: str) -> Language | None:
    """The best match of an Accept-Language header (RFC 9110 §12.5.4)."""
    wishes = sorted(_wishes(header), key=lambda wish: -wish[0])
    found = negotiate_locale([tag for weight, tag in wishes if weight > 0], LANGUAGES, sep="-")
    return as_language(found)


def _wishes(header: str) -> Sequence[tuple[float, str]]:
    wishes = []
    for part in header[:1_000].split(","):
        tag, _, parameters = part.strip().partition(";")
        weight = re.search(r"q=([01](?:\.\d{0,3})?)\s*$", parameters)
        if re.fullmatch(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", tag):
            wishes.append((float(weight[1]) if weight else 1.0, tag))
    return wishes
