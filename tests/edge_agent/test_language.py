"""Every message is there in both languages and says the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from edge_agent import language
from edge_agent.cli import main
from edge_agent.language import LANGUAGES, Language, messages, nearest, of_environment, places, said
from wire.batch import FaultReason

SOURCES = Path(language.__file__).parent


@pytest.mark.parametrize("key", sorted(messages()))
def test_a_message_stands_in_both_languages_with_the_same_values(key: str) -> None:
    texts = messages()[key]
    assert set(texts) == set(LANGUAGES)
    assert places(texts["zh"]) == places(texts["en"])
    assert re.search(r"[\u4e00-\u9fff（）：]", texts["zh"])
    assert not re.search(r"[\u4e00-\u9fff]", texts["en"])


def test_every_message_is_said_somewhere_and_whatever_is_said_is_a_message() -> None:
    code = [path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py")]
    nodes = [node for text in code for node in ast.walk(ast.parse(text))]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant)}
    assert set(messages()) <= texts | set(get_args(FaultReason))
    assert set(get_args(FaultReason)) <= set(messages())
    assert set(re.findall(r"""said\(\s*["']([^"']+)""", "\n".join(code))) <= set(messages())


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({}, "en"),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"PLUMBLINE_LANG": "zh", "LC_ALL": "C.UTF-8"}, "zh"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "C"}, "zh"),
    ],
)
def test_the_language_is_the_locales(environment: dict[str, str], expected: Language) -> None:
    assert of_environment(environment) == expected


def test_mistakes_and_help_are_told_in_the_language_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "site.yaml"
    file.write_text("site: 工地\nlines: []\n", encoding="utf-8")
    assert main(["--lang", "zh", "check", str(file)]) == 2
    assert f'{file}:1: site: "工地" 只能用 a-z、0-9 和 -' in capsys.readouterr().err
    assert main(["check", str(file), "--lang", "en"]) == 2
    assert f'{file}:1: site: "工地" must be a-z, 0-9 and -' in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--lang", "zh", "--help"])
    assert "读取工地上的设备" in capsys.readouterr().out
    language.choose("zh")
    assert said("missing") == "缺少"


def test_the_nearest_word_is_named_and_all_of_them_where_they_are_few() -> None:
    assert nearest("modbos", ["modbus", "dlt645"]) == 'did you mean "modbus"? (dlt645, modbus)'
    assert nearest("zzz", ["modbus", "dlt645"]) == "(dlt645, modbus)"
