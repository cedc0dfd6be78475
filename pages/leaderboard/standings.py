"""Every generator of one data set with what was measured of it, and seeds of one recipe together.

Nothing is computed here but the sizes of networks: measurements are read from the files that a run
or checkpoint keeps, so that a list of many is quick.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from gan_core.config import SETTINGS, TrainConfig
from gan_core.errors import CheckpointError, GanError
from gan_core.quality.record import MEASURES, Measured, measured, measured_words
from gan_core.runs.folder import RunInfo
from pages.shared.server import sources


@dataclass(frozen=True)
class Entry:
    """One generator."""

    item: sources.Source
    config: TrainConfig
    info: RunInfo
    step: int
    seconds: float
    grid: int | None
    measured: Measured
    parameters: int  # of the generator
    multiply_adds: int  # of the generator, an image

    @property
    def images(self) -> int:
        """Real images that the discriminator was shown."""
        return self.config.images_at(self.step)

    @property
    def dataset(self) -> str:
        """What it was trained on, as the leaderboards are called."""
        folder = f" {self.config.folder}".rstrip() if self.config.folder else ""
        return self.config.dataset + folder

    @property
    def recipe(self) -> str:
        """The same for trainings that differ in nothing but the seed and what was recorded."""
        same = asdict(self.config)
        for name, setting in SETTINGS.items():
            if name in ("preset", "seed") or setting.group == "record":
                del same[name]
        made = (same, self.info.parent, self.info.forked_at, self.step, self.measured.full)
        return json.dumps([*made, self.measured.samples], sort_keys=True)


@dataclass(frozen=True)
class Standing:
    """A line of the board: one generator, or several seeds of one recipe by their means."""

    entries: tuple[Entry, ...]

    @property
    def name(self) -> str:
        """How it is called."""
        first = self.entries[0]
        if len(self.entries) == 1:
            return first.item.label
        return f"{first.config.preset or first.config.objective}, {len(self.entries)} seeds"

    @property
    def words(self) -> str:
        """How it was measured."""
        return measured_words(self.entries[0].measured)

    def mean(self, name: str) -> float | None:
        """The mean of a measurement over the seeds; None where it was not made."""
        values = self._values(name)
        return statistics.fmean(values) if values else None

    def spread(self, name: str) -> float | None:
        """The standard deviation of a measurement over the seeds (n - 1); None for one."""
        values = self._values(name)
        return statistics.stdev(values) if len(values) > 1 else None

    def _values(self, name: str) -> list[float]:
        return [e.measured.values[name] for e in self.entries if name in e.measured.values]


def entry(item: sources.Source) -> Entry:
    """A generator with what its folder says.

    Raises:
        CheckpointError: it is gone or damaged.
        ConfigError: a network that this program does not know.
    """
    from gan_core.catalog import network_sizes

    run = item.folder
    config, info, status = run.config(), run.info(), run.status()
    config = config.with_steps(info.dataset_size)
    generator, _, work = network_sizes(config, info.image_shape, info.classes)
    grids = run.grids()
    return Entry(
        item=item,
        config=config,
        info=info,
        step=status.step,
        seconds=status.seconds,
        grid=grids[-1] if grids else None,
        measured=measured(run, config.dataset),
        parameters=generator,
        multiply_adds=work,
    )


def standings(entries: Sequence[Entry], order: str, together: bool) -> list[Standing]:
    """The lines of the board, the best first.

    Full measurements come before those made while training, because distances fall with the number
    of samples; what was not measured comes last.
    """
    groups: dict[str, list[Entry]] = {}
    for one in entries:
        seeds = {other.config.seed for other in groups.get(one.recipe, [])}
        apart = not together or one.config.seed in seeds
        groups.setdefault(one.item.id if apart else one.recipe, []).append(one)
    sign = 1 if MEASURES[order].better == "lower" else -1

    def place(standing: Standing) -> tuple[bool, bool, float]:
        value = standing.mean(order)
        full = standing.entries[0].measured.full
        return value is None, not full, 0.0 if value is None else sign * value

    by_seed = (sorted(members, key=lambda one: one.config.seed) for members in groups.values())
    return sorted((Standing(tuple(members)) for members in by_seed), key=place)


def entries() -> tuple[list[Entry], list[str]]:
    """All generators that can be read, and a sentence for each of the others."""
    found, damages = [], []
    for item in sources.list_sources():
        try:
            found.append(entry(item))
        except CheckpointError as error:  # it names the run
            damages.append(str(error))
        except GanError as error:
            damages.append(f"{item.label}: {error}")
    return found, damages
