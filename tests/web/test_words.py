"""Languages: chosen, complete, and set as each is set."""

from __future__ import annotations

import importlib
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.web.site_day import ZONE, at
from web.customer.words import count, for_browser, say
from web.kit import numbers
from web.kit.language import LANGUAGES, Language, choose, typeset
from web.kit.words import Words

WEB = Path(__file__).parents[2] / "web"
CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")


def tables() -> Iterator[tuple[str, Words]]:
    """Each room's words, the kit's among them."""
    for path in sorted(WEB.rglob("words.py")):
        module = importlib.import_module(".".join(("web", *path.relative_to(WEB).with_suffix("").parts)))
        yield path.parent.name, module.KIT if path.parent.name == "kit" else module.WORDS


every_room = pytest.mark.parametrize("words", [pytest.param(words, id=room) for room, words in tables()])


def stems(texts: Mapping[str, str]) -> set[str]:
    return {key.removesuffix(".one").removesuffix(".other") for key in texts}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@every_room
def test_both_languages_say_the_same_things(words: Words) -> None:
    assert stems(words.own["zh"]) == stems(words.own["en"])


@every_room
def test_a_text_has_the_same_places_in_both_languages(words: Words) -> None:
    zh, en = words.own["zh"], words.own["en"]
    for key, text in zh.items():
        assert places(text) == places(en.get(key) or en[f"{key}.other"]), key


@every_room
def test_no_chinese_is_left_in_english_and_no_half_width_comma_in_chinese(words: Words) -> None:
    assert [key for key, text in words.own["en"].items() if CJK.search(text)] == []
    assert [k for k, text in words.own["zh"].items() if re.search(r"[\u4e00-\u9fff] ?[,;:!?]", text)] == []


@every_room
def test_every_text_is_used(words: Words) -> None:
    files = (path for kind in ("py", "html", "js") for path in sorted(WEB.rglob(f"*.{kind}")))
    source = "".join(path.read_text("utf-8") for path in files if path.name != "words.py")
    built = re.compile("|".join(put_together(source)))
    unused = {
        key
        for key in stems(words.own["zh"])
        if f'"{key}"' not in source and f"'{key}'" not in source and not built.fullmatch(key)
    }
    assert unused == set()


def put_together(source: str) -> Iterator[str]:
    """Patterns of the keys that the code puts together: f"age.{unit}" and all of a form."""
    for text in re.findall(r"""f["']([a-z_.]+\.(?:\{[^"{}]+\}\.?[a-z_.]*)+)["']""", source):
        yield "[a-z_]+".join(re.escape(part) for part in re.split(r"\{[^{}]+\}", text))
    for name in re.findall(r'FormOf\(\s*"(\w+)"', source):
        yield rf"{name}\..+"


@pytest.mark.parametrize(
    ("asked", "cookie", "accept", "expected"),
    [
        ("en", "zh", "zh", "en"),
        (None, "en", "zh-CN", "en"),
        (None, None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, None, "en-US,en;q=0.9", "en"),
        (None, None, "de-DE,en;q=0.4,zh;q=0.2", "en"),
        (None, None, "fr", "zh"),
        (None, None, None, "zh"),
        ("klingon", "x", ";;q=,=,*", "zh"),
        (None, None, "en;q=0, zh;q=0.1", "zh"),
    ],
)
def test_the_language_asked_for_wins_then_the_cookie_then_the_browser(
    asked: str | None, cookie: str | None, accept: str | None, expected: str
) -> None:
    assert choose(asked, cookie, accept) == expected


def test_a_thin_space_stands_between_figures_and_characters_only() -> None:
    assert typeset("枫林路 18 号 3-501", "zh") == "枫林路\u200918\u2009号\u20093-501"
    assert typeset("共12人", "zh") == "共\u200912\u2009人"
    assert typeset("Day 12 of work", "en") == "Day 12 of work"


def test_plurals_follow_the_language() -> None:
    assert count("en", "headline.working", 1).startswith("One person on site")
    assert count("en", "headline.working", 3).startswith("3 people on site")
    assert count("zh", "headline.working", 1) == "1\u2009人在场，正在施工。"


def test_a_key_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("en", "headline.splendid")


def test_what_the_browser_says_keeps_its_places() -> None:
    for language in LANGUAGES:
        assert "{n}" in for_browser(language)["age.seconds"]


@pytest.mark.parametrize(
    ("age_ms", "zh", "en"),
    [
        (-500, "刚刚", "just now"), (2_999, "刚刚", "just now"), (8_000, "8\u2009秒前", "8 s ago"),
        (59_999, "59\u2009秒前", "59 s ago"), (60_000, "1\u2009分钟前", "1 min ago"),
        (3_600_000, "1\u2009小时前", "1 h ago"), (172_800_000, "2\u2009天前", "2 d ago"),
    ],
)  # fmt: skip
def test_ages(age_ms: int, zh: str, en: str) -> None:
    assert (numbers.age(age_ms, "zh"), numbers.age(age_ms, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("watts", "expected"),
    [
        (0, "0 W"),
        (-0.2, "0 W"),
        (812.4, "812 W"),
        (999.6, "1.00 kW"),
        (1_420, "1.42 kW"),
        (-1_500, "-1.50 kW"),
    ],
)
def test_power_changes_its_unit_at_a_kilowatt(watts: float, expected: str) -> None:
    assert " ".join(numbers.power(watts, "en")) == expected


def test_amounts_are_finer_while_they_are_few() -> None:
    assert [numbers.energy(v, "en").text for v in (0.456, 5.31, 123.4)] == ["0.46", "5.3", "123"]
    assert [numbers.litres(v, "en").text for v in (3.42, 184.4, 12_345)] == ["3.4", "184", "12,345"]


@pytest.mark.parametrize(
    ("language", "expected"), [("zh", "11\u2009月\u200922\u2009日 14:05"), ("en", "22 Nov 14:05")]
)
def test_a_moment_of_another_day_has_its_date(language: Language, expected: str) -> None:
    moment = at(14, 22) + 5 * 60_000
    assert numbers.moment(moment, at(15, 22), ZONE, language) == "14:05"
    assert numbers.moment(moment, at(15, 23), ZONE, language) == expected
