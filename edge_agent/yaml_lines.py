"""The nearest known word, in the installer's language."""

from __future__ import annotations

from collections.abc import Iterable

from checked_yaml import model
from checked_yaml.lines import ConfigError, KeyPath, LineOf, dotted, load_with_lines
from checked_yaml.model import Config, explain, unknown_choice, validated, wrong
from edge_agent.language import said

__all__ = [
    "Config",
    "ConfigError",
    "KeyPath",
    "LineOf",
    "dotted",
    "explain",
    "load_with_lines",
    "nearest",
    "unknown_choice",
    "validated",
    "wrong",
]


def nearest(word: str, choices: Iterable[str]) -> str:
    """A remedy for a word that is none of `choices`: the likeliest one, and all where they are few."""
    return model.nearest(word, choices, lambda likeliest: said("did_you_mean", nearest=likeliest))
