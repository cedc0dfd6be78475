from __future__ import annotations

import pytest

from gan_core import catalog
from gan_core.errors import ConfigError
from gan_core.presets import PRESETS
from tests.gan_core.helpers import tiny_config


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_fits_the_tables(name: str) -> None:
    catalog.check(PRESETS[name]())


@pytest.mark.parametrize(
    ("key", "table"),
    [
        ("dataset", "datasets"),
        ("architecture", "architectures"),
        ("objective", "objectives"),
    ],
)
def test_an_unknown_name_is_answered_with_all_known_ones(key: str, table: str) -> None:
    with pytest.raises(ConfigError) as caught:
        catalog.check(tiny_config(**{key: "nonsense"}))
    message = str(caught.value)
    assert message.startswith(f"{key} is 'nonsense'; choose one of ")
    assert all(name in message for name in catalog.TABLES[table])


def test_a_size_that_the_network_cannot_make_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"image_size is 32; .*'dcgan-28' .*28 x 28"):
        catalog.check(tiny_config(architecture="dcgan-28", image_size=32))
    catalog.check(tiny_config(architecture="dcgan-28", image_size=28))
    catalog.check(tiny_config(architecture="mlp", image_size=32))


@pytest.mark.parametrize(
    ("changes", "side"),
    [
        ({"image_size": 12}, 12),
        ({"dataset": "mnist"}, 28),
        ({"dataset": "cifar10"}, 32),
        ({"dataset": "mnist", "architecture": "dcgan-64"}, 64),
        ({"dataset": "folder"}, 64),
        ({"dataset": "folder", "architecture": "dcgan-28"}, 28),
    ],
)
def test_the_side_of_the_pictures(changes: dict[str, object], side: int) -> None:
    assert catalog.image_size(tiny_config(**changes)) == side
