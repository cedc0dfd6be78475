"""What to watch while an objective trains, and what it holds its curves at; plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Level = float | str  # a number, or the name of one of the objective's own settings


@dataclass(frozen=True)
class Target:
    """Where an objective wants a column of the curves to be."""

    level: Level
    label: str = "target"  # of the line that a chart of that column has


@dataclass(frozen=True)
class Watch:
    """A chart of some parts of an objective's losses.

    ``lines`` are levels to draw, by label, beside the objective's targets for these columns.
    """

    title: str
    columns: Mapping[str, str]  # name of a part -> its label
    words: str  # what healthy curves look like
    lines: Mapping[str, float] = field(default_factory=dict)
    bounds: tuple[float, float] | None = None

    def levels(self, targets: Mapping[str, Target]) -> dict[str, Level]:
        """All lines of the chart by label: its own, and the targets of its columns."""
        aims = [targets[name] for name in self.columns if name in targets]
        return {**self.lines, **{aim.label: aim.level for aim in aims}}


def at_level(level: Level, settings: Mapping[str, float]) -> float:
    """A level as a number, where the objective's settings have those values."""
    return settings[level] if isinstance(level, str) else level


PROBABILITIES = Watch(
    "What the discriminator says",
    {"d/D(x)": "D(x)", "d/D(G(z))": "D(G(z)) before", "g/D(G(z))": "D(G(z)) after"},
    "D(G(z)) is taken twice a step, on the same pictures: before the discriminator's update, and "
    "after it, when the generator learns from it.",
    {"chance": 0.5},
    (0.0, 1.0),
)
VALUES = Watch(
    "What the critic says",
    {"d/score(x)": "D(x)", "d/score(G(z))": "D(G(z))"},
    "The two curves stay apart while the critic still tells real from generated; only their "
    "distance has a meaning, not their height.",
)
DISTANCE = Watch(
    "Wasserstein estimate",
    {"d/wasserstein": "E[D(x)] - E[D(G(z))]"},
    "Falls slowly as the pictures get better, in units that depend on the critic.",
)
