"""Widgets for the settings of a recipe, and what a person chose."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from gan_core import catalog
from gan_core.config import SETTINGS, Setting, TrainConfig
from gan_core.data.dataset import BUILT_IN
from gan_core.data.loading import default_dataset
from gan_core.data.table import dataset_spec
from gan_core.objectives.settings import own_settings, own_values
from gan_core.presets import PRESETS, preset
from pages.shared.forms.settings import TABLE_NAMES, setting_widget, table_of
from pages.shared.text import plain

RECIPE_KEY = "recipe"

GROUPS = {
    "data": "Data",
    "network": "Networks and objective",
    "objective": "The objective's own settings",
    "optimizer": "Optimizer",
    "length": "Length and seed",
    "record": "Log, draw, save",
}
_LENGTHS = ("epochs", "steps")
_OTHER_LENGTH = {"epochs": 10, "steps": 2000}  # where the recipe is given in the other one
# What is published with an objective, beside the settings of its own.
_PUBLISHED = ("optimizer", "lr_g", "lr_d", "beta1", "beta2", "d_steps", "g_steps")


def default_recipe(data_dir: Path) -> str:
    """The recipe to begin with: one whose data set is on disk."""
    return "digits" if default_dataset(data_dir) == BUILT_IN else "dcgan-mnist"


def recipe_chooser(default: str) -> str:
    """A choice of recipe, which is also in the page's address."""
    names = list(PRESETS)
    return st.selectbox(
        SETTINGS["preset"].label,
        names,
        index=names.index(default),
        key=RECIPE_KEY,
        bind="query-params",
        help="A set of settings to start from. Each can be changed below.",
    )


def settings(recipe: str) -> TrainConfig:
    """Widgets for every setting that counts, by group, and the settings that they stand for.

    Raises:
        ConfigError: the chosen values do not fit together. All widgets stand by then.
    """
    base = preset(recipe)
    values: dict[str, Any] = {}
    for group, title in GROUPS.items():
        every = _own_settings(values["objective"]) if group == "objective" else SETTINGS
        members = {name: setting for name, setting in every.items() if setting.group == group}
        if members:
            with st.expander(title, key=f"train/group/{group}"):
                start = _start_values(base, values.get("objective", base.objective))
                values |= _group(recipe, members, base, start)
    return base.with_settings(values)


def reset(recipe: str) -> None:
    """Put every widget of a recipe back to the recipe's own value."""
    base = preset(recipe)
    for objective in (*table_of("objective"), base.objective):
        for name, value in _start_values(base, objective).items():
            st.session_state[setting_key(recipe, name)] = value
    st.session_state[setting_key(recipe, "length")] = _length_of(base)


def setting_key(recipe: str, name: str) -> str:
    """The key of a setting's widget."""
    return f"train/{recipe}/{name}"


def recipe_with(objective: str, architecture: str) -> TrainConfig | None:
    """The recipe of an objective, on that network where there is one."""
    recipes = [recipe.config for recipe in PRESETS.values()]
    fitting = [recipe for recipe in recipes if recipe.objective == objective]
    same = [recipe for recipe in fitting if recipe.architecture == architecture]
    return next(iter(same + fitting), None)


def _group(
    recipe: str, members: Mapping[str, Setting], base: TrainConfig, start: Mapping[str, Any]
) -> dict[str, Any]:
    """The widgets of a group, and their values.

    Args:
        base: the recipe's own settings.
        start: the values that untouched widgets have.
    """
    values: dict[str, Any] = {}
    for name, setting in members.items():
        if name in _LENGTHS:
            continue
        if _is_idle(name, values):
            continue
        no_part = name in ("beta1", "beta2") and values.get("optimizer") != "adam"
        values[name] = setting_widget(
            name,
            setting,
            start[name],
            key=setting_key(recipe, name),
            disabled=no_part,
            misfits=_misfits(recipe, name, base) if setting.table else {},
        )
    if values.get("objective", base.objective) != base.objective:
        _offer_recipe(recipe, base, values["objective"], values["architecture"])
    if "steps" in members:
        values |= _length(recipe, base, start)
    return values


def _is_idle(name: str, values: Mapping[str, Any]) -> bool:
    """Whether a setting plays no part beside what is chosen before it."""
    match name:
        case "folder":
            return not dataset_spec(values["dataset"]).named
        case "points" | "deviation":
            return not dataset_spec(values["dataset"]).made
        case "depth" | "width":
            return catalog.architecture(values["architecture"]).resize is None
        case _:
            return False


def _length(recipe: str, base: TrainConfig, start: Mapping[str, Any]) -> dict[str, int]:
    key = setting_key(recipe, "length")
    st.session_state.setdefault(key, _length_of(base))
    unit = st.segmented_control(
        "Length in",
        _LENGTHS,
        required=True,
        format_func=lambda name: SETTINGS[name].label,
        key=key,
        persist_state="session",
        help="Epochs are passes over the data set; steps are generator updates.",
    )
    name, other = ("steps", "epochs") if unit == "steps" else ("epochs", "steps")
    key = setting_key(recipe, name)
    return {name: setting_widget(name, SETTINGS[name], start[name], key=key), other: 0}


def _misfits(recipe: str, name: str, base: TrainConfig) -> dict[str, str]:
    """The entries of a table that do not fit what is chosen elsewhere, each with the reason."""
    others = (*TABLE_NAMES, "image_size")
    values = base.to_dict()
    config = base.with_settings({other: _choice(recipe, other, values) for other in others})
    reasons = catalog.misfits(config, name)
    if len(reasons) == len(table_of(name)):
        return {}  # whatever it is: the fault lies elsewhere, and the start button names it
    reasons.pop(getattr(config, name), None)  # what is chosen already stays in the list
    return reasons


def _choice(recipe: str, name: str, start: Mapping[str, Any]) -> Any:
    """What a widget holds, be it drawn or not."""
    return st.session_state.get(setting_key(recipe, name), start[name])


def _own_settings(objective: str) -> Mapping[str, Setting]:
    return own_settings(catalog.objective_class(objective))


def _offer_recipe(recipe: str, base: TrainConfig, objective: str, architecture: str) -> None:
    """What an objective that is not the recipe's is published with, and a button that takes it."""
    source = recipe_with(objective, architecture)
    if source is None:
        return
    explanations = {**SETTINGS, **_own_settings(objective)}
    names = (*_PUBLISHED, *_own_settings(objective))
    if source.optimizer != "adam":
        names = tuple(name for name in names if name not in ("beta1", "beta2"))
    start, recipe_values = (_start_values(one, objective) for one in (base, source))
    values = {name: recipe_values[name] for name in names}
    summary = ", ".join(
        f"{explanations[name].label} {_short(value)}" for name, value in values.items()
    )
    same = all(_choice(recipe, name, start) == value for name, value in values.items())
    state = "They are set." if same else "Not all of them are set."
    st.caption(
        f"The recipe of this objective, {plain(source.preset)}, has: {plain(summary)}. {state}"
    )

    def take() -> None:
        for name, value in values.items():
            st.session_state[setting_key(recipe, name)] = value

    st.button(
        f"Take over the settings of {plain(source.preset)}",
        key=f"train/{recipe}/published",
        on_click=take,
        disabled=same,
        icon=":material/library_add_check:",
    )


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _start_values(base: TrainConfig, objective: str) -> dict[str, Any]:
    """What untouched widgets hold, by name, those of an objective's own settings among them."""
    values = {**base.to_dict(), **own_values(catalog.objective_class(objective), base)}
    return {**values, **{name: values[name] or _OTHER_LENGTH[name] for name in _LENGTHS}}


def _length_of(base: TrainConfig) -> str:
    return "epochs" if base.epochs else "steps"
