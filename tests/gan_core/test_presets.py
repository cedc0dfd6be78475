from __future__ import annotations

import inspect

import pytest

from gan_core.errors import ConfigError
from gan_core.presets import PRESETS, preset


@pytest.mark.parametrize("name", PRESETS)
def test_a_recipe_says_its_name_and_its_source(name: str) -> None:
    assert preset(name).preset == name
    assert "Source: " in (inspect.getdoc(PRESETS[name]) or "")


def test_the_recipes_of_the_laboratory() -> None:
    assert list(PRESETS) == ["gan-mnist", "gan-small-mnist", "dcgan-mnist", "dcgan-64", "digits"]
    assert preset("gan-mnist").architecture == "mlp"
    assert preset("gan-small-mnist").architecture == "mlp-small"
    assert preset("dcgan-64").latent_dim == 100
    assert preset("digits").dataset == "digits"


def test_an_unknown_recipe_is_answered_with_all_known_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        preset("gan-minst")
    assert "'gan-minst'" in str(caught.value)
    assert all(name in str(caught.value) for name in PRESETS)
