"""What the installer reads, in Chinese or English: `said(key, …)` in the language chosen for this process.

Words that stand in files (keys, profiles, protocols) are never translated.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Final, Literal, get_args

import yaml

from checked_yaml import model

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
#: Looked at in this order; the first that is not empty says it (POSIX.1, 8.2).
_VARIABLES: Final = ("PLUMBLINE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")

_chosen: ContextVar[Language] = ContextVar("language", default="en")


def of_environment(environment: Mapping[str, str]) -> Language:
    """`zh` where the locale is a Chinese one, else `en`."""
    named = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return "zh" if named.lower().startswith("zh") else "en"


def choose(language: Language) -> None:
    """What `said` says from now on."""
    _chosen.set(language)


def chosen() -> Language:
    """The language of this process."""
    return _chosen.get()


def said(key: str, /, **values: object) -> str:
    """The message `key` of `messages.yaml` with its values put in. Raises KeyError where there is none."""
    return messages()[key][_chosen.get()].format(**values)


def nearest(word: str, choices: Iterable[str]) -> str:
    """A remedy for a word that is none of `choices`: the likeliest one, and all where they are few."""
    return model.nearest(word, choices, lambda likeliest: said("did_you_mean", nearest=likeliest))


@functools.cache
def messages() -> dict[str, dict[Language, str]]:
    """All messages, by key and language."""
    text = (Path(__file__).parent / "messages.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[Language, str]] = yaml.safe_load(text)
    return loaded


def places(text: str) -> set[str]:
    """The names of the values a message has room for."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
