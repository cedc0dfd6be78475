"""The classes that a conditional generator is told apart: their names, and the choice of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from gan_core.config import TrainConfig
from gan_core.errors import ConfigError

if TYPE_CHECKING:
    from gan_core.runs.folder import RunInfo


MAX_BUTTONS = 12  # more classes are chosen from a list


def classes_of(config: TrainConfig, info: RunInfo) -> tuple[str, ...]:
    """The names of the classes that the generator of a run is told apart; none where it takes no
    label."""
    from gan_core import catalog

    try:
        return info.classes if catalog.class_count(config, info.classes) else ()
    except ConfigError:  # an objective of another version of this program
        return ()


def in_columns(classes: Sequence[str]) -> list[str]:
    """The names that stand above the columns of a grid of classes."""
    from gan_core.latent.vectors import MAX_COLUMNS

    return list(classes[:MAX_COLUMNS])


def grid_words(classes: Sequence[str]) -> str:
    """What the rows and columns of a grid of classes are."""
    shown = in_columns(classes)
    names = ", ".join(shown)
    if len(shown) < len(classes):
        names = f"the first {len(shown)} of {len(classes)} classes, {names}"
    return f"A row is one noise vector, a column one class: {names}."


def class_choice(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    help: str,
    on_change: Callable[[], None] | None = None,
) -> str:
    """A choice among names of classes, which is also in the page's address."""
    if st.session_state.get(key, options[0]) not in options:
        del st.session_state[key]  # chosen for a generator with other classes
    if len(options) > MAX_BUTTONS:
        return st.selectbox(
            label,
            options,
            key=key,
            help=help,
            on_change=on_change,
            bind="query-params",
            width=320,
        )
    chosen = st.segmented_control(
        label,
        options,
        default=None if key in st.session_state else options[0],
        required=True,
        key=key,
        help=help,
        on_change=on_change,
        bind="query-params",
    )
    return chosen or options[0]
