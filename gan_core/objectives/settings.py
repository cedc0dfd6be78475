"""An objective's own settings: the arguments of its constructor, as their annotations explain them.

    def __init__(self, clip: Annotated[float, Setting("Weight clip", "...")] = 0.01) -> None:

No torch here: the class is looked at, not what it computes.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, get_type_hints

from gan_core.config import Setting, TrainConfig

if TYPE_CHECKING:
    from gan_core.objectives.base import Objective


@cache  # a form asks for them a hundred times
def own_settings(kind: type[Objective]) -> Mapping[str, Setting]:
    """How each setting of an objective is explained and bounded, by its name.

    Raises:
        TypeError: an argument of the constructor has no :class:`~gan_core.config.Setting`, or no
            number for a default.
    """
    hints = get_type_hints(kind.__init__, include_extras=True)
    settings: dict[str, Setting] = {}
    for name, argument in inspect.signature(kind).parameters.items():
        notes = getattr(hints.get(name), "__metadata__", ())
        explanations = [note for note in notes if isinstance(note, Setting)]
        if not explanations or not isinstance(argument.default, int | float):
            raise TypeError(
                f"{kind.__name__} takes {name}, which must be Annotated[float, Setting(...)] with "
                "a number for a default."
            )
        settings[name] = explanations[0]
    return MappingProxyType(settings)


def own_values(kind: type[Objective], config: TrainConfig) -> dict[str, float]:
    """The values of an objective's settings: what the configuration states, else the defaults."""
    arguments = inspect.signature(kind).parameters
    return {
        name: config.objective_settings.get(name, float(arguments[name].default))
        for name in own_settings(kind)
    }
