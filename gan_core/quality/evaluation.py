"""A full measurement of pictures against a data set, and the files that keep it.

A run or checkpoint keeps its last one as evaluation.json, beside memorisation.png, which shows
samples each with the training image nearest to it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_core import __version__
from gan_core.data.dataset import ImageData, Progress, ignore_progress
from gan_core.data.loading import load
from gan_core.data.table import is_digits
from gan_core.errors import CheckpointError, ConfigError
from gan_core.files import write_atomic
from gan_core.images.pixels import grid, png, to_tensor
from gan_core.latent.vectors import noise
from gan_core.networks.sampling import balanced_labels, draw
from gan_core.quality import metrics
from gan_core.quality.digit_classifier import view
from gan_core.quality.features import (
    Extractor,
    cached,
    extractor_for,
    features_of,
    held_out,
    part,
)
from gan_core.quality.metrics import Nearest
from gan_core.quality.record import FILE, SHEET, Evaluation, to_json
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import OpenedGenerator, open_generator

FULL = 10_000  # samples of a measurement that is kept and compared
SHEET_PAIRS, SHEET_COLUMNS = 24, 6  # the nearest half of them first, then as they came
SEED = 2  # of the noise: not that of the grids, nor that of the measurements while training
SPREAD_SAMPLES = 2000
_SEARCH_WORK = 1e11  # multiply-adds that the search for nearest images may take
_AT_ONCE = 2048
_ON_FEATURES = ("fd", "kd", "kd_spread", "precision", "recall", "density", "coverage")


class Pictures(NamedTuple):
    """What is measured."""

    images: Tensor  # (N, C, H, W) uint8
    asked: Tensor | None = None  # (N,) the classes that the generator was told to draw
    seed: int | None = None
    weights: str = ""


def draw_samples(
    opened: OpenedGenerator, n: int, seed: int = SEED, folder: Path | None = None
) -> Pictures:
    """So many samples of a generator; of one that takes labels, as many of each class."""
    z = noise(n, opened.config.latent_dim, seed, opened.config.noise)
    y = balanced_labels(n, opened.generator.n_classes)
    weights = "" if folder is None else weights_of(folder)
    return Pictures(to_tensor(draw(opened.generator, z, y)), y, seed, weights)


def weights_of(folder: Path) -> str:
    """A digest of a generator's file, by which an evaluation knows whether it is still its own."""
    return hashlib.sha256((folder / "generator.safetensors").read_bytes()).hexdigest()[:16]


def read_pictures(path: Path) -> Pictures:
    """Pictures that ``sample --out FILE.npy`` wrote, with FILE.labels.npy where it is there.

    Raises:
        ConfigError: no file, or other than uint8 (N, H, W, C) with one or three channels.
    """
    pixels = _array(path)
    shape = pixels.shape
    square = pixels.ndim == 4 and shape[3] in (1, 3) and shape[1] == shape[2]
    if pixels.dtype != np.uint8 or not square or not len(pixels):
        raise ConfigError(
            f"{path} holds {pixels.dtype} of the shape {shape}; pictures are uint8 (N, H, W, C), "
            "square, with one or three channels."
        )
    beside = path.with_suffix(".labels.npy")
    asked = None
    if beside.is_file():
        labels = _array(beside)
        if labels.shape != shape[:1] or labels.dtype.kind not in "iu":
            raise ConfigError(
                f"{beside} holds {labels.dtype} of the shape {labels.shape}; it must be one whole "
                f"number for each of the {shape[0]} pictures."
            )
        asked = torch.from_numpy(labels.astype(np.int64))
    return Pictures(to_tensor(pixels), asked)


def _array(path: Path) -> np.ndarray:
    try:
        found = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise ConfigError(f"There is no file {path}.") from None
    except (OSError, ValueError, EOFError, MemoryError, SyntaxError) as error:
        raise ConfigError(f"{path} is damaged or no .npy file of numbers.") from error
    if not isinstance(found, np.ndarray):
        found.close()
        raise ConfigError(f"{path} is an archive; give a .npy file.")
    return found


def training_images(
    dataset: str,
    pictures: Pictures,
    data_dir: Path,
    progress: Progress = ignore_progress,
    folder: str = "",
) -> ImageData:
    """The training images of a data set, at the size and channels of the pictures.

    Raises:
        ConfigError: no data set has that name.
        DataError: it is not on disk.
    """
    _, channels, side, _ = pictures.images.shape
    return load(
        dataset, data_dir, image_size=side, channels=channels, folder=folder, progress=progress
    )


class Evaluated(NamedTuple):
    """A measurement, and the sheet of samples beside their nearest training images."""

    evaluation: Evaluation
    sheet: np.ndarray  # (rows, columns, C) uint8


def evaluate(
    pictures: Pictures, train: ImageData, data_dir: Path, progress: Progress = ignore_progress
) -> Evaluated:
    """Measure pictures against the test images of a data set.

    Args:
        pictures: of the size and channels of ``train``, 6 or more.
        train: the training images.
        data_dir: where the test images are, and the cache of what is known of them.
        progress: told the share that is done.

    Raises:
        ConfigError: too few pictures, or of another shape than the data.
        DataError: test images that cannot be read.
        CheckpointError: the digit classifier cannot be opened.
    """
    drawn = pictures.images
    if tuple(drawn.shape[1:]) != train.image_shape:
        raise ConfigError(
            f"The pictures are {_size(drawn.shape[1:])}, those of {train.name} "
            f"{_size(train.image_shape)}; choose the data set that they were made from."
        )
    if len(drawn) <= metrics.DENSITY_NEIGHBOURS:
        raise ConfigError(
            f"{len(drawn)} pictures are too few to measure; give {metrics.DENSITY_NEIGHBOURS + 1} "
            "or more."
        )
    real, split = held_out(train, data_dir, progress)
    notes = []
    if split == "train":
        notes.append(
            f"The data set {train.name!r} keeps no test images, so the samples were measured "
            "against the images that the generator was trained on."
        )
    extractor = None
    try:
        extractor = extractor_for(train.name)
    except CheckpointError as error:
        if is_digits(train.name):
            raise
        notes.append(str(error))

    progress(0.05, "Looking for the nearest training images")
    found, known, near_samples = _search(drawn, train, real, split, data_dir, progress)
    result: dict[str, float] = metrics.copying(found, known)._asdict()
    ceiling: dict[str, float] = {}
    floor: dict[str, float] = {}
    half = len(train) // 2
    if split == "train":
        base, held = (
            part(train, slice(half), "first"),
            part(train, slice(half, None), f"second-{len(drawn)}"),
        )
    else:
        base = real
        held = part(train, slice(min(half, len(drawn))), f"half-{len(drawn)}")
    spread = metrics.spread(_some(real.images))
    if spread > 0:
        result["diversity"] = metrics.spread(drawn[:SPREAD_SAMPLES]) / spread
        ceiling["diversity"] = 1.0
        floor["diversity"] = metrics.spread(held.images[:SPREAD_SAMPLES]) / spread
    shares: tuple[float, ...] = ()
    if extractor is not None:
        progress(0.5, "Reading the features of the samples")
        features = extractor.features(drawn)
        real_features = features_of(real, extractor, data_dir, progress)
        held_features = features_of(held, extractor, data_dir, progress)
        progress(0.7, "Comparing the samples with real images")
        result |= _on_features(real_features, features)
        progress(0.8, "Comparing real images with each other")
        ceiling |= _kept(real, real, extractor, data_dir, progress)
        floor |= _kept(base, held, extractor, data_dir, progress)
        if extractor.probabilities is not None:
            shares = _read(result, extractor.probabilities(features), pictures.asked)
            _read(ceiling, extractor.probabilities(real_features), real.labels)
            _read(floor, extractor.probabilities(held_features), held.labels)
            if pictures.asked is None:
                del ceiling["as_asked"], floor["as_asked"]
    progress(1.0, "Measured")
    evaluation = Evaluation(
        dataset=train.name,
        reference=split,
        reference_images=len(real),
        samples=len(drawn),
        seed=pictures.seed,
        weights=pictures.weights,
        distance=extractor.distance if extractor else "",
        features=extractor.name if extractor else "",
        result=_rounded(result),
        ceiling=_rounded(ceiling),
        floor=_rounded(floor),
        floor_images=len(held),
        shares=tuple(round(share, 6) for share in shares),
        near_samples=near_samples,
        notes=tuple(notes),
        version=__version__,
        measured=datetime.now().isoformat(timespec="seconds"),
    )
    return Evaluated(evaluation, _sheet(drawn, train.images, found))


def _size(shape: tuple[int, ...] | torch.Size) -> str:
    return f"{shape[1]} x {shape[2]} with {shape[0]} channel{'s' if shape[0] > 1 else ''}"


def _some(pictures: Tensor) -> Tensor:
    """Enough of them for a mean, from all over the set, which may lie sorted by class."""
    return pictures[:: max(1, len(pictures) // SPREAD_SAMPLES)][:SPREAD_SAMPLES]


def _search(
    drawn: Tensor, train: ImageData, real: ImageData, split: str, data_dir: Path, progress: Progress
) -> tuple[Nearest, Nearest, int]:
    """The training images nearest to the samples and to new real images, for as many of each as
    can be looked for in reasonable time; and how many that are."""
    work = train.images[0].numel() * len(train)
    most = max(100, int(_SEARCH_WORK / work))
    count = min(len(real), most, FULL)
    some = part(real, slice(count), f"near-{count}")

    def of_real() -> dict[str, Tensor]:
        progress(0.05, "Looking for the training images nearest to real ones")
        if split == "train":
            order = torch.randperm(len(real), generator=torch.Generator().manual_seed(0))[:count]
            everyone = metrics.nearest(real.images, real.images, apart=True)
            found = Nearest(everyone.index[order], everyone.distance[order], everyone.second[order])
        else:
            found = metrics.nearest(some.images, train.images)
        return {"index": found.index, "distance": found.distance, "second": found.second}

    shapes = dict.fromkeys(("index", "distance", "second"), (count,))
    name = f"nearest-{some.fingerprint}-{train.fingerprint}"
    known = Nearest(**cached(data_dir, name, shapes, of_real))
    looked_for = drawn[:most]
    found = metrics.nearest(
        looked_for,
        train.images,
        progress=lambda share: progress(
            0.1 + 0.4 * share, "Looking for the nearest training images"
        ),
    )
    return found, known, len(looked_for)


def _on_features(real: Tensor, features: Tensor) -> dict[str, float]:
    kernel = metrics.kernel_distance(real, features)
    return {
        "fd": metrics.FrechetDistance(real)(features),
        "kd": kernel.mean,
        "kd_spread": kernel.spread,
        **metrics.neighbourhood(real, features)._asdict(),
    }


def _kept(
    real: ImageData, others: ImageData, extractor: Extractor, data_dir: Path, progress: Progress
) -> dict[str, float]:
    """The same of two sets of real images, from the cache where it is known."""
    features = [features_of(d, extractor, data_dir, progress) for d in (real, others)]

    def compute() -> dict[str, Tensor]:
        values = _on_features(*features)
        return {
            "values": torch.tensor([values[name] for name in _ON_FEATURES], dtype=torch.float64)
        }

    name = f"{real.fingerprint}-{others.fingerprint}-{extractor.version}"
    values = cached(data_dir, name, {"values": (len(_ON_FEATURES),)}, compute)["values"]
    return dict(zip(_ON_FEATURES, values.tolist(), strict=True))


def _read(
    values: dict[str, float], probabilities: Tensor, asked: Tensor | None
) -> tuple[float, ...]:
    """Add what the classifier reads, and return the shares of the classes."""
    seen = view(probabilities, asked)
    values |= {
        "classifier_score": metrics.classifier_score(probabilities),
        "readable": seen.readable,
        "present": seen.present,
        "kl": seen.kl,
    }
    if seen.as_asked is not None:
        values["as_asked"] = seen.as_asked
    return seen.shares


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.5g}") for name, value in values.items() if math.isfinite(value)}


def _sheet(drawn: Tensor, train: Tensor, found: Nearest) -> np.ndarray:
    """Samples, each with its nearest training image at its right: above those that lie nearest for
    how far the next one is, below others as they came."""
    count = min(SHEET_PAIRS, len(found.index))
    ratio = found.distance / found.second.clamp_min(1e-9)
    nearest = ratio.argsort()[: count // 2].tolist()
    others = [index for index in range(len(ratio)) if index not in set(nearest)]
    chosen = torch.tensor([*nearest, *others[: count - len(nearest)]])
    pairs = torch.stack([drawn[chosen], train[found.index[chosen]]], 1).flatten(0, 1)
    return grid(pairs.permute(0, 2, 3, 1).numpy(), 2 * SHEET_COLUMNS)


def measure(run: RunFolder, data_dir: Path, progress: Progress = ignore_progress) -> Evaluation:
    """Measure :data:`FULL` samples of a run or checkpoint against its own data set, and keep that.

    Raises:
        CheckpointError, ConfigError, DataError: no generator that opens, or data that is missing.
        OSError: the folder cannot be written.
    """
    opened = open_generator(run.path)
    config = opened.config
    pictures = draw_samples(opened, FULL, folder=run.path)
    train = training_images(config.dataset, pictures, data_dir, progress, folder=config.folder)
    found = evaluate(pictures, train, data_dir, progress)
    save(run, found)
    return found.evaluation


def save(run: RunFolder, evaluated: Evaluated) -> None:
    """Keep a measurement in the folder of a run or checkpoint.

    Raises:
        OSError: the folder cannot be written.
    """
    write_atomic(run.path / SHEET, png(evaluated.sheet))
    write_atomic(run.path / FILE, to_json(evaluated.evaluation).encode())
