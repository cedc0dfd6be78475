"""The directions that a generator's latent space has, found once and kept with it.

What tells the classes of generated digits apart is the digit classifier.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from gan_core.data.table import is_digits
from gan_core.errors import CheckpointError, ConfigError
from gan_core.latent import direction_files
from gan_core.latent.directions import FAMILIES, ClassReader
from gan_core.latent.family import Directions
from gan_core.quality.digit_classifier import Classifier, open_classifier
from gan_core.runs.generators import OpenedGenerator


def families(model: OpenedGenerator) -> dict[str, str]:
    """The families of directions that a generator has: their titles by name."""
    reads = class_reader(model) is not None
    return {name: family.title for name, family in FAMILIES.items() if reads or not family.reads}


def find(model: OpenedGenerator, family: str, notes: Path, fingerprint: str) -> Directions:
    """A family of a generator's directions, kept on disk.

    Args:
        notes: the folder for what is found out about it.
        fingerprint: of its weights, see :func:`gan_core.latent.directions.fingerprint`.

    Raises:
        ConfigError: there is no such family of this generator.
    """
    if family not in families(model):
        raise ConfigError(f"{model.name} has no directions {family!r}.")
    by_family = direction_files.load(notes, fingerprint, model.generator.latent_dim)
    if family not in by_family:
        noise, reader = model.config.noise, class_reader(model)
        by_family[family] = FAMILIES[family].find(model.generator, noise, reader)
        direction_files.save(notes, fingerprint, by_family)
    return by_family[family]


def with_names(directions: Directions, family: str, notes: Path, fingerprint: str) -> Directions:
    """The same directions under the names that a person gave them."""
    names = direction_files.names(notes, fingerprint)
    titles = [
        names.get(f"{family}/{index}", directions.title(index))
        for index in range(len(directions.vectors))
    ]
    return replace(directions, titles=tuple(titles))


def class_reader(model: OpenedGenerator) -> ClassReader | None:
    """What tells the pictures of an unconditional generator of digits apart."""
    if model.generator.n_classes or not is_digits(model.config.dataset):
        return None
    digits = _classifier()
    return None if digits is None else digits.reader


@lru_cache(maxsize=1)
def _classifier() -> Classifier | None:
    """The digit classifier that ships; None where it is damaged or missing."""
    try:
        return open_classifier()
    except CheckpointError:
        return None
