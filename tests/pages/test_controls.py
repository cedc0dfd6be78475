from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.catalog import TABLES
from gan_core.config import SETTINGS, TrainConfig
from gan_core.presets import PRESETS, preset
from pages.components import controls


def show(recipe: str) -> AppTest:
    def page(recipe: str) -> None:
        import streamlit as st

        from gan_core.errors import ConfigError
        from pages.components import controls

        recipe = st.session_state.get("recipe", recipe)
        try:
            st.json(controls.settings(recipe).to_dict())
        except ConfigError as error:
            st.error(str(error))
        st.button("Reset", on_click=controls.reset, args=(recipe,))

    return AppTest.from_function(page, args=(recipe,), default_timeout=60).run()


def chosen(at: AppTest) -> TrainConfig:
    assert not at.exception
    return TrainConfig.from_dict(json.loads(at.json[0].value))


def key(name: str, recipe: str = "digits") -> str:
    return controls.setting_key(recipe, name)


@pytest.mark.parametrize("recipe", PRESETS)
def test_untouched_widgets_stand_for_the_recipe(recipe: str) -> None:
    assert chosen(show(recipe)) == preset(recipe)


def test_every_setting_has_a_widget_with_its_explanation() -> None:
    at = show("digits")
    at.selectbox(key("dataset")).set_value("folder").run()
    widgets: dict[str | None, Any] = {}
    for kind in (at.number_input, at.selectbox, at.text_input):
        widgets |= {widget.key: widget for widget in kind}
    shown = {name for name in SETTINGS if key(name) in widgets}
    assert shown == set(SETTINGS) - {"preset", "epochs"}  # the length is given in steps here
    for name in shown:
        assert widgets[key(name)].label == SETTINGS[name].label
        assert SETTINGS[name].help in widgets[key(name)].help


@pytest.mark.parametrize(
    ("name", "table"),
    [("dataset", "datasets"), ("architecture", "architectures"), ("objective", "objectives")],
)
def test_choices_are_those_of_the_tables(name: str, table: str) -> None:
    options = show("digits").selectbox(key(name)).options
    assert [option.partition(":")[0] for option in options] == list(TABLES[table])


def test_a_changed_number_changes_that_setting_alone() -> None:
    at = show("digits")
    at.number_input(key("lr_g")).set_value(3e-4).run()
    assert chosen(at) == preset("digits").changed({"lr_g": 3e-4})


def test_the_length_is_in_steps_or_in_epochs() -> None:
    at = show("digits")
    at.segmented_control(key("length")).set_value("epochs").run()
    at.number_input(key("epochs")).set_value(3).run()
    assert (chosen(at).steps, chosen(at).epochs) == (0, 3)
    at.segmented_control(key("length")).set_value("steps").run()
    assert (chosen(at).steps, chosen(at).epochs) == (preset("digits").steps, 0)


def test_the_folder_is_asked_for_only_where_it_counts() -> None:
    at = show("digits")
    assert not at.text_input
    at.selectbox(key("dataset")).set_value("folder").run()
    at.text_input(key("folder")).set_value("/pictures").run()
    assert chosen(at).folder == "/pictures"


def test_values_that_do_not_fit_are_named_and_nothing_is_lost() -> None:
    at = show("digits")
    at.number_input(key("batch_size")).set_value(32).run()
    at.number_input(key("steps")).set_value(0).run()
    assert at.error[0].value.startswith("steps and epochs are both 0")
    at.number_input(key("steps")).set_value(7).run()
    assert (chosen(at).steps, chosen(at).batch_size) == (7, 32)


def test_reset_goes_back_to_the_recipe() -> None:
    at = show("digits")
    at.number_input(key("batch_size")).set_value(32).run()
    at.segmented_control(key("length")).set_value("epochs").run()
    at.button[0].click().run()
    assert chosen(at) == preset("digits")
    assert not at.warning


def test_what_was_changed_is_kept_for_each_recipe() -> None:
    at = show("digits")
    at.number_input(key("batch_size")).set_value(32).run()
    at.session_state["recipe"] = "gan-mnist"
    at.run()
    assert chosen(at) == preset("gan-mnist")
    at.session_state["recipe"] = "digits"
    at.run()
    assert chosen(at).batch_size == 32


@pytest.mark.parametrize("recipe", PRESETS)
def test_a_recipe_says_where_it_comes_from(recipe: str) -> None:
    title, details = controls.recipe_words(recipe)
    assert title.endswith(".")
    assert "Source:" in details
    assert "](https://arxiv.org/abs/" in details


def test_the_default_recipe_needs_no_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert controls.default_recipe(tmp_path) == "digits"
    monkeypatch.setattr(controls, "on_disk", lambda name, data_dir: name == "mnist")
    assert controls.default_recipe(tmp_path) == "dcgan-mnist"


def test_a_data_set_is_found_as_soon_as_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = iter([False, True])
    monkeypatch.setattr(controls, "is_present", lambda name, data_dir: next(there))
    assert [controls.on_disk("cifar10", tmp_path) for _ in range(3)] == [False, True, True]


def test_torch_is_not_loaded_with_the_widgets() -> None:
    code = (
        "import sys, pages.components.controls, pages.components.run_view;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
