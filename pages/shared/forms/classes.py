"""The classes of a conditional generator: their names, and how a grid shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gan_core import catalog
from gan_core.config import TrainConfig
from gan_core.errors import ConfigError
from gan_core.latent.points import MAX_COLUMNS

if TYPE_CHECKING:
    from gan_core.runs.folder import RunInfo


def classes_of(config: TrainConfig, info: RunInfo) -> tuple[str, ...]:
    """The names of the classes that the generator of a run is conditioned on; none where it takes
    no label."""
    try:
        return info.classes if catalog.class_count(config, info.classes) else ()
    except ConfigError:  # an objective of another version of this program
        return ()


def in_columns(classes: Sequence[str]) -> list[str]:
    """The names that stand above the columns of a grid of classes."""

    return list(classes[:MAX_COLUMNS])


def grid_words(classes: Sequence[str]) -> str:
    """What the rows and columns of a grid of classes are."""
    columns = in_columns(classes)
    names = ", ".join(columns)
    if len(columns) < len(classes):
        names = f"the first {len(columns)} of {len(classes)} classes, {names}"
    return f"A row is one noise vector, a column one class: {names}."
