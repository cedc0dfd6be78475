"""Settings that follow the step: what a configuration's ``schedule`` says, read and drawn.

    lr_g cosine 0:0.001 end:2e-05; lr_d linear 0:0 500:0.001; zero_penalty steps 0:1 50%:0.1

An entry is a setting, a kind, and points of a step and a value. A step is a whole number, a share
of the training's length, or ``end``. Before the first point and behind the last the value stays;
where no point is at step 0, the setting's own value is one. The value is a pure function of the
step, so that a training that goes on takes the way that it would have taken.

``linear`` and ``cosine`` (Loshchilov and Hutter 2016, arXiv:1608.03983, equation 5, one period)
go from each point to the next; ``steps`` stays at a point's value until the next. A warm-up is a
first point of 0. Standard library only.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from gan_core.errors import ConfigError

KINDS = ("linear", "cosine", "steps")
MAX_POINTS = 20
STAIRS = 100  # of a whole way; see :meth:`Schedule.in_stairs`
_END = "end"
_FORM = "such as 'lr_g cosine 0:0.001 end:2e-05'"


@dataclass(frozen=True)
class Place:
    """A moment of a training: a step, or a share of its length, which may not be known yet."""

    step: int = 0
    share: float | None = None  # of the length, 0 to 1

    def at(self, steps: int) -> int:
        """The step, in a training of so many."""
        return self.step if self.share is None else round(self.share * steps)

    def __str__(self) -> str:
        if self.share is None:
            return str(self.step)
        return _END if self.share == 1 else f"{100 * self.share:g}%"


@dataclass(frozen=True)
class Schedule:
    """The way of one setting, its points in the order of their steps."""

    name: str
    kind: str
    points: tuple[tuple[Place, float], ...]

    def resolved(self, steps: int) -> Schedule:
        """The same in steps alone, for a training of so many.

        Raises:
            ConfigError: two points fall on one step, or their order turns.
        """
        points = tuple((Place(place.at(steps)), value) for place, value in self.points)
        places = [place.step for place, _ in points]
        if any(later <= earlier for earlier, later in zip(places, places[1:], strict=False)):
            raise ConfigError(
                f"schedule: the points of {self.name} must lie at rising steps; in a training of "
                f"{steps:,} steps they lie at {', '.join(f'{place:,}' for place in places)}."
            )
        return replace(self, points=points)

    def value(self, step: int, own: float) -> float:
        """The value at a step, for a schedule in steps alone.

        Args:
            own: the setting's own value, where the schedule begins if it does not say.
        """
        points = [(place.step, value) for place, value in self.points]
        if points[0][0] > 0:
            points.insert(0, (0, own))
        if step >= points[-1][0]:
            return points[-1][1]
        after = next(index for index, (place, _) in enumerate(points) if place > step)
        if after == 0:
            return points[0][1]
        (start, before), (end, behind) = points[after - 1], points[after]
        share = (step - start) / (end - start)
        if self.kind == "steps":
            return before
        if self.kind == "cosine":
            share = (1 - math.cos(math.pi * share)) / 2
        return before + share * (behind - before)

    def in_stairs(self, step: int) -> int:
        """The step at whose value a setting is held that cannot change at every step, because a GPU
        would have to be told anew: a hundredth of the whole way at a time."""
        width = max(1, self.points[-1][0].step // STAIRS)
        if self.kind == "steps":
            return step
        return min(step - step % width, self.points[-1][0].step)

    def __str__(self) -> str:
        points = " ".join(f"{place}:{value:.10g}" for place, value in self.points)
        return f"{self.name} {self.kind} {points}"


@lru_cache(maxsize=256)
def parse(text: str) -> tuple[Schedule, ...]:
    """What a text says, one schedule a setting.

    Raises:
        ConfigError: one sentence with what is wrong and a right example.
    """
    entries = [entry.split() for entry in text.replace("\n", ";").split(";") if entry.strip()]
    schedules = tuple(_entry(words) for words in entries)
    names = [schedule.name for schedule in schedules]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ConfigError(f"schedule names {twice} twice; give each setting one entry.")
    return schedules


def text_of(schedules: Sequence[Schedule]) -> str:
    """The text that :func:`parse` reads as these."""
    return "; ".join(map(str, schedules))


def resolve(text: str, steps: int) -> str:
    """The same text in steps alone, for a training of so many.

    Raises:
        ConfigError: the points of a setting do not lie at rising steps then.
    """
    return text_of([schedule.resolved(steps) for schedule in parse(text)])


def without(text: str, names: Sequence[str]) -> str:
    """The same text without the entries of these settings."""
    return text_of([schedule for schedule in parse(text) if schedule.name not in names])


def single(value: float) -> float:
    """The number nearest to a value among those of single precision, which is what a GPU keeps a
    rate in that changes: computed either way, a training is the same."""
    rounded: float = struct.unpack("f", struct.pack("f", value))[0]
    return rounded


def _entry(words: Sequence[str]) -> Schedule:
    said = " ".join(words)
    if len(words) < 3 or words[1] not in KINDS:
        raise ConfigError(
            f"schedule says {said!r}; give a setting, one of {', '.join(KINDS)}, and points, "
            f"{_FORM}."
        )
    if len(words) - 2 > MAX_POINTS:
        raise ConfigError(f"schedule gives {words[0]} more than {MAX_POINTS} points.")
    points = tuple(map(_point, words[2:]))
    for (earlier, _), (later, _) in zip(points, points[1:], strict=False):
        known = (earlier.share is None) == (later.share is None)
        if known and (earlier.step, earlier.share or 0) >= (later.step, later.share or 0):
            raise ConfigError(f"schedule: the points of {words[0]} must lie at rising steps.")
    return Schedule(words[0], words[1], points)


def _point(word: str) -> tuple[Place, float]:
    place, colon, number = word.partition(":")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not colon or not math.isfinite(value):
        raise ConfigError(f"schedule has {word!r} for a point; give STEP:VALUE, {_FORM}.")
    if place == _END:
        return Place(share=1.0), value
    if place.endswith("%"):
        try:
            share = float(place[:-1]) / 100
        except ValueError:
            share = math.nan
        if 0 <= share <= 1:
            return Place(share=share), value
    elif place.isascii() and place.isdigit() and len(place) < 10:
        return Place(int(place)), value
    raise ConfigError(
        f"schedule has {word!r} for a point; its step must be a whole number, a share of the "
        f"length such as 50%, or {_END!r}."
    )
