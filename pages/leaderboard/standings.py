"""The board's order: generators by a measurement, seeds of one recipe together. No Streamlit."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gan_core import catalog
from gan_core.config import SETTINGS, TrainConfig
from gan_core.quality.measures import RANKING_MEASURES
from gan_core.quality.record import Quality
from gan_core.runs.folder import RunInfo

if TYPE_CHECKING:
    from pages.shared.runs.state import RunState
    from pages.shared.server.sources import Source


@dataclass(frozen=True)
class Entry:
    """One generator."""

    state: RunState
    config: TrainConfig
    info: RunInfo
    quality: Quality
    parameters: int  # of the generator
    multiply_adds: int  # of the generator, an image

    @property
    def source(self) -> Source:
        """The run or checkpoint."""
        return self.state.source

    @property
    def step(self) -> int:
        """Generator updates."""
        return self.state.step

    @property
    def seconds(self) -> float:
        """Of training."""
        return self.state.seconds

    @property
    def grid(self) -> int | None:
        """The step of its last grid of samples."""
        return self.state.grids[-1] if self.state.grids else None

    @property
    def images(self) -> int:
        """Real images that the discriminator has seen."""
        return self.state.images

    @property
    def dataset(self) -> str:
        """What it was trained on, as the leaderboards are called."""
        folder = f" {self.config.folder}".rstrip() if self.config.folder else ""
        return self.config.dataset + folder

    @property
    def recipe(self) -> str:
        """The same for trainings that differ in nothing but the seed and what they record; what was
        done to them by hand is a difference."""
        settings = catalog.complete(self.config).to_dict()
        for name, setting in SETTINGS.items():
            if name in ("preset", "seed") or setting.group == "record":
                del settings[name]
        origin = (self.info.parent, self.info.forked_at)
        by_hand = [event.to_dict() for event in self.state.events]
        return json.dumps(
            [settings, *origin, by_hand, self.step, self.quality.full, self.quality.samples],
            sort_keys=True,
        )


@dataclass(frozen=True)
class Standing:
    """A line of the board: one generator, or several seeds of one recipe by their means."""

    entries: tuple[Entry, ...]

    @property
    def name(self) -> str:
        """How it is called."""
        first = self.entries[0]
        if len(self.entries) == 1:
            return first.source.label
        return f"{first.config.preset or first.config.objective}, {len(self.entries)} seeds"

    @property
    def words(self) -> str:
        """How it was measured."""
        return self.entries[0].quality.words

    @property
    def seconds(self) -> float:
        """Of training, the mean over the seeds."""
        return statistics.fmean(entry.seconds for entry in self.entries)

    def mean(self, name: str) -> float | None:
        """The mean of a measurement over the seeds; None where it was not made."""
        values = self._values(name)
        return statistics.fmean(values) if values else None

    def spread(self, name: str) -> float | None:
        """The standard deviation of a measurement over the seeds (n - 1); None for one."""
        values = self._values(name)
        return statistics.stdev(values) if len(values) > 1 else None

    def _values(self, name: str) -> list[float]:
        return [e.quality.values[name] for e in self.entries if name in e.quality.values]


def rank(entries: Sequence[Entry], order: str, together: bool) -> list[Standing]:
    """The lines of the board, the best first.

    Full measurements come before those made while training, because distances fall with the number
    of samples; what was not measured comes last.

    Args:
        entries: the generators of one data set.
        order: one of :data:`gan_core.quality.measures.RANKING_MEASURES`.
        together: whether seeds of one recipe are one line.
    """
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        seeds = {other.config.seed for other in groups.get(entry.recipe, [])}
        apart = not together or entry.config.seed in seeds
        groups.setdefault(entry.source.id if apart else entry.recipe, []).append(entry)
    sign = 1 if RANKING_MEASURES[order].better == "lower" else -1

    def place(standing: Standing) -> tuple[bool, bool, float]:
        value = standing.mean(order)
        full = standing.entries[0].quality.full
        return value is None, not full, 0.0 if value is None else sign * value

    by_seed = (sorted(members, key=lambda entry: entry.config.seed) for members in groups.values())
    return sorted((Standing(tuple(members)) for members in by_seed), key=place)


def measures_of(standings: Sequence[Standing], first: str = "") -> list[str]:
    """The measures that any line has a value of, a given one before the others."""
    names = sorted(RANKING_MEASURES, key=lambda name: name != first)
    return [name for name in names if any(line.mean(name) is not None for line in standings)]
