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
        """The text of `key` in the plural form `n` asks for (CLDR), where it has one. Of one, also a language
        without plural may have a text of its own."""
        texts = self.texts[language]
        chosen = f"{key}.{'one' if n == 1 else _LOCALES[language].plural_form(n)}"
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
            "place.firm": "工地",
            "place.links": "链接",
            "place.people": "人员",
            "place.tokens": "令牌",
            "age.now": "刚刚",
            "age.seconds": "{n} 秒前",
            "age.minutes": "{n} 分钟前",
            "age.hours": "{n} 小时前",
            "age.days": "{n} 天前",
            "span.minutes": "{n} 分钟",
            "span.hours": "{n} 小时",
            "span.days": "{n} 天",
            "join": "，",
            "none": "还没有数据",
            "device.in_room": "{room}{kind}",
            "lost": "和服务器的连接断了，这里看到的是之前的。",
            "heartbeat": "过去 {n} 小时：{said}",
            "heartbeat.whole": "{n} 小时数据齐全",
            "heartbeat.part": "{n} 小时缺一部分",
            "heartbeat.gap": "{n} 小时无数据",
            "pager": "分页",
            "pager.previous": "上一页",
            "pager.next": "下一页",
            "pager.said": "第 {first}–{last} 条，共 {total} 条",
            "form.wrong.other": "还差 {n} 处：",
            "form.optional": "可不填",
            "error.missing": "请填写。",
            "error.none_chosen": "请至少选一项。",
            "error.choice": "请从给出的里面选。",
            "error.string_too_short": "太短，至少 {min_length} 个字。",
            "error.string_too_long": "太长，最多 {max_length} 个字。",
            "error.too_many": "最多选 {max_length} 项。",
            "error.too_much": "太长了，请短一些。",
            "error.string_pattern_mismatch": "格式不对。",
            "error.int_parsing": "请填整数。",
            "error.float_parsing": "请填数字。",
            "error.greater_than_equal": "不能小于 {ge}。",
            "error.greater_than": "要大于 {gt}。",
            "error.less_than_equal": "不能大于 {le}。",
            "error.less_than": "要小于 {lt}。",
            "error.date_parsing": "请填日期，例如 2026-11-28。",
            "error.time_parsing": "请填时间，例如 07:30。",
            "error.bool_parsing": "请选是或否。",
            "error.expired": "这一页开得太久了。您填的都在，请再按一次。",
            "error.other": "这里不对，请再看看。",
            "chart.time": "时间",
            "chart.table": "看数字",
            "close": "关闭",
        },
        "en": {
            "brand": "Plumbline",
            "skip.main": "Skip to the content",
            "language.switch": "Language",
            "navigation": "Main navigation",
            "navigation.more": "More",
            "crumbs": "You are here",
            "place.firm": "Sites",
            "place.links": "Links",
            "place.people": "People",
            "place.tokens": "Tokens",
            "age.now": "just now",
            "age.seconds": "{n} s ago",
            "age.minutes": "{n} min ago",
            "age.hours": "{n} h ago",
            "age.days": "{n} d ago",
            "span.minutes": "{n} min",
            "span.hours": "{n} h",
            "span.days": "{n} d",
            "join": ", ",
            "none": "no data yet",
            "device.in_room": "{room} {kind}",
            "lost": "The connection to the server is lost: this is how it was before.",
            "heartbeat": "Last {n} hours: {said}",
            "heartbeat.whole": "{n} h complete",
            "heartbeat.part": "{n} h in part",
            "heartbeat.gap": "{n} h without data",
            "pager": "Pages",
            "pager.previous": "Previous",
            "pager.next": "Next",
            "pager.said": "{first}–{last} of {total}",
            "form.wrong.one": "One thing is missing:",
            "form.wrong.other": "{n} things are missing:",
            "form.optional": "optional",
            "error.missing": "Please fill this in.",
            "error.none_chosen": "Please choose at least one.",
            "error.choice": "Please choose one of those offered.",
            "error.string_too_short": "Too short: at least {min_length} characters.",
            "error.string_too_long": "Too long: at most {max_length} characters.",
            "error.too_many": "At most {max_length} of them.",
            "error.too_much": "This is too long, please shorten it.",
            "error.string_pattern_mismatch": "This is not in the right form.",
            "error.int_parsing": "Please enter a whole number.",
            "error.float_parsing": "Please enter a number.",
            "error.greater_than_equal": "At least {ge}.",
            "error.greater_than": "More than {gt}.",
            "error.less_than_equal": "At most {le}.",
            "error.less_than": "Less than {lt}.",
            "error.date_parsing": "Please enter a date, such as 2026-11-28.",
            "error.time_parsing": "Please enter a time, such as 07:30.",
            "error.bool_parsing": "Please choose yes or no.",
            "error.expired": "This page was open for too long. What you typed is kept: please press again.",
            "error.other": "This is not right, please look again.",
            "chart.time": "Time",
            "chart.table": "Show the numbers",
            "close": "Close",
        },
    }
)
say = KIT.say
count = KIT.count
