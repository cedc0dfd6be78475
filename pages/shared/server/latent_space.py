"""Directions and maps of a generator's latent space, made once for each saved version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gan_core.errors import ConfigError
from gan_core.runs.generators import OpenedGenerator
from pages.shared.server.generators import SavedVersion, class_reader, open_saved, saved_version
from pages.shared.server.sources import Source

if TYPE_CHECKING:
    from gan_core.latent.directions import Directions, Samples


def directions(item: Source, of: int | None = None, family: str = "pca") -> Directions:
    """A family of its directions, found once for each saved version and kept with it: of that
    version, or the latest.

    Raises:
        CheckpointError: it cannot be opened.
        ConfigError: there is no such family of this generator.
        SavedAnewError: that version is gone.
    """
    return _directions(saved_version(item, of), family)


def named_directions(item: Source, of: int, family: str) -> Directions:
    """The same, with the names that a person gave them.

    Raises:
        CheckpointError, ConfigError, SavedAnewError: as :func:`directions`.
    """
    from gan_core.latent import direction_files

    found = directions(item, of, family)
    saved = saved_version(item, of)
    kept = direction_files.names(saved.notes, _fingerprint(saved))
    titles = [kept.get(f"{family}/{i}", found.title(i)) for i in range(len(found.vectors))]
    return replace(found, titles=tuple(titles))


def name_direction(item: Source, of: int, family: str, index: int, name: str) -> None:
    """Call a direction so, from now on; an empty name gives it its own back.

    Raises:
        CheckpointError, SavedAnewError: as :func:`directions`.
        ConfigError: it cannot be a name.
        OSError: no folder takes it.
    """
    from gan_core.latent import direction_files

    saved = saved_version(item, of)
    direction_files.keep_name(saved.notes, _fingerprint(saved), f"{family}/{index}", name)


def families(opened: OpenedGenerator) -> dict[str, str]:
    """The families of directions that a generator has: their titles by name."""
    from gan_core.latent import directions as latent_directions

    readable = class_reader(opened) is not None
    return {
        name: family.title
        for name, family in latent_directions.FAMILIES.items()
        if readable or not family.reads
    }


SPRITE_COLUMNS = 40
_MAP_SAMPLES, _MAP_PIXELS = 2000, 2**22


@dataclass(frozen=True)
class SampleMap:
    """Samples of a generator, N of them, laid out by how alike their pictures are."""

    z: np.ndarray  # (N, latent_dim)
    places: np.ndarray  # (N, 2), each axis from 0 to 1
    classes: np.ndarray  # (N,) told or read; -1 where the reader is not sure
    names: tuple[str, ...]  # of the classes that are read


def sample_map(item: Source, of: int, kind: str) -> SampleMap:
    """A map of that saved version, made once; `kind` as in :func:`gan_core.latent.maps.layout`.

    Raises:
        CheckpointError: it cannot be opened.
        ConfigError: another kind.
        SavedAnewError: that version is gone.
    """
    return _sample_map(saved_version(item, of), kind)


def map_samples(item: Source, of: int) -> Samples:
    """The samples that its map shows, drawn once for each saved version.

    Raises:
        CheckpointError: it cannot be opened.
        SavedAnewError: that version is gone.
    """
    return _map_samples(saved_version(item, of))


@lru_cache(maxsize=4)
def _map_samples(saved: SavedVersion) -> Samples:
    from gan_core.latent import directions as latent_directions

    opened = open_saved(saved)
    _, height, width = opened.info.image_shape
    n = min(_MAP_SAMPLES, _MAP_PIXELS // (height * width))
    return latent_directions.sample_prior(opened.generator, opened.config.noise, n)


@lru_cache(maxsize=8)
def _sample_map(saved: SavedVersion, kind: str) -> SampleMap:
    from gan_core.latent import maps

    samples, reader = _map_samples(saved), class_reader(open_saved(saved))
    places = maps.layout(samples.pixels, kind)
    if samples.labels is not None:
        return SampleMap(samples.z, places, samples.labels, ())
    if reader is None:
        return SampleMap(samples.z, places, np.zeros(len(samples.z), int), ())
    return SampleMap(samples.z, places, reader.label(samples.pixels), reader.names)


@lru_cache(maxsize=32)
def _directions(saved: SavedVersion, name: str) -> Directions:
    from gan_core.latent import direction_files
    from gan_core.latent import directions as latent_directions

    opened = open_saved(saved)
    if name not in families(opened):
        raise ConfigError(f"{opened.name} has no directions {name!r}.")
    generator = opened.generator
    weights = _fingerprint(saved)
    kept = direction_files.load(saved.notes, weights, generator.latent_dim)
    if name not in kept:
        kind = opened.config.noise
        kept[name] = latent_directions.FAMILIES[name].find(generator, kind, class_reader(opened))
        direction_files.save(saved.notes, weights, kept)
    return kept[name]


@lru_cache(maxsize=16)
def _fingerprint(saved: SavedVersion) -> str:
    from gan_core.latent import directions as latent_directions

    return latent_directions.fingerprint(open_saved(saved).generator)
