"""Settings as they are typed on a command line: ``key=value``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gan_core.config import SETTING_TYPES, SETTINGS
from gan_core.errors import ConfigError


def parse_assignments(assignments: Iterable[str]) -> dict[str, Any]:
    """Settings from ``key=value`` words, each read in the type of its setting. Of other names,
    which may be an objective's own settings, what reads as a number is one.

    Raises:
        ConfigError: a word has no '=', or a value of another type.
    """
    values: dict[str, Any] = {}
    for word in assignments:
        key, equals, text = word.partition("=")
        if not equals:
            raise ConfigError(f"{word!r} is not of the form key=value.")
        values[key] = _parse(key, text.strip())
    return values


def _parse(key: str, text: str) -> Any:
    kind = SETTING_TYPES.get(key, "float")
    try:
        if kind == "int":
            return int(text)
        if kind == "float":
            return float(text)
    except ValueError:
        if key in SETTINGS:
            number = "a whole number" if kind == "int" else "a number"
            allowed = f"{number}{SETTINGS[key].range_words}"
            raise ConfigError(f"{key} is {text!r}; it must be {allowed}.") from None
    return text
