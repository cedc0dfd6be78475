from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.catalog import TABLES, complete
from gan_core.config import SETTINGS, TrainConfig
from gan_core.data import loading
from gan_core.data.table import DATASETS
from gan_core.objectives.settings import own_settings
from gan_core.objectives.table import OBJECTIVES
from gan_core.presets import PRESETS, preset
from pages.shared.text import link_papers
from pages.train.settings import default_recipe, recipe_with, setting_key


def show(recipe: str) -> AppTest:
    def page(recipe: str) -> None:
        import streamlit as st

        from gan_core.errors import ConfigError
        from pages.train.settings import reset, settings

        recipe = st.session_state.get("recipe", recipe)
        try:
            st.json(settings(recipe).to_dict())
        except ConfigError as error:
            st.error(str(error))
        st.button("Reset", on_click=reset, args=(recipe,))

    return AppTest.from_function(page, args=(recipe,), default_timeout=60).run()


OF_POINTS = {"points": 500, "deviation": 0.1, "depth": 3, "width": 32}


def current_config(at: AppTest) -> TrainConfig:
    assert not at.exception
    return TrainConfig.from_dict(json.loads(at.json[0].value))


def key(name: str, recipe: str = "digits") -> str:
    return setting_key(recipe, name)


@pytest.mark.parametrize("recipe", PRESETS)
def test_untouched_widgets_stand_for_the_recipe(recipe: str) -> None:
    assert current_config(show(recipe)) == complete(preset(recipe))


def test_every_setting_has_a_widget_with_its_explanation() -> None:
    at = show("digits")
    at.selectbox(key("dataset")).set_value("folder").run()
    widgets: dict[str | None, Any] = {}
    for kind in (at.number_input, at.selectbox, at.text_input):
        widgets |= {widget.key: widget for widget in kind}
    shown = {name for name in SETTINGS if key(name) in widgets}
    # The length is given in steps here, this objective has no settings of its own, and what is
    # broken on purpose is broken on Compare, beside the recipe as it should be.
    assert shown == set(SETTINGS) - {"preset", "epochs", "breakage", *OF_POINTS}
    for name in shown:
        assert widgets[key(name)].label == SETTINGS[name].label
        assert SETTINGS[name].help in widgets[key(name)].help


@pytest.mark.parametrize(
    ("name", "table"),
    [("dataset", "datasets"), ("architecture", "architectures"), ("objective", "objectives")],
)
def test_choices_are_those_of_the_tables(name: str, table: str) -> None:
    offered: list[str] = []
    for recipe in ("digits", "ring-gan"):  # pictures, and points
        options = show(recipe).selectbox(key(name, recipe)).options
        offered += [option.partition(":")[0] for option in options]
    assert set(offered) == set(TABLES[table]())


def test_points_are_said_not_to_fit_in_one_sentence() -> None:
    (caption,) = {c.value for c in show("digits").caption if "holds points" in c.value}
    assert caption.count("holds points") == 1
    assert "ring, grid, two-gaussians" in caption


@pytest.mark.parametrize("name", [name for name, item in SETTINGS.items() if item.choices])
def test_a_setting_of_a_few_texts_is_a_list_of_them(name: str) -> None:
    at = show("digits")
    assert tuple(at.selectbox(key(name)).options) == SETTINGS[name].choices
    at.selectbox(key(name)).set_value(SETTINGS[name].choices[-1]).run()
    assert getattr(current_config(at), name) == SETTINGS[name].choices[-1]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_an_objective_shows_its_own_settings_alone(objective: str) -> None:
    at = show("digits")
    at.selectbox(key("objective")).set_value(objective).run()
    assert not at.exception
    shown = {widget.key for widget in at.number_input}
    every = {name for kind in OBJECTIVES.values() for name in own_settings(kind)}
    own = set(own_settings(OBJECTIVES[objective]))
    assert {name for name in every if key(name) in shown} == own
    assert current_config(at).objective == objective


def test_what_was_set_for_another_objective_is_left_behind() -> None:
    at = show("digits")
    at.selectbox(key("objective")).set_value("ebgan").run()
    at.number_input(key("margin")).set_value(0.5).run()
    assert current_config(at).objective_settings["margin"] == 0.5
    at.selectbox(key("objective")).set_value("gan").run()
    assert current_config(at) == preset("digits")


def names(options: list[str]) -> set[str]:
    return {option.partition(":")[0] for option in options}


def test_networks_of_another_size_are_not_offered_and_it_is_said_why() -> None:
    at = show("gan-mnist")
    at.number_input(key("image_size", "gan-mnist")).set_value(64).run()
    offered = names(at.selectbox(key("architecture", "gan-mnist")).options)
    assert "dcgan-64" in offered and not offered & {"dcgan-28", "infogan"}
    captions = [caption.value for caption in at.caption if "Not offered" in caption.value]
    assert any("image_size is 64" in caption and "dcgan-28" in caption for caption in captions)


def test_objectives_with_classes_and_data_without_do_not_meet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bare = dataclasses.replace(DATASETS["digits"], classes=())
    monkeypatch.setitem(DATASETS, "bare", bare)
    at = show("digits")
    assert "bare" in names(at.selectbox(key("dataset")).options)
    at.selectbox(key("objective")).set_value("cgan").run()
    assert "bare" not in names(at.selectbox(key("dataset")).options)
    assert any("the data set 'bare' has no classes" in caption.value for caption in at.caption)
    at.selectbox(key("objective")).set_value("gan").run()
    at.selectbox(key("dataset")).set_value("bare").run()
    assert not names(at.selectbox(key("objective")).options) & {"cgan", "acgan"}
    assert "gan" in names(at.selectbox(key("objective")).options)


def test_where_nothing_fits_all_is_offered_and_what_is_chosen_stays() -> None:
    at = show("digits")
    at.number_input(key("image_size")).set_value(64).run()  # not what dcgan-28 makes
    assert names(at.selectbox(key("objective")).options) == set(OBJECTIVES)
    assert at.selectbox(key("architecture")).value == "dcgan-28"
    at.selectbox(key("architecture")).set_value("dcgan-64").run()
    assert "dcgan-28" not in names(at.selectbox(key("architecture")).options)


WITH_RECIPE = {recipe.config.objective for recipe in PRESETS.values()}


@pytest.mark.parametrize("objective", sorted(WITH_RECIPE - {"gan", "gan-minimax"}))
def test_the_recipe_of_an_objective_is_offered_and_taken_over(objective: str) -> None:
    at = show("digits")
    assert not [button for button in at.button if button.key == "train/digits/published"]
    at.selectbox(key("objective")).set_value(objective).run()
    recipe = recipe_with(objective, "dcgan-28")
    assert recipe is not None
    assert any(recipe.preset in caption.value for caption in at.caption)
    at.button("train/digits/published").click().run()
    names = ("lr_g", "lr_d", "optimizer", "d_steps", *own_settings(OBJECTIVES[objective]))
    if recipe.optimizer == "adam":
        names = ("beta1", "beta2", *names)
    values, recipe_values = (complete(config).to_dict() for config in (current_config(at), recipe))
    for name in names:
        assert values[name] == recipe_values[name]
    assert current_config(at).dataset == "digits"
    assert at.button("train/digits/published").disabled


def test_the_recipe_of_an_objective_is_one_on_the_same_network_where_there_is_one() -> None:
    for objective, architecture, name in (
        ("gan", "dcgan-28", "dcgan-mnist"),
        ("gan", "infogan", "infogan-mnist"),
        ("wgan", "mlp", "wgan-mnist"),
    ):
        recipe = recipe_with(objective, architecture)
        assert recipe is not None and recipe.preset == name
    assert recipe_with("one without a recipe", "mlp") is None


def test_small_numbers_move_by_their_own_magnitude() -> None:
    at = show("wgan-mnist")
    rate = at.number_input(key("lr_g", "wgan-mnist"))
    assert rate.value == 5e-5
    assert rate.step == pytest.approx(1e-5)
    assert at.number_input(key("beta1", "wgan-mnist")).disabled  # RMSprop has none
    at.selectbox(key("optimizer", "wgan-mnist")).set_value("adam").run()
    assert not at.number_input(key("beta1", "wgan-mnist")).disabled


def test_a_changed_number_changes_that_setting_alone() -> None:
    at = show("digits")
    at.number_input(key("lr_g")).set_value(3e-4).run()
    assert current_config(at) == preset("digits").with_settings({"lr_g": 3e-4})


def test_the_length_is_in_steps_or_in_epochs() -> None:
    at = show("digits")
    at.segmented_control(key("length")).set_value("epochs").run()
    at.number_input(key("epochs")).set_value(3).run()
    assert (current_config(at).steps, current_config(at).epochs) == (0, 3)
    at.segmented_control(key("length")).set_value("steps").run()
    assert (current_config(at).steps, current_config(at).epochs) == (preset("digits").steps, 0)


def test_settings_of_points_are_asked_for_only_where_they_count() -> None:
    at = show("ring-gan")
    for name, value in OF_POINTS.items():
        at.number_input(key(name, "ring-gan")).set_value(value).run()
    settings = current_config(at)
    assert {name: getattr(settings, name) for name in OF_POINTS} == OF_POINTS


def test_the_folder_is_asked_for_only_where_it_counts() -> None:
    at = show("digits")
    assert key("folder") not in [widget.key for widget in at.text_input]
    at.selectbox(key("dataset")).set_value("folder").run()
    at.text_input(key("folder")).set_value("/pictures").run()
    assert current_config(at).folder == "/pictures"


def test_values_that_do_not_fit_are_named_and_nothing_is_lost() -> None:
    at = show("digits")
    at.number_input(key("batch_size")).set_value(32).run()
    at.number_input(key("steps")).set_value(0).run()
    assert at.error[0].value.startswith("steps and epochs are both 0")
    at.number_input(key("steps")).set_value(7).run()
    assert (current_config(at).steps, current_config(at).batch_size) == (7, 32)


def test_reset_goes_back_to_the_recipe() -> None:
    at = show("digits")
    at.number_input(key("batch_size")).set_value(32).run()
    at.segmented_control(key("length")).set_value("epochs").run()
    at.button[0].click().run()
    assert current_config(at) == preset("digits")
    assert not at.warning


def test_what_was_changed_is_kept_for_each_recipe() -> None:
    at = show("digits")
    at.number_input(key("batch_size")).set_value(32).run()
    at.session_state["recipe"] = "gan-mnist"
    at.run()
    assert current_config(at) == preset("gan-mnist")
    at.session_state["recipe"] = "digits"
    at.run()
    assert current_config(at).batch_size == 32


@pytest.mark.parametrize("recipe", PRESETS)
def test_a_recipe_says_where_it_comes_from(recipe: str) -> None:
    assert PRESETS[recipe].title
    details = link_papers(PRESETS[recipe].details)
    assert "Source:" in details
    assert "](https://arxiv.org/abs/" in details


def test_the_default_recipe_needs_no_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert default_recipe(tmp_path) == "digits"
    monkeypatch.setattr(loading, "on_disk", lambda name, data_dir: name == "mnist")
    assert default_recipe(tmp_path) == "dcgan-mnist"


def test_a_data_set_is_found_as_soon_as_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = iter([False, True])
    spec = dataclasses.replace(DATASETS["cifar10"], is_present=lambda data_dir: next(there))
    monkeypatch.setitem(DATASETS, "cifar10", spec)
    assert [loading.on_disk("cifar10", tmp_path) for _ in range(3)] == [False, True, True]


def test_torch_is_not_loaded_with_the_widgets() -> None:
    code = (
        "import sys, pages.shared.forms.settings, pages.shared.runs.charts;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
