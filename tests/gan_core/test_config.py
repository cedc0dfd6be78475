from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from gan_core.cli.assignments import parse_assignments
from gan_core.config import MAX_SEED, SETTINGS, TrainConfig, parse_seeds
from gan_core.errors import ConfigError
from gan_core.files import dump_json
from gan_core.presets import PRESETS, preset

BOUNDED = {name: setting for name, setting in SETTINGS.items() if setting.maximum is not None}
WHOLE = {item.name for item in dataclasses.fields(TrainConfig) if item.type == "int"}
TEXT = sorted(set(SETTINGS) - set(BOUNDED))


def build(**values: Any) -> TrainConfig:
    return TrainConfig(**{"steps": 10, **values})


@pytest.mark.parametrize("name", BOUNDED)
def test_a_value_out_of_range_is_named_with_what_is_allowed(name: str) -> None:
    setting = BOUNDED[name]
    assert setting.minimum is not None
    assert setting.maximum is not None
    above = setting.maximum if setting.open_maximum else setting.maximum + 1
    for value in (setting.minimum - 1, above):
        with pytest.raises(ConfigError) as caught:
            build(**{name: int(value) if name in WHOLE else value})
        message = str(caught.value)
        assert message.startswith(f"{name} is ")
        assert f"from {setting.minimum:g} to " in message
        assert f"{setting.maximum:,.10g}" in message


@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize("value", ["3", None, True, float("nan"), float("inf"), [1]])
def test_a_number_of_the_wrong_kind_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"^{name} is "):
        build(**{name: value})


def test_a_number_beyond_all_floats_is_out_of_range() -> None:
    for name in BOUNDED:
        with pytest.raises(ConfigError, match=f"^{name} is "):
            build(**{name: 10**400})


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_a_fraction_is_no_whole_number(name: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name} is 1.5; it must be a whole number"):
        build(**{name: 1.5})


@pytest.mark.parametrize("name", TEXT)
def test_text_must_be_text(name: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name} is 3; it must be text"):
        build(**{name: 3})


def test_limits_themselves_are_allowed() -> None:
    for name, setting in BOUNDED.items():
        if name in ("steps", "epochs", "channels") or setting.open_maximum:
            continue
        for limit in (setting.minimum, setting.maximum):
            assert limit is not None
            config = build(**{name: int(limit) if name in WHOLE else limit})
            assert getattr(config, name) == limit


def test_two_channels_are_neither_grey_nor_colour() -> None:
    with pytest.raises(ConfigError, match=r"channels is 2; .*1 .*3 .*0"):
        build(channels=2)


def test_exactly_one_of_steps_and_epochs() -> None:
    with pytest.raises(ConfigError, match="steps is 5 and epochs is 2"):
        TrainConfig(steps=5, epochs=2)
    with pytest.raises(ConfigError, match="steps and epochs are both 0"):
        TrainConfig()
    assert build(steps=5).with_settings({"epochs": 2}) == build(steps=0, epochs=2)
    assert build(steps=0, epochs=2).with_settings({"steps": 5}) == build(steps=5)
    with pytest.raises(ConfigError, match="steps is 5 and epochs is 2"):
        build().with_settings({"steps": 5, "epochs": 2})


def test_epochs_become_steps_once_the_data_is_known() -> None:
    config = build(steps=0, epochs=3, batch_size=10)
    assert config.steps_per_epoch(105) == 10
    assert config.with_steps(105) == build(steps=30, batch_size=10)
    assert config.with_settings({"d_steps": 5}).with_steps(105).steps == 6
    assert config.with_steps(4).steps == 3  # fewer images than one batch: still a step an epoch
    assert build(steps=7).with_steps(105).steps == 7


@pytest.mark.parametrize(
    ("rounds", "batches", "images"),
    [
        # by step 0, 1, 2, 3, 4, 5; a round begins with the critic
        ({}, [0, 1, 2, 3, 4, 5], [0, 10, 20, 30, 40, 50]),
        ({"d_steps": 5}, [0, 5, 10, 15, 20, 25], [0, 50, 100, 150, 200, 250]),
        ({"g_steps": 2}, [0, 1, 1, 2, 2, 3], [0, 10, 10, 20, 20, 30]),
        ({"d_steps": 2, "g_steps": 3}, [0, 2, 2, 2, 4, 4], [0, 20, 20, 20, 40, 40]),
    ],
)
def test_what_the_critic_was_shown(
    rounds: dict[str, int], batches: list[int], images: list[int]
) -> None:
    config = build(batch_size=10, batch_size_g=64, **rounds)
    assert [config.batches_at(step) for step in range(6)] == batches
    assert [config.images_at(step) for step in range(6)] == images


def test_an_epoch_shows_the_critic_every_image_once() -> None:
    # 1,000 images in batches of 16 are 62 batches; two generator steps to each
    config = build(steps=0, epochs=3, batch_size=16, batch_size_g=256, g_steps=2)
    assert config.steps_per_epoch(1000) == 124
    assert config.with_steps(1000).steps == 372
    assert config.images_at(124) == 62 * 16
    # five critic steps to each generator step: 62 / 5 = 12.4
    assert build(batch_size=16, d_steps=5).steps_per_epoch(1000) == 12


def test_a_generator_batch_is_of_two_or_more_or_that_of_the_critic() -> None:
    with pytest.raises(ConfigError, match=r"batch_size_g is 1; it must be 2 or more, or 0"):
        build(batch_size_g=1)
    assert build(batch_size_g=2).batch_size_g == 2


@pytest.mark.parametrize("name", [name for name, s in SETTINGS.items() if s.choices])
def test_a_choice_is_answered_with_all_there_are(name: str) -> None:
    choices = SETTINGS[name].choices
    with pytest.raises(ConfigError) as caught:
        build(**{name: "nonsense"})
    assert str(caught.value) == f"{name} is 'nonsense'; choose one of {', '.join(choices)}."
    for choice in choices:
        assert getattr(build(**parse_assignments([f"{name}={choice}"])), name) == choice


def test_a_name_that_is_no_field_is_a_number_of_the_objectives_own() -> None:
    for config in (
        TrainConfig.from_dict({"steps": 10, "clip": 1}),
        build().with_settings(parse_assignments(["clip=1"])),
        build(objective_settings={"clip": 1}),
    ):
        assert dict(config.objective_settings) == {"clip": 1.0}
        assert config.to_dict()["clip"] == 1.0
        assert config.with_settings({"margin": 0.3}).objective_settings == {
            "clip": 1.0,
            "margin": 0.3,
        }
        assert config.with_settings({"clip": 0.2}).objective_settings == {"clip": 0.2}
        assert hash(config) == hash(config.with_settings({}))


@pytest.mark.parametrize("value", ["3", None, True, float("nan"), float("inf"), [1], 10**400])
def test_an_objectives_own_setting_is_a_finite_number(value: Any) -> None:
    refusals: list[Callable[[], object]] = [
        lambda: TrainConfig.from_dict({"steps": 10, "clip": value}),
        lambda: build().with_settings({"clip": value}),
        lambda: build(objective_settings={"clip": value}),
    ]
    for refuse in refusals:
        with pytest.raises(ConfigError, match=r"^clip is .*; it must be a number\.$"):
            refuse()
    with pytest.raises(ConfigError, match=r"^clip is 'tight'; it must be a number\.$"):
        build().with_settings(parse_assignments(["clip=tight"]))


def test_an_objectives_own_settings_cannot_be_changed_in_place() -> None:
    values = {"clip": 0.5}
    config = build(objective_settings=values)
    values["clip"] = 0.7
    assert config.objective_settings["clip"] == 0.5
    with pytest.raises(TypeError):
        config.objective_settings["clip"] = 0.7  # type: ignore[index]


@pytest.mark.parametrize("name", PRESETS)
def test_json_round_trip(name: str) -> None:
    config = preset(name)
    assert TrainConfig.from_dict(json.loads(dump_json(config.to_dict()))) == config


def test_the_names_that_everything_uses_are_settings() -> None:
    text = (
        "dataset architecture objective latent_dim batch_size lr_g lr_d beta1 beta2 seed steps "
        "epochs log_every sample_every measure_every save_every keep_states"
    )
    for name in text.split(" "):
        assert name in SETTINGS


def test_settings_cannot_be_reassigned() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        build().steps = 3  # type: ignore[misc]


def test_json_never_holds_nan() -> None:
    with pytest.raises(ValueError, match="JSON"):
        dump_json({"loss": float("nan")})


def test_a_length_in_epochs_that_is_too_many_steps_is_refused_by_its_name() -> None:
    with pytest.raises(ConfigError, match=r"epochs is 10000; .* more than 10,000,000 steps"):
        TrainConfig(epochs=10_000, batch_size=2).with_steps(60_000)


def test_seeds_as_people_type_them() -> None:
    assert parse_seeds(" 1, 2 3,4 ") == [1, 2, 3, 4]
    assert parse_seeds(str(MAX_SEED)) == [MAX_SEED]
    for text in ("", "-1", "1.5", "x", "1, x", "²", "9" * 40, "9" * 10_000, str(MAX_SEED + 1)):
        with pytest.raises(ConfigError, match="whole numbers from 0 to 2,147,483,647"):
            parse_seeds(text)
    with pytest.raises(ConfigError, match="seeds is '1'; give two or more"):
        parse_seeds("1", least=2)


def test_too_few_points_and_too_little_noise_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"points is 99; it must be 100 or more, or 0 for"):
        build(points=99)
    with pytest.raises(ConfigError, match=r"deviation is 0.001; it must be 0.005 or more, or 0"):
        build(deviation=0.001)
    assert build(points=100, deviation=0.005).points == 100
