"""Widgets for the settings of a training, built by looping over the tables.

What a person chose is kept per recipe, so that trying another recipe and coming back loses
nothing. The tables that need torch are imported where they are read.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import streamlit as st

from gan_core.config import SETTINGS, Setting, TrainConfig
from gan_core.data.loading import DATASETS, dataset_spec, is_present
from gan_core.presets import PRESETS, preset
from pages.shared.text import linked

RECIPE_KEY = "recipe"

GROUPS = {
    "data": "Data",
    "network": "Networks and objective",
    "objective": "The objective's own settings",
    "optimizer": "Optimizer",
    "length": "Length and seed",
    "record": "Log, draw, save",
}
_TABLES = {"dataset": "datasets", "architecture": "architectures", "objective": "objectives"}
_CHOICES = {"channels": {0: "Automatic", 1: "Grey", 3: "Colour"}}
_LENGTHS = ("epochs", "steps")
_FOUND: set[tuple[str, Path, int]] = set()  # data sets, by folder and its version
_OTHER_LENGTH = {"epochs": 10, "steps": 2000}  # where the recipe is given in the other one
# What is published with an objective, beside the settings of its own.
_PUBLISHED = ("optimizer", "lr_g", "lr_d", "beta1", "beta2", "d_steps", "g_steps")


def default_recipe(data_dir: Path) -> str:
    """The recipe to begin with: one whose data set is on disk."""
    return "dcgan-mnist" if on_disk("mnist", data_dir) else "digits"


def on_disk(dataset: str, data_dir: Path) -> bool:
    """Whether a data set can be read without a download."""
    spec = dataset_spec(dataset)
    if not spec.torchvision_class:
        return is_present(dataset, data_dir)
    folder = data_dir / spec.own_folder
    if not folder.is_dir():
        return False
    # torchvision reads the whole set to find out: too slow to ask again once it is there.
    found = (dataset, folder, folder.stat().st_mtime_ns)
    if found not in _FOUND and is_present(dataset, data_dir):
        _FOUND.add(found)
    return found in _FOUND


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


def recipe_words(recipe: str) -> tuple[str, str]:
    """What a recipe is, in a sentence, and its details and source as Markdown."""
    words = inspect.getdoc(PRESETS[recipe]) or ""
    title, _, details = words.partition("\n\n")
    return title, linked(details.strip())


def settings(recipe: str) -> TrainConfig:
    """Widgets for every setting that counts, by group, and the settings that they stand for.

    Raises:
        ConfigError: the chosen values do not fit together. All widgets stand by then.
    """
    base = preset(recipe)
    values: dict[str, Any] = {}
    for group, title in GROUPS.items():
        names = [name for name, item in SETTINGS.items() if item.group == group]
        if group == "objective":
            own = _own_settings(values["objective"])
            names = [name for name in names if name in own]
        if names:
            with st.expander(title, key=f"train/group/{group}"):
                values |= _group(recipe, names, base)
    return base.changed(values)


def reset(recipe: str) -> None:
    """Put every widget of a recipe back to the recipe's own value."""
    base = preset(recipe)
    for name in SETTINGS:
        st.session_state[setting_key(recipe, name)] = _start_value(name, base)
    st.session_state[setting_key(recipe, "length")] = _length_of(base)


def setting_key(recipe: str, name: str) -> str:
    """The key of a setting's widget."""
    return f"train/{recipe}/{name}"


def published(objective: str, architecture: str) -> TrainConfig | None:
    """The recipe of an objective, on that network where there is one."""
    recipes = [make() for make in PRESETS.values()]
    fitting = [recipe for recipe in recipes if recipe.objective == objective]
    same = [recipe for recipe in fitting if recipe.architecture == architecture]
    return next(iter(same + fitting), None)


def setting_widget(
    name: str,
    value: Any,
    *,
    key: str,
    disabled: bool = False,
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> Any:
    """The widget that fits a setting, starting from a value; returns what is chosen.

    ``left_out`` names entries of a table that are not offered, and says why.
    """
    st.session_state.setdefault(key, value)
    setting = SETTINGS[name]
    shared: dict[str, Any] = {
        "label": setting.label,
        "help": f"{setting.help} Called `{name}` in files and commands.",
        "key": key,
        "persist_state": "session",
        "disabled": disabled,
    }
    if setting.table:
        table = _table(name)
        options = [entry for entry in table if entry not in left_out]
        chosen = st.selectbox(options=options, format_func=lambda k: _title(k, table), **shared)
        if left_out:
            reasons = [f"{entry}: {reason}" for entry, reason in left_out.items()]
            st.caption("Not offered, because it does not fit:  \n" + "  \n".join(reasons))
        return chosen
    if name in _CHOICES:
        choices = _CHOICES[name]
        return st.selectbox(options=list(choices), format_func=choices.__getitem__, **shared)
    if setting.choices:
        return st.selectbox(options=list(setting.choices), **shared)
    if isinstance(value, str):
        return st.text_input(**shared)
    return st.number_input(**_limits(setting, type(value)(st.session_state[key])), **shared)


def whole_number(name: str, *, key: str, value: int, minimum: int, width: int) -> int:
    """A setting's number outside the Train page, at least ``minimum``."""
    setting = SETTINGS[name]
    return st.number_input(
        setting.label,
        min_value=minimum,
        max_value=int(setting.maximum or minimum),
        value=value,
        help=setting.help,
        key=key,
        persist_state="session",
        width=width,
    )


def _group(recipe: str, names: list[str], base: TrainConfig) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in names:
        if name in _LENGTHS:
            continue
        if name == "folder" and values.get("dataset") != "folder":
            continue
        unused = name in ("beta1", "beta2") and values.get("optimizer") != "adam"
        values[name] = _widget(recipe, name, base, disabled=unused)
    if values.get("objective", base.objective) != base.objective:
        _offer_published(recipe, base, values["objective"], values["architecture"])
    if "steps" in names:
        values |= _length(recipe, base)
    return values


def _length(recipe: str, base: TrainConfig) -> dict[str, int]:
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
    return {name: _widget(recipe, name, base), other: 0}


def _widget(recipe: str, name: str, base: TrainConfig, disabled: bool = False) -> Any:
    return setting_widget(
        name,
        _start_value(name, base),
        key=setting_key(recipe, name),
        disabled=disabled,
        left_out=_left_out(recipe, name, base) if SETTINGS[name].table else {},
    )


def _left_out(recipe: str, name: str, base: TrainConfig) -> dict[str, str]:
    """The entries of a table that do not fit what is chosen elsewhere, each with the reason."""
    from gan_core.catalog import misfits

    others = (*_TABLES, "image_size")
    config = base.changed({other: _chosen(recipe, other, base) for other in others})
    reasons = misfits(config, name)
    if len(reasons) == len(_table(name)):
        return {}  # whatever it is: the fault lies elsewhere, and the start button names it
    reasons.pop(getattr(config, name), None)  # what is chosen already stays in the list
    return reasons


def _chosen(recipe: str, name: str, base: TrainConfig) -> Any:
    return st.session_state.get(setting_key(recipe, name), getattr(base, name))


def _own_settings(objective: str) -> tuple[str, ...]:
    from gan_core.objectives.table import objective_class

    return objective_class(objective).settings


def _offer_published(recipe: str, base: TrainConfig, objective: str, architecture: str) -> None:
    """What an objective that is not the recipe's is published with, and a button that takes it."""
    source = published(objective, architecture)
    if source is None:
        return
    names = (*_PUBLISHED, *_own_settings(objective))
    if source.optimizer != "adam":
        names = tuple(name for name in names if name not in ("beta1", "beta2"))
    wanted = {name: getattr(source, name) for name in names}
    listed = ", ".join(f"{SETTINGS[name].label} {_short(wanted[name])}" for name in names)
    taken = all(_chosen(recipe, name, base) == value for name, value in wanted.items())
    state = "They are set." if taken else "Not all of them are set."
    st.caption(f"The recipe of this objective, {source.preset}, has: {listed}. {state}")

    def take() -> None:
        for name, value in wanted.items():
            st.session_state[setting_key(recipe, name)] = value

    st.button(
        f"Take over the settings of {source.preset}",
        key=f"train/{recipe}/published",
        on_click=take,
        disabled=taken,
        icon=":material/library_add_check:",
    )


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _start_value(name: str, base: TrainConfig) -> Any:
    value = getattr(base, name)
    return value or _OTHER_LENGTH[name] if name in _LENGTHS else value


def _length_of(base: TrainConfig) -> str:
    return "epochs" if base.epochs else "steps"


def _limits(setting: Setting, value: float) -> dict[str, Any]:
    """Limits and stepping in the type of the value: a small number moves by its own magnitude."""
    if isinstance(value, int):
        return {"min_value": int(setting.minimum or 0), "max_value": _whole(setting.maximum)}
    magnitude = 10.0 ** math.floor(math.log10(value)) if value > 0 else 0.1
    step = magnitude if magnitude < 0.1 else magnitude / 10
    return {
        "min_value": setting.minimum,
        "max_value": setting.maximum,
        "step": step,
        "format": "%g",
    }


def _whole(limit: float | None) -> int | None:
    return None if limit is None else int(limit)


def _table(name: str) -> Mapping[str, Any]:
    if name == "dataset":
        return DATASETS
    from gan_core.catalog import TABLES

    return TABLES[_TABLES[name]]


def _title(key: str, table: Mapping[str, Any]) -> str:
    return f"{key}: {table[key].title}"
