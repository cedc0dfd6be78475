"""Generators opened once for each saved version."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gan_core.errors import GanError
from gan_core.files import written
from gan_core.runs import generators as run_generators
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import OpenedGenerator
from pages.shared.server.sources import Source

if TYPE_CHECKING:
    from gan_core.networks.summary import Layer


class SavedAnewError(GanError):
    """A version was asked for that is neither in memory nor on disk any more."""


class SavedVersion(NamedTuple):
    """A generator as it was saved: what is found out about it is cached by this."""

    folder: Path
    step: int | None  # of its kept steps; None for the latest
    number: int  # changes whenever it is saved anew; 0 before the first time

    @property
    def notes(self) -> Path:
        """The folder for what is found out about it."""
        return RunFolder(self.folder).notes_path(self.step)


def saved_version(source: Source, number: int | None = None) -> SavedVersion:
    """A generator as it was saved: at the version of that number, else as it stands now.

    Raises:
        CheckpointError: it is gone.
    """
    folder = source.folder
    if number is None:
        number = _number_on_disk(folder, source.step)
    return SavedVersion(folder.path, source.step, number)


def open_generator(source: Source) -> OpenedGenerator:
    """Its latest generator, opened once for each saved version.

    Raises:
        CheckpointError: it cannot be opened.
    """
    return open_version(saved_version(source))


@lru_cache(maxsize=16)
def open_version(version: SavedVersion) -> OpenedGenerator:
    """It, opened; kept open while it is asked for.

    Raises:
        CheckpointError: it cannot be opened.
        SavedAnewError: that version is gone.
    """
    return _open(version)


@lru_cache(maxsize=16)
def layers(version: SavedVersion) -> tuple[Layer, ...]:
    """Its layers in the order in which they are called.

    Raises:
        CheckpointError: it cannot be opened.
        SavedAnewError: that version is gone.
    """
    import torch

    from gan_core.networks import summary

    generator = open_version(version).generator
    label = torch.zeros(1, dtype=torch.long)
    return tuple(summary.layers(generator, torch.zeros(1, generator.latent_dim), label))


def draw_picture(source: Source, vector: np.ndarray, label: int | None) -> np.ndarray:
    """The picture (H, W, C) uint8 of one latent vector (latent_dim,), drawn once for each saved
    version.

    Raises:
        CheckpointError: it cannot be opened.
        SavedAnewError: it is saved anew this moment.
    """
    return _draw(saved_version(source), np.asarray(vector, np.float32).tobytes(), label)


def _number_on_disk(folder: RunFolder, step: int | None) -> int:
    (number,) = written(folder.generator_path(step))
    return number


def check_on_disk(version: SavedVersion) -> None:
    """See that what is on disk is that version.

    Raises:
        SavedAnewError: it is gone.
    """
    if version.number != _number_on_disk(RunFolder(version.folder), version.step):
        raise SavedAnewError("This run was saved anew; press 'Take the latest state'.")


def _open(version: SavedVersion) -> OpenedGenerator:
    check_on_disk(version)
    return run_generators.open_generator(version.folder, version.step)


@lru_cache(maxsize=1024)
def _draw(version: SavedVersion, vector: bytes, label: int | None) -> np.ndarray:
    """One picture (H, W, C); its generator is not kept open, for there may be many."""
    from gan_core.networks.sampling import draw

    z = np.frombuffer(vector, np.float32)[None].copy()
    labels = None if label is None else np.array([label])
    return draw(_open(version).generator, z, labels)[0]
