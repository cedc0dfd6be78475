"""The objective of a configuration: the only reader of ``config.breakage``."""

from __future__ import annotations

from gan_core.config import TrainConfig
from gan_core.errors import ConfigError
from gan_core.objectives.base import Objective
from gan_core.objectives.breakages import BREAKAGES, check_fit
from gan_core.objectives.settings import own_settings, own_values
from gan_core.objectives.table import objective_class


def build(config: TrainConfig) -> Objective:
    """The objective of a configuration, broken or not, with the settings that are its own.

    Raises:
        ConfigError: the objective or the breakage is unknown, or a setting is out of range.
    """
    kind = declaration(config)
    values = own_values(kind, config)
    for name, setting in own_settings(kind).items():
        setting.check_number(name, values[name])
    return kind(**values)


def declaration(config: TrainConfig) -> type[Objective]:
    """The class of a configuration's objective, broken or not: what it declares of networks,
    settings and curves, where no losses are needed.

    Raises:
        ConfigError: the objective is unknown, or the breakage, or that cannot be made in it.
    """
    kind = objective_class(config.objective)
    if not config.breakage:
        return kind
    if config.breakage not in BREAKAGES:
        raise ConfigError(
            f"breakage is {config.breakage!r}; it must be empty, or one of {', '.join(BREAKAGES)}."
        )
    mistake = BREAKAGES[config.breakage].objective
    if mistake is None:  # it is in the settings alone
        return kind
    check_fit(config.breakage, config.objective)
    return mistake(kind)
