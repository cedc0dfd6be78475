from __future__ import annotations

import pytest

from gan_core.config import TrainConfig
from gan_core.errors import ConfigError
from gan_core.objectives.breakages import BREAKAGES, with_breakage
from gan_core.objectives.build import build, declaration
from gan_core.objectives.table import OBJECTIVES
from tests.gan_core.helpers import tiny_config


@pytest.mark.parametrize("name", OBJECTIVES)
def test_what_is_built_is_what_is_declared(name: str) -> None:
    config = tiny_config(objective=name)
    assert type(build(config)) is declaration(config) is OBJECTIVES[name]


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_mistake_in_the_code_is_in_what_is_built_and_in_what_is_declared(name: str) -> None:
    mistake = BREAKAGES[name]
    config = with_breakage(tiny_config(objective=mistake.objectives[0]), name)
    plain = OBJECTIVES[config.objective]
    assert (declaration(config) is not plain) == (mistake.objective is not None)
    assert isinstance(build(config), plain)
    assert build(config).critic_norm == declaration(config).critic_norm


def test_an_unknown_breakage_in_a_file_is_refused() -> None:
    with pytest.raises(ConfigError, match="must be empty, or one of"):
        declaration(TrainConfig(breakage="nonsense", steps=5))


def test_a_mistake_in_the_code_of_another_objective_is_refused() -> None:
    with pytest.raises(ConfigError, match="breakage is 'one-sided'; with the objective 'hinge'"):
        declaration(TrainConfig(objective="hinge", breakage="one-sided", steps=5))


def test_a_setting_out_of_range_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^clip is 0\.0; it must be a number from 1e-06 to 100"):
        build(tiny_config(objective="wgan", clip=0))
    build(tiny_config(objective="gan", clip=0))  # which it does not take
