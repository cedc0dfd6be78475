from __future__ import annotations

from typing import Any

import pytest

from gan_core.catalog import complete
from gan_core.data.table import dataset_spec
from gan_core.errors import ConfigError
from gan_core.objectives.table import OBJECTIVES
from gan_core.presets import PRESETS, preset


@pytest.mark.parametrize("name", PRESETS)
def test_a_recipe_says_its_name_and_its_source(name: str) -> None:
    assert preset(name).preset == name
    recipe = PRESETS[name]
    assert recipe.source
    assert f"Source: {recipe.source}." in recipe.details
    for words in (recipe.title, recipe.source):
        assert words.strip() == words and not words.endswith(".")


def test_the_recipes_of_the_laboratory() -> None:
    assert preset("gan-mnist").architecture == "mlp"
    assert preset("gan-small-mnist").architecture == "mlp-small"
    assert preset("dcgan-64").latent_dim == 100
    assert preset("digits").dataset == "digits"
    pictures = [name for name in PRESETS if not dataset_spec(preset(name).dataset).points]
    assert pictures[-1] == "digits"
    assert list(PRESETS)[: len(pictures)] == pictures


def test_every_objective_has_a_recipe_on_points() -> None:
    assert {preset(f"ring-{name}").objective for name in OBJECTIVES} == set(OBJECTIVES)


def test_every_objective_and_every_published_network_has_a_recipe() -> None:
    configs = [recipe.config for recipe in PRESETS.values()]
    published = "gan gan-minimax lsgan hinge wgan wgan-gp dragan cgan acgan ebgan began r3gan"
    assert {config.objective for config in configs} >= set(published.split())
    networks = "mlp mlp-small mlp-wide dcgan-28 dcgan-64 dcgan-upsample hybrid infogan"
    assert {config.architecture for config in configs} >= set(networks.split())


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        (
            "gan-wide-mnist",
            {"architecture": "mlp-wide", "lr_g": 1e-3, "lr_d": 1e-3, "beta1": 0.55},
        ),
        ("dcgan-upsample-mnist", {"architecture": "dcgan-upsample", "lr_g": 2e-4, "beta1": 0.5}),
        (
            "hybrid-mnist",
            {
                "architecture": "hybrid",
                "noise": "uniform",
                "latent_dim": 64,
                "batch_size": 16,
                "batch_size_g": 256,
                "g_steps": 2,
                "d_steps": 1,
            },
        ),
        ("infogan-mnist", {"architecture": "infogan", "lr_g": 1e-3, "lr_d": 2e-4, "beta1": 0.5}),
        (
            "wgan-mnist",
            {
                "objective": "wgan",
                "optimizer": "rmsprop",
                "lr_g": 5e-5,
                "lr_d": 5e-5,
                "clip": 0.01,
                "d_steps": 5,
            },
        ),
        (
            "wgan-gp-mnist",
            {
                "objective": "wgan-gp",
                "optimizer": "adam",
                "beta1": 0.0,
                "beta2": 0.9,
                "gradient_penalty": 10.0,
            },
        ),
    ],
)
def test_published_settings(name: str, settings: dict[str, Any]) -> None:
    values = complete(preset(name)).to_dict()
    assert {key: values[key] for key in settings} == settings


def test_recipes_of_objectives_differ_from_dcgan_mnist_in_the_objective_and_its_optimizer() -> None:
    light = preset("dcgan-mnist")
    for name in PRESETS:
        config = preset(name)
        if name == f"{config.objective}-mnist" and config.objective != "gan":
            assert (config.dataset, config.architecture, config.latent_dim) == (
                light.dataset, light.architecture, light.latent_dim,
            )  # fmt: skip


def test_an_unknown_recipe_is_answered_with_all_known_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        preset("gan-minst")
    assert "'gan-minst'" in str(caught.value)
    assert all(name in str(caught.value) for name in PRESETS)
