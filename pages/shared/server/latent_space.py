"""Directions and maps of a generator's latent space, made once for each saved version.

Every function here raises CheckpointError where that version cannot be opened, and SavedAnewError
where it is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gan_core.latent import direction_files, maps
from gan_core.runs.generators import OpenedGenerator
from pages.shared.server.generators import SavedVersion, open_version

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
    from gan_core.quality.directions import find

    return find(open_version(version), family, version.notes, _fingerprint(version))


def named_directions(version: SavedVersion, family: str) -> Directions:
    """The same, with the names that a person gave them.

    Raises:
        ConfigError: as :func:`directions`.
    """
    from gan_core.quality.directions import with_names

    plain = directions(version, family)
    return with_names(plain, family, version.notes, _fingerprint(version))


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
    from gan_core.quality.directions import families

    return families(model)


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
    from gan_core.quality.directions import class_reader

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
