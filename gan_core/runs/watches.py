"""What there is to watch while an objective trains, as its class declares it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_core import catalog
from gan_core.config import TrainConfig
from gan_core.objectives.watches import Watch, at_level

if TYPE_CHECKING:
    from gan_core.runs.history import Curves


def watches_of(config: TrainConfig, curves: Curves) -> tuple[Watch, ...]:
    """The charts of a run's objective, less those of which its curves hold nothing.

    A run that has logged nothing yet has them all; one of an objective that this program does not
    know has none.
    """
    kind = catalog.objectives().get(config.objective)
    if kind is None:
        return ()
    watches = kind.watches
    if not len(curves.get("step", ())):
        return watches
    return tuple(watch for watch in watches if any(name in curves for name in watch.columns))


def levels(watch: Watch, config: TrainConfig) -> dict[str, float]:
    """The levels to draw as lines, by name; a setting's is the run's own."""
    kind = catalog.objective_class(config.objective)
    settings = catalog.objective_values(config)
    return {name: at_level(level, settings) for name, level in watch.levels(kind.targets).items()}
