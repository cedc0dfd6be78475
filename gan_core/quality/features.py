"""What samples are measured against: the features of real images, computed once and kept.

The images are those that a data set's authors keep for tests, which no training has seen; a data
set without such a part is measured against its training images, and says so.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from gan_core.data.dataset import ImageData, Progress, Split, ignore_progress, to_unit_range
from gan_core.data.loading import load
from gan_core.data.table import dataset_spec, is_digits
from gan_core.errors import CheckpointError
from gan_core.files import write_atomic
from gan_core.libraries import one_at_a_time
from gan_core.quality.digit_classifier import (
    CLASSIFIER_DIR,
    FEATURES,
    WEIGHTS,
    Classifier,
    open_classifier,
)

INCEPTION_FILE = "pt_inception-2015-12-05-6726825d.pth"  # torch-fidelity's name of its weights
INCEPTION_FEATURES = 2048
CACHE = ".ganscope"  # in the data folder

_AT_ONCE = 500


@dataclass(frozen=True)
class Extractor:
    """The network whose features are compared."""

    name: str  # as it stands beside every number that comes of it
    distance: str  # what the Frechet distance on its features is called
    version: str  # of its weights: other weights, other features
    width: int  # of a picture's features
    features: Callable[[Tensor], Tensor]  # (N, C, H, W) uint8 to (N, width)
    probabilities: Callable[[Tensor], Tensor] | None  # (N, width) features to (N, 10) classes


def extractor_for(dataset: str) -> Extractor:
    """The shipped classifier for sets of digits, Inception for all others.

    Raises:
        CheckpointError: Inception is needed, and it or its weights are not on this machine.
    """
    return digit_extractor() if is_digits(dataset) else _inception()


@lru_cache(maxsize=1)
def digit_extractor() -> Extractor:
    """The last hidden layer of the shipped digit classifier, 64 numbers a picture."""
    classifier = open_classifier()
    weights = (CLASSIFIER_DIR / WEIGHTS).read_bytes()
    return Extractor(
        name="digit-classifier features",
        distance="FD on digit-classifier features",
        version=f"digits-{hashlib.sha256(weights).hexdigest()[:12]}",
        width=FEATURES,
        features=lambda images: _in_parts(classifier.features, images, to_unit_range),
        probabilities=lambda features: _probabilities(classifier, features),
    )


@torch.no_grad()
def _probabilities(classifier: Classifier, features: Tensor) -> Tensor:
    return classifier.network.head(features).softmax(1)


def _in_parts(
    network: Callable[[Tensor], Tensor], images: Tensor, prepare: Callable[[Tensor], Tensor]
) -> Tensor:
    return torch.cat([network(prepare(chunk)) for chunk in images.split(_AT_ONCE)])


@lru_cache(maxsize=1)
def _inception() -> Extractor:
    """Inception v3's pool features, 2048 a picture, as the FID is defined on them.

    The weights are not shipped and not fetched: they are read from ``GAN_INCEPTION_WEIGHTS``, or
    from where torch-fidelity puts them.
    """
    default = Path(torch.hub.get_dir()) / "checkpoints" / INCEPTION_FILE
    path = Path(os.environ.get("GAN_INCEPTION_WEIGHTS") or default)
    missing = (
        "Distances on Inception features need torch-fidelity and its weights, of which {} is not "
        f"on this machine: run 'pip install torch-fidelity' and put {INCEPTION_FILE} (released "
        f"with torch-fidelity) at {path}, or point GAN_INCEPTION_WEIGHTS at it."
    )
    if not path.is_file():
        raise CheckpointError(missing.format("the file of weights"))
    try:
        with one_at_a_time:
            from torchmetrics.image.fid import NoTrainInceptionV3

        network = NoTrainInceptionV3(
            "inception-v3-compat",
            [str(INCEPTION_FEATURES)],
            feature_extractor_weights_path=str(path),
        )
    except ImportError:
        raise CheckpointError(missing.format("the package")) from None
    except Exception as error:  # torch raises nearly anything on a damaged file
        raise CheckpointError(f"{path} does not hold Inception's weights.") from error

    @torch.no_grad()
    def features(images: Tensor) -> Tensor:
        colour = images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images
        return _in_parts(network, colour, lambda chunk: chunk)

    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return Extractor(
        "Inception features", "FID", f"inception-{digest}", INCEPTION_FEATURES, features, None
    )


def reference_images(
    train: ImageData, data_dir: Path, progress: Progress = ignore_progress
) -> tuple[ImageData, Split]:
    """The test images that belong to training images, of their size and channels; the training
    images themselves where the data set keeps none. Says which.

    Raises:
        DataError: there are some, and they cannot be read.
    """
    if not dataset_spec(train.name).has_test:
        return train, "train"
    channels, side, _ = train.image_shape
    test = load(
        train.name, data_dir, image_size=side, channels=channels, split="test", progress=progress
    )
    return test, "test"


def part(data: ImageData, rows: slice, name: str) -> ImageData:
    """Some images of a data set in an order of its own, with a fingerprint of their own.

    The order is random and always the same, because a data set may lie sorted by class.
    """
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(0))[rows]
    return replace(
        data,
        images=data.images[order],
        labels=data.labels[order],
        fingerprint=f"{data.fingerprint}-{name}",
    )


def features_of(
    data: ImageData, extractor: Extractor, data_dir: Path, progress: Progress = ignore_progress
) -> Tensor:
    """The features (N, width) of a data set's images, from the cache where they are known."""

    def compute() -> dict[str, Tensor]:
        progress(0.0, f"Reading the features of {len(data):,} real images")
        return {"features": extractor.features(data.images)}

    name = f"{data.fingerprint}-{extractor.version}"
    shapes = {"features": (len(data), extractor.width)}
    return from_cache(data_dir, name, shapes, compute)["features"]


def from_cache(
    data_dir: Path,
    name: str,
    shapes: Mapping[str, tuple[int, ...]],
    compute: Callable[[], dict[str, Tensor]],
) -> dict[str, Tensor]:
    """Tensors from a file in the cache, or computed and written there.

    A file that is damaged or holds something else is written anew. Where the data folder cannot be
    written, nothing is kept.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file, save

    path = data_dir / CACHE / f"{name}.safetensors"
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError):
        tensors = {}
    fits = {key: tuple(value.shape) for key, value in tensors.items()} == dict(shapes)
    if fits and all(bool(value.isfinite().all()) for value in tensors.values()):
        return tensors
    tensors = compute()
    with suppress(OSError):  # a data folder that is read only costs time, not the result
        write_atomic(path, save({key: value.contiguous() for key, value in tensors.items()}))
    return tensors
