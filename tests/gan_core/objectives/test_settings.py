from __future__ import annotations

import inspect
from typing import Annotated

import pytest

from gan_core.config import Setting
from gan_core.objectives.base import Objective
from gan_core.objectives.settings import own_settings, own_values
from gan_core.objectives.table import OBJECTIVES
from gan_core.objectives.wasserstein import WGANGP
from tests.gan_core.helpers import tiny_config
from tests.gan_core.objectives.losses import named_objective


@pytest.mark.parametrize("name", OBJECTIVES)
def test_an_objective_takes_its_settings_from_the_configuration(name: str) -> None:
    kind = OBJECTIVES[name]
    arguments = inspect.signature(kind).parameters
    assert tuple(arguments) == tuple(own_settings(kind))
    for setting, default in own_values(kind, tiny_config(objective=name)).items():
        assert arguments[setting].default == default
        value = default / 2  # neither the default nor out of range
        assert getattr(named_objective(name, **{setting: value}), setting) == value


def test_an_objective_has_its_own_settings_alone() -> None:
    objective = named_objective("wgan-gp", gradient_penalty=3.0, clip=5.0)
    assert isinstance(objective, WGANGP)
    assert vars(objective).keys() == {"gradient_penalty", "random"}


def test_published_defaults() -> None:
    defaults: dict[str, float] = {}
    for name, kind in OBJECTIVES.items():
        defaults |= own_values(kind, tiny_config(objective=name))
    published = {"gradient_penalty": 10, "clip": 0.01, "zero_penalty": 1, "class_weight": 1}
    published |= {"margin": 0.2, "pull_away": 0.1, "diversity": 0.5, "k_rate": 0.001}
    assert {name: defaults[name] for name in published} == published


def test_an_argument_that_nobody_explains_is_the_programmers_mistake() -> None:
    class Bare(Objective):
        def __init__(self, weight: float = 1.0) -> None:
            self.weight = weight

    class Needy(Objective):
        def __init__(self, weight: Annotated[float, Setting("Weight", "Of it.")]) -> None:
            self.weight = weight

    for kind in (Bare, Needy):
        with pytest.raises(TypeError, match=f"{kind.__name__} takes weight, which must be"):
            own_settings(kind)


def test_what_is_stated_goes_before_the_default() -> None:
    wgan = OBJECTIVES["wgan"]
    assert own_values(wgan, tiny_config()) == {"clip": 0.01}
    assert own_values(wgan, tiny_config(clip=0.3, margin=2.0)) == {"clip": 0.3}
