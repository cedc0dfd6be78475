from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gan_core import catalog
from gan_core.errors import ConfigError
from gan_core.places import CHECKPOINTS_DIR
from gan_core.runs.folder import RunFolder
from gan_core.runs.sizes import network_sizes
from gan_core.runs.store import RunStore
from tests.gan_core.helpers import start

SHIPPED = RunStore(CHECKPOINTS_DIR).list()


@pytest.mark.parametrize("run", SHIPPED, ids=lambda run: run.name)
def test_what_ships_says_the_sizes_that_are_counted(run: RunFolder) -> None:
    config, info = run.config(), run.info()
    counted = catalog.network_sizes(config, info.image_shape, info.classes)
    assert info.network_sizes == network_sizes(config, info) == counted


def test_a_training_writes_them_when_it_begins(tmp_path: Path) -> None:
    start(tmp_path / "run", objective="cgan").close()
    run = RunFolder(tmp_path / "run")
    config, info = run.config(), run.info()
    # z of 4 numbers and two classes, 32, 64, 128 and 64 units: 224 + 2,112 + 8,320 + 8,256 weights.
    assert info.network_sizes == catalog.network_sizes(config, info.image_shape, info.classes)
    assert info.generator_parameters == 18_912
    assert info.multiply_adds == 6 * 32 + 32 * 64 + 64 * 128 + 128 * 64
    assert network_sizes(config, replace(info, critic_parameters=0)) == info.network_sizes


def test_a_network_that_is_not_known_is_named_though_its_sizes_are_written(tmp_path: Path) -> None:
    run = RunStore(CHECKPOINTS_DIR).get("dcgan-mnist")
    with pytest.raises(ConfigError, match="'other'"):
        network_sizes(replace(run.config(), architecture="other"), run.info())
