from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gan_core import catalog
from gan_core.cli.assignments import parse_assignments
from gan_core.config import SETTINGS
from gan_core.data.table import DATASETS
from gan_core.errors import ConfigError
from gan_core.networks.base import AutoencoderCritic, LabelPlane
from gan_core.networks.needs import Head
from gan_core.networks.table import ARCHITECTURES
from gan_core.objectives import build as objectives
from gan_core.objectives.settings import own_settings
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
    assert all(name in message for name in catalog.TABLES[table]())


@pytest.mark.parametrize("name", OBJECTIVES)
def test_what_an_objectives_own_setting_cannot_be_is_named_with_what_is_allowed(name: str) -> None:
    for setting, explained in own_settings(OBJECTIVES[name]).items():
        assert explained.minimum is not None
        assert explained.maximum is not None
        for value in (explained.minimum - 1, explained.maximum + 1):
            with pytest.raises(ConfigError) as caught:
                catalog.check(tiny_config(objective=name, **{setting: value}))
            message = str(caught.value)
            assert message.startswith(f"{setting} is ")
            assert f"from {explained.minimum:g} to {explained.maximum:,.10g}" in message
        for value in (explained.minimum, explained.maximum):
            catalog.check(tiny_config(objective=name, **{setting: value}))


def test_a_setting_of_another_objective_does_no_harm_and_is_checked_too() -> None:
    catalog.check(tiny_config(objective="gan", clip=0.02))
    with pytest.raises(ConfigError, match=r"^clip is 200\.0; .* from 1e-06 to 100"):
        catalog.check(tiny_config(objective="gan", clip=200))


def test_unknown_settings_are_named_beside_the_known_ones() -> None:
    refusals: list[Callable[[], object]] = [
        lambda: catalog.check(tiny_config(learning_rate=1)),
        lambda: catalog.check(tiny_config().with_settings(parse_assignments(["learning_rate=1"]))),
        lambda: catalog.check_names({"steps": 3, "learning_rate": 1}),
    ]
    for refuse in refusals:
        with pytest.raises(ConfigError, match=r"'learning_rate' is not a setting; .*lr_g, lr_d"):
            refuse()


def test_every_setting_is_explained_where_it_stands() -> None:
    every = catalog.settings()
    assert set(SETTINGS) < set(every)
    for name, kind in OBJECTIVES.items():
        own = own_settings(kind)
        assert not set(own) & {*SETTINGS, "run", "objective_settings"}  # flat in config.json
        assert all(one.label and one.help and one.group == "objective" for one in own.values())
        assert list(catalog.settings(name)) == list(
            catalog.complete(tiny_config(objective=name)).to_dict()
        )


def test_completing_states_what_is_the_objectives_own_and_nothing_else() -> None:
    old = tiny_config(objective="wgan", clip=0.02, margin=0.2, k_rate=0.5)
    assert catalog.complete(old).objective_settings == {"clip": 0.02}
    assert catalog.complete(tiny_config(objective="wgan")).objective_settings == {"clip": 0.01}
    assert catalog.complete(tiny_config(clip=0.02)) == tiny_config()
    unknown = tiny_config(objective="of another program", clip=0.02)
    assert catalog.complete(unknown) == unknown


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
    config = tiny_config(objective=name)
    built = catalog.networks(config, objectives.build(config), (1, 8, 8), ("even", "odd"))
    assert built.generator.n_classes == (2 if kind.conditional else 0)
    is_autoencoder = kind.head in (Head.SQUARED_ERROR, Head.ABSOLUTE_ERROR)
    assert isinstance(built.critic, AutoencoderCritic) == is_autoencoder
    assert isinstance(built.critic, LabelPlane) == (name == "cgan")


def test_what_does_not_fit_beside_the_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    without_classes(monkeypatch)
    plain = tiny_config(dataset="plain")
    assert set(catalog.misfits(plain, "objective")) == {"cgan", "acgan"}
    assert catalog.misfits(tiny_config(), "objective") == {}
    reasons = catalog.misfits(tiny_config(objective="cgan"), "dataset")
    assert set(reasons) == {
        name for name, spec in DATASETS.items() if len(spec.classes) < 2 and not spec.named
    }
    assert "plain" in reasons
    sized = catalog.misfits(tiny_config(image_size=28), "architecture")
    assert set(sized) == {
        name for name, spec in ARCHITECTURES.items() if spec.image_size not in (None, 28)
    }
    assert "dcgan-64" in sized
    assert "64 x 64" in sized["dcgan-64"]
    for reason in (*reasons.values(), *sized.values()):
        assert reason.endswith(".")


def test_what_may_change_while_a_training_runs() -> None:
    config = tiny_config(objective="wgan", architecture="mlp")
    assert list(catalog.live_settings(config)) == [
        "lr_g", "lr_d", "beta1", "beta2", "d_steps", "g_steps", "ema_decay", "clip"
    ]  # fmt: skip
    assert catalog.changed(config, "clip", 0.5).objective_settings == {"clip": 0.5}
    assert catalog.changed(config, "d_steps", 5).d_steps == 5
    scheduled = config.with_settings({"schedule": "clip linear 9:0.5; lr_g linear 9:0.5"})
    assert catalog.changed(scheduled, "clip", 0.5).schedule == "lr_g linear 9:0.5"
    with pytest.raises(ConfigError, match="average, which cannot begin or end"):
        catalog.changed(config, "ema_decay", 0)
    with pytest.raises(ConfigError, match="seed cannot change while a run trains; only lr_g"):
        catalog.changed(config, "seed", 5)
    with pytest.raises(ConfigError, match=r"clip is 200\.0; it must be"):
        catalog.changed(config, "clip", 200)


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("seed linear 9:1", "names 'seed', which cannot follow the step with 'wgan'; only lr_g"),
        ("margin linear 9:1", "names 'margin'"),
        ("lr_g linear 9:2", "schedule's lr_g is 2"),
    ],
)
def test_a_schedule_of_what_cannot_follow_the_step_is_refused(schedule: str, words: str) -> None:
    config = tiny_config(objective="wgan", architecture="mlp", schedule=schedule)
    with pytest.raises(ConfigError, match=words):
        catalog.check(config)


def test_settings_of_points_are_refused_where_they_do_not_apply() -> None:
    for name, value in (("points", 500), ("deviation", 0.1)):
        with pytest.raises(ConfigError, match=rf"{name} is {value}.*'digits' is as it is: set"):
            catalog.check(tiny_config(dataset="digits", **{name: value}))
        catalog.check(preset("ring-gan").with_settings({name: value}))
    for name in ("depth", "width"):
        with pytest.raises(ConfigError, match=rf"{name} is 3.*'mlp' has the layers that it has"):
            catalog.check(tiny_config(architecture="mlp", **{name: 3}))
        catalog.check(preset("ring-gan").with_settings({name: 3}))


def test_hidden_layers_are_those_asked_for() -> None:
    config = preset("ring-gan").with_settings({"depth": 1, "width": 8})
    assert catalog.network_sizes(config, (2, 1, 1), ("0",))[:2] == (42, 33)
