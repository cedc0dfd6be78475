"""Widgets for the settings of a training, built by looping over the tables.

What a person chose is kept per recipe, so that trying another recipe and coming back loses
nothing. The tables that need torch are imported where they are read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import streamlit as st

from gan_core import catalog
from gan_core.config import SETTINGS, Setting
from pages.shared.text import plain

TABLE_NAMES = {"dataset": "datasets", "architecture": "architectures", "objective": "objectives"}
_CHOICES = {"channels": {0: "Automatic", 1: "Grey", 3: "Colour"}}


def setting_widget(
    name: str,
    setting: Setting,
    value: Any,
    *,
    key: str,
    disabled: bool = False,
    misfits: Mapping[str, str] = MappingProxyType({}),
) -> Any:
    """The widget that fits a setting, starting from a value; returns what is chosen.

    ``misfits`` are entries of a table that are not offered, each with the reason.
    """
    st.session_state.setdefault(key, value)
    shared: dict[str, Any] = {
        "label": setting.label,
        "help": f"{setting.help} Called `{name}` in files and commands.",
        "key": key,
        "persist_state": "session",
        "disabled": disabled,
    }
    if setting.table:
        table = table_of(name)
        options = [entry for entry in table if entry not in misfits]
        choice = st.selectbox(options=options, format_func=lambda k: _title(k, table), **shared)
        if misfits:
            alike: dict[str, list[str]] = {}
            for entry, reason in misfits.items():
                alike.setdefault(reason, []).append(entry)
            lines = [f"{', '.join(entries)}: {reason}" for reason, entries in alike.items()]
            st.caption("Not offered, because it does not fit:  \n" + "  \n".join(map(plain, lines)))
        return choice
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


def table_of(name: str) -> Mapping[str, Any]:
    """The table whose entries a setting may name."""
    return catalog.TABLES[TABLE_NAMES[name]]()


def _title(key: str, table: Mapping[str, Any]) -> str:
    return f"{key}: {table[key].title}"
