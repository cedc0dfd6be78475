from __future__ import annotations

from dataclasses import replace

import pytest

from gan_core import catalog
from gan_core.data.table import DATASETS
from gan_core.errors import ConfigError
from gan_core.networks.base import AutoencoderCritic, Head, LabelPlane
from gan_core.networks.table import ARCHITECTURES
from gan_core.objectives.table import OBJECTIVES
from gan_core.presets import PRESETS, preset
from tests.gan_core.helpers import tiny_config


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_fits_the_tables(name: str) -> None:
    catalog.check(preset(name))


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


def without_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "plain", replace(DATASETS["tiny"], title="Plain", classes=()))


def test_an_objective_that_needs_classes_refuses_data_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_classes(monkeypatch)
    for name, kind in OBJECTIVES.items():
        config = tiny_config(objective=name, dataset="plain")
        if kind.conditional:
            with pytest.raises(ConfigError, match=rf"'{name}'.* 'plain' has no classes"):
                catalog.check(config)
        else:
            catalog.check(config)
        # a folder says what classes it has when it is read
        catalog.check(tiny_config(objective=name, dataset="folder"))


def test_how_many_classes_a_generator_is_told() -> None:
    classes = ("cat", "dog", "fox")
    assert catalog.class_count(tiny_config(objective="gan"), classes) == 0
    assert catalog.class_count(tiny_config(objective="cgan"), classes) == 3
    assert catalog.class_count(tiny_config(objective="gan"), ()) == 0
    for few in ((), ("cat",)):
        with pytest.raises(ConfigError, match=r"'acgan'.* fewer than two classes"):
            catalog.class_count(tiny_config(objective="acgan"), few)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_networks_are_what_the_objective_needs(name: str) -> None:
    kind = OBJECTIVES[name]
    built = catalog.networks(tiny_config(objective=name), (1, 8, 8), ("even", "odd"))
    assert built.generator.n_classes == (2 if kind.conditional else 0)
    is_autoencoder = kind.head in (Head.SQUARED_ERROR, Head.ABSOLUTE_ERROR)
    assert isinstance(built.critic, AutoencoderCritic) == is_autoencoder
    assert isinstance(built.critic, LabelPlane) == (name == "cgan")


def test_what_does_not_fit_beside_the_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    without_classes(monkeypatch)
    plain = tiny_config(dataset="plain")
    assert set(catalog.misfits(plain, "objective")) == {"cgan", "acgan"}
    assert catalog.misfits(tiny_config(), "objective") == {}
    told = catalog.misfits(tiny_config(objective="cgan"), "dataset")
    assert set(told) == {
        name for name, spec in DATASETS.items() if len(spec.classes) < 2 and name != "folder"
    }
    assert "plain" in told
    sized = catalog.misfits(tiny_config(image_size=28), "architecture")
    assert set(sized) == {
        name for name, spec in ARCHITECTURES.items() if spec.image_size not in (None, 28)
    }
    assert "dcgan-64" in sized
    assert "64 x 64" in sized["dcgan-64"]
    for reason in (*told.values(), *sized.values()):
        assert reason.endswith(".")
