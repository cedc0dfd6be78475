"""Values of a run's files as they may be: a run folder is input like any other.

A run comes from other versions, other machines, other hands and interrupted disks. Each file is
read by one function, and its values pass here: a value that cannot be is left out, with its default
in its place, and named.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

MAX_STEPS = 10**9 - 1  # the most that a grid's name has room for
MAX_SECONDS = 1e10  # three centuries of training
MAX_IMAGES = 10**9
MAX_IMAGES_SEEN = 10**15  # over a whole training
MAX_SIZE = 10**15  # of a network, in weights or in the work that it makes
MAX_EVENTS = 100_000  # done to one run by hand
MAX_NUMBER = 1e100  # of what is logged: sums, squares and means of such numbers are finite too
MAX_TEXT = 2_000  # letters of a name or a message


def is_number(value: object, most: float = MAX_NUMBER) -> bool:
    """Whether a value is a number that can be counted with: no NaN, none beyond ``most``."""
    return type(value) in (int, float) and -most <= value <= most  # type: ignore[operator]


class Fields:
    """The values of one file by name, each read as what it must be.

    Args:
        values: what the file holds; anything but a mapping reads as no values.

    Attributes:
        damage: what was left out, in words.
    """

    def __init__(self, values: object) -> None:
        self.damage: list[str] = []
        self._values: Mapping[str, Any] = values if isinstance(values, dict) else {}
        if not isinstance(values, dict):
            self.damage.append("it holds no settings by name")

    def whole(self, name: str, most: int, default: int = 0) -> int:
        """A whole number from 0 to ``most``."""
        value = self._values.get(name, default)
        if type(value) is int and 0 <= value <= most:
            return value
        self._leave_out(name, value)
        return default

    def number(self, name: str, most: float, default: float = 0.0) -> float:
        """A number from 0 to ``most``."""
        value = self._values.get(name, default)
        if is_number(value, most) and value >= 0:
            return float(value)
        self._leave_out(name, value)
        return default

    def text(self, name: str, default: str = "") -> str:
        """A text of at most :data:`MAX_TEXT` letters."""
        value = self._values.get(name, default)
        if isinstance(value, str) and len(value) <= MAX_TEXT:
            return value
        self._leave_out(name, value)
        return default

    def _leave_out(self, name: str, value: object) -> None:
        self.damage.append(f"{name} is {_in_short(value)}")


def _in_short(value: object) -> str:
    if type(value) is int and value.bit_length() > 64:  # to write it out may be refused
        return f"a number of about {math.ceil(value.bit_length() * math.log10(2)):,} digits"
    words = repr(value)
    return words if len(words) <= 40 else f"{words[:40]}..."


def describe_damage(file: str, damage: Sequence[str]) -> str:
    """What of a file was left out, in a sentence; empty where nothing was."""
    return f"Left out of {file}: {'; '.join(damage)}." if damage else ""
