"""Directions and maps of a generator's latent space, made once for each saved version.

Every function here raises CheckpointError where that version cannot be opened, and SavedAnewError
where it is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gan_core.errors import ConfigError
from gan_core.latent import direction_files, maps
from gan_core.runs.generators import OpenedGenerator
from pages.shared.server.generators import SavedVersion, class_reader, open_version

if TYPE_CHECKING:
    from gan_core.latent.directions import Samples
    from gan_core.latent.family import Directions

SPRITE_COLUMNS = 40
_MAP_SAMPLES, _MAP_PIXELS = 2000, 2**22


@lru_cache(maxsize=32)
def directions(version: SavedVersion, family: str) -> Directions:
    """A family of its directions, found once and kept with it on disk.

    Raises:
        ConfigError: there is no such family of this generator.
    """
    from gan_core.latent.directions import FAMILIES

    model = open_version(version)
    if family not in families(model):
        raise ConfigError(f"{model.name} has no directions {family!r}.")
    generator = model.generator
    weights = _fingerprint(version)
    by_family = direction_files.load(version.notes, weights, generator.latent_dim)
    if family not in by_family:
        noise, reader = model.config.noise, class_reader(model)
        by_family[family] = FAMILIES[family].find(generator, noise, reader)
        direction_files.save(version.notes, weights, by_family)
    return by_family[family]


def named_directions(version: SavedVersion, family: str) -> Directions:
    """The same, with the names that a person gave them.

    Raises:
        ConfigError: as :func:`directions`.
    """

    plain = directions(version, family)
    names = direction_files.names(version.notes, _fingerprint(version))
    titles = [names.get(f"{family}/{i}", plain.title(i)) for i in range(len(plain.vectors))]
    return replace(plain, titles=tuple(titles))


def name_direction(version: SavedVersion, family: str, index: int, name: str) -> None:
    """Call a direction so, from now on; an empty name gives it its own back.

    Raises:
        ConfigError: it cannot be a name.
        OSError: no folder takes it.
    """

    key = f"{family}/{index}"
    direction_files.keep_name(version.notes, _fingerprint(version), key, name)


def families(model: OpenedGenerator) -> dict[str, str]:
    """The families of directions that a generator has: their titles by name."""
    from gan_core.latent.directions import FAMILIES

    titles = {name: family.title for name, family in FAMILIES.items() if family.reads}
    return {**axes(), **(titles if class_reader(model) is not None else {})}


def axes() -> dict[str, str]:
    """Those that every generator has, along which pictures can be laid out: their titles by name.
    The others lead from one class to another."""
    from gan_core.latent.directions import FAMILIES

    return {name: family.title for name, family in FAMILIES.items() if not family.reads}


@dataclass(frozen=True)
class SampleMap:
    """Samples of a generator, N of them, laid out by how alike their pictures are."""

    z: np.ndarray  # (N, latent_dim)
    places: np.ndarray  # (N, 2), each axis from 0 to 1
    classes: np.ndarray  # (N,) conditioned on or read; -1 where the reader is not sure
    names: tuple[str, ...]  # of the classes that are read


@lru_cache(maxsize=8)
def sample_map(version: SavedVersion, kind: str) -> SampleMap:
    """A map of its samples; `kind` as in :func:`gan_core.latent.maps.layout`.

    Raises:
        ConfigError: another kind.
    """
    samples, reader = map_samples(version), class_reader(open_version(version))
    places = maps.layout(samples.pixels, kind)
    if samples.labels is not None:
        return SampleMap(samples.z, places, samples.labels, ())
    if reader is None:
        return SampleMap(samples.z, places, np.zeros(len(samples.z), int), ())
    return SampleMap(samples.z, places, reader.label(samples.pixels), reader.names)


@lru_cache(maxsize=4)
def map_samples(version: SavedVersion) -> Samples:
    """The samples that its map shows."""
    from gan_core.latent.directions import sample_prior

    model = open_version(version)
    _, height, width = model.info.image_shape
    n = min(_MAP_SAMPLES, _MAP_PIXELS // (height * width))
    return sample_prior(model.generator, model.config.noise, n)


@lru_cache(maxsize=16)
def _fingerprint(version: SavedVersion) -> str:
    from gan_core.latent.directions import fingerprint

    return fingerprint(open_version(version).generator)
