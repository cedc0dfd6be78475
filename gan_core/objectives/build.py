"""The objective of a configuration."""

from __future__ import annotations

from gan_core.config import TrainConfig
from gan_core.errors import ConfigError
from gan_core.objectives.base import Objective
from gan_core.objectives.breakages import BREAKAGES, Kind
from gan_core.objectives.table import objective_class


def objective(config: TrainConfig, kind: type[Objective] | None = None) -> Objective:
    """The objective of a configuration, or another kind of it, with those of its settings that it
    has.

    Raises:
        ConfigError: there is none of that name.
    """
    kind = kind or objective_class(config.objective)
    return kind(**{name: getattr(config, name) for name in kind.settings})


def kind_of(config: TrainConfig) -> Kind:
    """The class of a configuration's objective, with the mistake in it where it is in the code.

    Raises:
        ConfigError: the objective or the breakage is unknown.
    """
    kind = objective_class(config.objective)
    if not config.breakage:
        return kind
    if config.breakage not in BREAKAGES:
        raise ConfigError(
            f"breakage is {config.breakage!r}; it must be empty, or one of {', '.join(BREAKAGES)}."
        )
    change = BREAKAGES[config.breakage].objective
    return change(kind) if change else kind
