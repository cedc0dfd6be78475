"""A full measurement of pictures against a data set, and the files that keep it.

Each function of :data:`MEASUREMENTS` gives values by the names of
:data:`gan_core.quality.measures.MEASURES`. To add a measurement, compute it in one of them, or in
one more, and add a line to that table.

A run or checkpoint keeps its last measurement as evaluation.json, beside memorisation.png, which
shows samples each with the training image nearest to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from gan_core import __version__
from gan_core.data.dataset import POINT, ImageData, Progress, Split, ignore_progress
from gan_core.data.loading import load, scale
from gan_core.data.moved import check_folder_of
from gan_core.data.table import dataset_spec, is_digits
from gan_core.devices import own_defaults
from gan_core.errors import CheckpointError, ConfigError
from gan_core.files import write_atomic
from gan_core.images.pixels import png
from gan_core.quality import memorisation, metrics
from gan_core.quality.digit_classifier import View, view
from gan_core.quality.features import (
    Extractor,
    extractor_for,
    features_of,
    from_cache,
    part,
    reference_images,
)
from gan_core.quality.pictures import Pictures, draw_samples
from gan_core.quality.record import FILE, SHEET, Evaluation, to_json
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import open_generator

FULL = 10_000  # samples of a measurement that is kept and compared
SPREAD_SAMPLES = 2000
_DISTANCES = ("fd", "kd", "kd_spread", "precision", "recall", "density", "coverage")
T = TypeVar("T")


def training_images(
    dataset: str,
    pictures: Pictures,
    data_dir: Path,
    progress: Progress = ignore_progress,
    folder: str = "",
    *,
    own: bool = False,
) -> ImageData:
    """The training images of a data set, with the channels of the pictures, at its own size.

    Args:
        dataset: its name.
        pictures: what is to be measured against it.
        data_dir: where data sets are kept.
        progress: called with the share that is done and what is being done.
        folder: of a folder of pictures.
        own: the pictures' generator was trained on it, at their size. A set without a size of its
            own is read at theirs too.

    Raises:
        ConfigError: no data set has that name.
        DataError: it is not on disk.
    """
    _, channels, side, _ = pictures.images.shape
    shape = dataset_spec(dataset).shape
    if shape is not None and not own:
        side = shape[1]
    return load(
        dataset, data_dir, image_size=side, channels=channels, folder=folder, progress=progress
    )


class Evaluated(NamedTuple):
    """A measurement, and the sheet of samples beside their nearest training images."""

    evaluation: Evaluation
    sheet: np.ndarray  # (rows, columns, C) uint8


@own_defaults()
def evaluate(
    pictures: Pictures, train: ImageData, data_dir: Path, progress: Progress = ignore_progress
) -> Evaluated:
    """Measure pictures against the test images of a data set.

    Args:
        pictures: with the channels of ``train``, 6 or more; those of another size are scaled to
            that of ``train``.
        train: the training images.
        data_dir: where the test images are, and the cache of what real images score.
        progress: called with the share that is done and what is being done.

    Raises:
        ConfigError: too few pictures, with other channels than the data, or with labels that it
            does not have.
        DataError: test images that cannot be read.
        CheckpointError: the digit classifier cannot be opened.
    """
    _check(pictures, train)
    pictures, scaling = _at_size(pictures, train.image_shape[1])
    comparison = _compare(pictures, train, data_dir, progress, scaling)
    scores: Columns[dict[str, float]] = Columns({}, {}, {})
    for measurement in MEASUREMENTS:
        for column, values in zip(scores, measurement(comparison), strict=True):
            column.update(values)
    progress(1.0, "Measured")
    sheet = memorisation.sheet(pictures.images, train.images, comparison.search.samples)
    return Evaluated(_evaluation(comparison, scores), sheet)


def _check(pictures: Pictures, train: ImageData) -> None:
    images, labels = pictures.images, pictures.labels
    if train.image_shape == POINT:
        raise ConfigError(
            "Points of the plane are not measured as pictures are: their run's curves, grids and "
            "doctor tell how well they lie."
        )
    if images.shape[1] != train.image_shape[0]:
        raise ConfigError(
            f"The pictures have {_channels(images.shape[1])}, those of {train.name} "
            f"{_channels(train.image_shape[0])}; choose the data set that they were made from."
        )
    if labels is not None and not 0 <= int(labels.min()) <= int(labels.max()) < len(train.classes):
        raise ConfigError(
            f"The labels go from {int(labels.min())} to {int(labels.max())}, the classes of "
            f"{train.name} from 0 to {len(train.classes) - 1}; give the labels that these pictures "
            "were drawn as, or none."
        )
    if len(images) <= metrics.DENSITY_NEIGHBOURS:
        raise ConfigError(
            f"{len(images)} pictures are too few to measure; give {metrics.DENSITY_NEIGHBOURS + 1} "
            "or more."
        )


def _channels(count: int) -> str:
    return f"{count} channel{'s' if count > 1 else ''}"


def _at_size(pictures: Pictures, side: int) -> tuple[Pictures, tuple[str, ...]]:
    """The pictures at the size of the data, and what was done to them in words."""
    own_side = pictures.images.shape[2]
    if own_side == side:
        return pictures, ()
    words = (
        f"The samples, {own_side} x {own_side}, were scaled to the data's size, {side} x {side}."
    )
    return pictures._replace(images=scale(pictures.images, side)), (words,)


class Columns(NamedTuple, Generic[T]):
    """The same of the pictures, of the reference images, and of other real images."""

    result: T
    ceiling: T
    floor: T


Scores = Columns[Mapping[str, float]]  # by the names of the table of measures
NO_SCORES: Scores = Columns({}, {}, {})


@dataclass
class Comparison:
    """Pictures and the real images that they are measured against, and what several measurements
    need of them, computed once."""

    pictures: Pictures
    train: ImageData
    reference: ImageData  # the test images; the training images where there are none
    split: Split  # which of the two
    base: ImageData  # the real images that the floor is measured against
    others: ImageData  # and those that are not among them
    extractor: Extractor | None  # None: no features can be compared
    notes: tuple[str, ...]  # what cannot be measured, a sentence each
    data_dir: Path
    progress: Progress

    @cached_property
    def search(self) -> memorisation.Search:
        """The training images nearest to the pictures and to new real images."""
        self.progress(0.05, "Looking for the nearest training images")
        return memorisation.search(
            self.pictures.images,
            self.train,
            self.reference,
            self.split,
            self.data_dir,
            self.progress,
        )

    @cached_property
    def features(self) -> Columns[Tensor] | None:
        """Features (N, width) of each set; None where none can be compared."""
        if self.extractor is None:
            return None
        self.progress(0.5, "Reading the features of the samples")
        return Columns(
            self.extractor.features(self.pictures.images),
            features_of(self.reference, self.extractor, self.data_dir, self.progress),
            features_of(self.others, self.extractor, self.data_dir, self.progress),
        )

    @cached_property
    def probabilities(self) -> Columns[Tensor] | None:
        """Class probabilities (N, K) of each set; None where no classes are read."""
        if self.features is None or self.extractor is None or self.extractor.probabilities is None:
            return None
        return Columns(*map(self.extractor.probabilities, self.features))

    @cached_property
    def views(self) -> Columns[View] | None:
        """What the classifier reads in each set; None where no classes are read."""
        if self.probabilities is None:
            return None
        labels: tuple[Tensor | None, ...] = (None, None, None)
        if self.pictures.labels is not None:
            labels = (self.pictures.labels, self.reference.labels, self.others.labels)
        return Columns(*map(view, self.probabilities, labels))


def _compare(
    pictures: Pictures,
    train: ImageData,
    data_dir: Path,
    progress: Progress,
    scaling: tuple[str, ...],
) -> Comparison:
    """Find the real images and the features that the pictures can be measured with."""
    n = len(pictures.images)
    reference, split = reference_images(train, data_dir, progress)
    half = len(train) // 2
    notes = [*scaling]
    if split == "train":
        base = part(train, slice(half), "first")
        others = part(train, slice(half, None), f"second-{n}")
        notes.append(
            f"The data set {train.name!r} keeps no test images, so the samples were measured "
            "against the images that the generator was trained on."
        )
    else:
        base, others = reference, part(train, slice(min(half, n)), f"half-{n}")
    extractor = None
    try:
        extractor = extractor_for(train.name)
    except CheckpointError as error:
        if is_digits(train.name):  # its extractor ships with this program
            raise
        notes.append(str(error))
    return Comparison(
        pictures, train, reference, split, base, others, extractor, tuple(notes), data_dir, progress
    )


def _copying(comparison: Comparison) -> Scores:
    search = comparison.search
    return Columns(metrics.copying(search.samples, search.real)._asdict(), {}, {})


def _diversity(comparison: Comparison) -> Scores:
    spread = metrics.spread(_some(comparison.reference.images))
    if spread == 0:  # all real images are alike
        return NO_SCORES
    images, others = comparison.pictures.images, comparison.others.images
    return Columns(
        {"diversity": metrics.spread(images[:SPREAD_SAMPLES]) / spread},
        {"diversity": 1.0},
        {"diversity": metrics.spread(others[:SPREAD_SAMPLES]) / spread},
    )


def _some(images: Tensor) -> Tensor:
    """Enough of them for a mean, from all over the set, which may lie sorted by class."""
    return images[:: max(1, len(images) // SPREAD_SAMPLES)][:SPREAD_SAMPLES]


def _feature_distances(comparison: Comparison) -> Scores:
    features = comparison.features
    if features is None:
        return NO_SCORES
    comparison.progress(0.7, "Comparing the samples with real images")
    result = _distances(features.ceiling, features.result)
    comparison.progress(0.8, "Comparing real images with each other")
    reference = comparison.reference
    return Columns(
        result,
        _real_distances(comparison, reference, reference),
        _real_distances(comparison, comparison.base, comparison.others),
    )


def _distances(reference: Tensor, features: Tensor) -> dict[str, float]:
    kernel = metrics.kernel_distance(reference, features)
    return {
        "fd": metrics.FrechetDistance(reference)(features),
        "kd": kernel.mean,
        "kd_spread": kernel.spread,
        **metrics.neighbourhood(reference, features)._asdict(),
    }


def _real_distances(
    comparison: Comparison, reference: ImageData, others: ImageData
) -> dict[str, float]:
    """The same of two sets of real images, from the cache where they were measured before."""
    extractor, data_dir = comparison.extractor, comparison.data_dir
    assert extractor is not None
    features = [
        features_of(data, extractor, data_dir, comparison.progress) for data in (reference, others)
    ]

    def compute() -> dict[str, Tensor]:
        values = _distances(*features)
        return {"values": torch.tensor([values[name] for name in _DISTANCES], dtype=torch.float64)}

    name = f"{reference.fingerprint}-{others.fingerprint}-{extractor.version}"
    values = from_cache(data_dir, name, {"values": (len(_DISTANCES),)}, compute)["values"]
    return dict(zip(_DISTANCES, values.tolist(), strict=True))


def _classes(comparison: Comparison) -> Scores:
    if comparison.probabilities is None or comparison.views is None:
        return NO_SCORES
    return Columns(*map(_class_scores, comparison.probabilities, comparison.views))


def _class_scores(probabilities: Tensor, view: View) -> dict[str, float]:
    as_asked = {} if view.as_asked is None else {"as_asked": view.as_asked}
    return {
        "classifier_score": metrics.classifier_score(probabilities),
        "readable": view.readable,
        "present": view.present,
        "kl": view.kl,
        **as_asked,
    }


MEASUREMENTS: tuple[Callable[[Comparison], Scores], ...] = (
    _copying,
    _diversity,
    _feature_distances,
    _classes,
)


def _evaluation(comparison: Comparison, scores: Columns[dict[str, float]]) -> Evaluation:
    pictures, extractor, views = comparison.pictures, comparison.extractor, comparison.views
    return Evaluation(
        dataset=comparison.train.name,
        reference=comparison.split,
        reference_images=len(comparison.reference),
        samples=len(pictures.images),
        seed=pictures.seed,
        weights=pictures.weights,
        distance=extractor.distance if extractor else "",
        features=extractor.name if extractor else "",
        result=_rounded(scores.result),
        ceiling=_rounded(scores.ceiling),
        floor=_rounded(scores.floor),
        floor_images=len(comparison.others),
        shares=tuple(round(share, 6) for share in views.result.shares) if views else (),
        near_samples=comparison.search.n_samples,
        notes=comparison.notes,
        version=__version__,
        measured=datetime.now().isoformat(timespec="seconds"),
    )


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.5g}") for name, value in values.items() if math.isfinite(value)}


@own_defaults()
def measure(run: RunFolder, data_dir: Path, progress: Progress = ignore_progress) -> Evaluation:
    """Measure :data:`FULL` samples of a run or checkpoint against its own data set, and keep that.

    Raises:
        CheckpointError, ConfigError, DataError: no generator that opens, or data that is missing.
        OSError: the folder cannot be written.
    """
    model = open_generator(run.path)
    config = model.config
    check_folder_of(run.name, config, data_dir)
    pictures = draw_samples(model, FULL, run=run)
    train = training_images(config.dataset, pictures, data_dir, progress, config.folder, own=True)
    evaluated = evaluate(pictures, train, data_dir, progress)
    save(run, evaluated)
    return evaluated.evaluation


def save(run: RunFolder, evaluated: Evaluated) -> None:
    """Keep a measurement in the folder of a run or checkpoint.

    Raises:
        OSError: the folder cannot be written.
    """
    write_atomic(run.path / SHEET, png(evaluated.sheet))
    write_atomic(run.path / FILE, to_json(evaluated.evaluation).encode())
