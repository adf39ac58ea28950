"""Words in both languages: a table a room, and the kit's own under every one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from babel import Locale

from web.kit.language import LOCALE, Language, typeset

_LOCALES: Final = {language: Locale.parse(name) for language, name in LOCALE.items()}


class Words:
    """What a room says. `.one` and `.other` at the end of a key are CLDR plural forms."""

    def __init__(self, texts: Mapping[Language, Mapping[str, str]], under: Words | None = None) -> None:
        self.texts: Final[dict[Language, dict[str, str]]] = {
            language: {**(under.texts[language] if under else {}), **own} for language, own in texts.items()
        }
        #: The room's own alone, for the test that both languages say the same.
        self.own: Final = texts

    def say(self, language: Language, key: str, /, **words: object) -> str:
        """The text of `key`, typeset. Raises KeyError for a key that is not in the table."""
        return typeset(self.texts[language][key].format(**words), language)

    def count(self, language: Language, key: str, n: int, /, **words: object) -> str:
        """The text of `key` in the plural form `n` asks for (CLDR), where it has one."""
        texts = self.texts[language]
        chosen = f"{key}.{_LOCALES[language].plural_form(n)}"
        return self.say(language, chosen if chosen in texts else f"{key}.other", n=n, **words)

    def raw(self, language: Language, keys: Iterable[str]) -> dict[str, str]:
        """Some texts for the browser: typeset, places left in."""
        return {key: typeset(self.texts[language][key], language) for key in keys}


#: What the kit itself says.
KIT: Final = Words(
    {
        "zh": {
            "brand": "准绳",
            "skip.main": "跳到正文",
            "language.switch": "语言",
            "navigation": "主导航",
            "navigation.more": "更多",
            "crumbs": "所在位置",
            "age.now": "刚刚",
            "age.seconds": "{n} 秒前",
            "age.minutes": "{n} 分钟前",
            "age.hours": "{n} 小时前",
            "age.days": "{n} 天前",
            "span.minutes": "{n} 分钟",
            "span.hours": "{n} 小时",
            "span.days": "{n} 天",
        },
        "en": {
            "brand": "Plumbline",
            "skip.main": "Skip to the content",
            "language.switch": "Language",
            "navigation": "Main navigation",
            "navigation.more": "More",
            "crumbs": "You are here",
            "age.now": "just now",
            "age.seconds": "{n} s ago",
            "age.minutes": "{n} min ago",
            "age.hours": "{n} h ago",
            "age.days": "{n} d ago",
            "span.minutes": "{n} min",
            "span.hours": "{n} h",
            "span.days": "{n} d",
        },
    }
)
say = KIT.say
count = KIT.count
