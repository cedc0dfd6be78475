"""Generators opened once for each saved version."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gan_core.data.table import is_digits
from gan_core.errors import CheckpointError, GanError
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import OpenedGenerator
from gan_core.runs.generators import open_generator as open_folder
from pages.shared.server.sources import Source

if TYPE_CHECKING:
    from gan_core.latent.directions import ClassReader
    from gan_core.quality.digit_classifier import Classifier


class SavedAnewError(GanError):
    """A version was asked for that is neither in memory nor on disk any more."""


class SavedVersion(NamedTuple):
    """A generator as it was saved: what is found out about it is kept by this."""

    folder: Path
    step: int | None
    version: int

    @property
    def notes(self) -> Path:
        return RunFolder(self.folder).notes_path(self.step)


def open_generator(item: Source, of: int | None = None) -> OpenedGenerator:
    """Its generator, opened once for each saved version: of that one, else of the latest.

    Raises:
        CheckpointError: it cannot be opened.
        SavedAnewError: that version is gone.
    """
    return open_saved(saved_version(item, of))


def draw_picture(item: Source, vector: np.ndarray, label: int | None) -> np.ndarray:
    """The picture (H, W, C) uint8 of one latent vector (latent_dim,), drawn once for each saved
    version.

    Raises:
        CheckpointError: it cannot be opened.
        SavedAnewError: it is saved anew this moment.
    """
    return _drawn(saved_version(item, None), np.asarray(vector, np.float32).tobytes(), label)


def version(item: Source) -> int:
    """A number that changes whenever its generator is saved anew; 0 before the first time.

    Raises:
        CheckpointError: it is gone.
    """
    return _version(item.folder, item.step)


@lru_cache(maxsize=1)
def classifier() -> Classifier | None:
    """The digit classifier that ships; None where it is damaged or missing."""
    from gan_core.quality.digit_classifier import open_classifier

    try:
        return open_classifier()
    except CheckpointError:
        return None


def class_reader(opened: OpenedGenerator) -> ClassReader | None:
    """What tells a generator's pictures apart that is not told which class to draw."""
    if opened.generator.n_classes or not is_digits(opened.config.dataset):
        return None
    digits = classifier()
    return None if digits is None else digits.reader


def saved_version(item: Source, of: int | None) -> SavedVersion:
    """A generator as it was saved: at that version, else as it stands now."""
    return SavedVersion(item.folder.path, item.step, version(item) if of is None else of)


def _version(folder: RunFolder, step: int | None) -> int:
    try:
        return folder.generator_path(step).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=16)
def open_saved(saved: SavedVersion) -> OpenedGenerator:
    """It, opened; kept open while it is asked for."""
    return _open(saved)


def _open(saved: SavedVersion) -> OpenedGenerator:
    if saved.version != _version(RunFolder(saved.folder), saved.step):
        raise SavedAnewError("This run was saved anew; press 'Take the latest state'.")
    return open_folder(saved.folder, saved.step)


@lru_cache(maxsize=1024)
def _drawn(saved: SavedVersion, vector: bytes, label: int | None) -> np.ndarray:
    """One picture (H, W, C); its generator is not kept open, for there may be many."""
    from gan_core.networks.sampling import draw

    z = np.frombuffer(vector, np.float32)[None].copy()
    labels = None if label is None else np.array([label])
    return draw(_open(saved).generator, z, labels)[0]
