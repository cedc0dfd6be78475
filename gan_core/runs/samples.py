"""What to draw when a person asks a generator for samples, or for a walk."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from gan_core.data.dataset import class_index
from gan_core.errors import ConfigError
from gan_core.latent import paths, vectors
from gan_core.latent.points import MAX_COLUMNS
from gan_core.latent.vectors import Sheet
from gan_core.networks.sampling import balanced_labels
from gan_core.runs.generators import OpenedGenerator


def points(
    model: OpenedGenerator, n: int, seed: int, label: str | None, *, in_columns: bool = False
) -> Sheet:
    """What to draw n pictures from: of one class, or of as many of each class, which in columns
    stand beside each other on the same noise, the last row as far as n goes.

    Raises:
        ConfigError: a label for a generator that takes none, or a class that it does not know.
    """
    config, classes = model.config, model.generator.n_classes
    if label is None and (in_columns or not classes):
        whole = n + max(0, min(classes, MAX_COLUMNS) - 1)  # no row too few
        z, y, columns = vectors.sheet(whole, config.latent_dim, seed, config.noise, classes)
        return Sheet(z[:n], None if y is None else y[:n], columns and min(n, columns))
    z = vectors.noise(n, config.latent_dim, seed, config.noise)
    if label is None:
        return Sheet(z, balanced_labels(n, classes), None)
    return Sheet(z, torch.full((n,), class_of(model, label)), None)


def walk(
    model: OpenedGenerator, seeds: Sequence[int], steps: int, method: str, label: str | None
) -> Sheet:
    """The way through the noise of each seed, all of one class: the first, unless another is asked
    for.

    Raises:
        ConfigError: as :func:`points` and :func:`gan_core.latent.paths.path`.
    """
    config = model.config
    keys = [vectors.noise(1, config.latent_dim, seed, config.noise) for seed in seeds]
    z = paths.path(torch.cat(keys) if keys else torch.empty(0, 0), steps, method)
    if label is None and not model.generator.n_classes:
        return Sheet(z, None, len(z))
    return Sheet(z, torch.full((len(z),), class_of(model, label or "0")), len(z))


def class_of(model: OpenedGenerator, label: str) -> int:
    """A class by its name, or where there is none of that name, by its number from 0.

    Raises:
        ConfigError: there is none, or the generator takes no labels.
    """
    if not model.generator.n_classes:
        raise ConfigError(f"{no_labels(model)}; ask it without a label.")
    classes = model.info.classes
    index = class_index(classes, label)
    if index is None:
        raise ConfigError(
            f"label is {label!r}; choose a class of {model.name} by its number from 0 to "
            f"{len(classes) - 1} or by its name ({', '.join(classes)})."
        )
    return index


def no_labels(model: OpenedGenerator) -> str:
    """Why a generator takes no labels, as the beginning of a sentence."""
    return (
        f"{model.name} takes no labels, because its objective {model.config.objective!r} is not "
        "conditional"
    )
