"""A small digit classifier, and what it says of a generator's pictures.

A checkpoint of it is a folder with classifier.safetensors and classifier.json, which says what it
was trained on and how well it does. It knows MNIST's digits alone, and names one for any picture.
How sure it is tells digits from noise and scraps, but not from every picture that is no digit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from gan_core.data.dataset import LUMA, TEN_DIGITS, to_unit_range
from gan_core.errors import CheckpointError, ConfigError
from gan_core.files import dump_json, read_json, write_atomic
from gan_core.latent.directions import ClassReader
from gan_core.networks.initialisation import allocate
from gan_core.places import CHECKPOINTS_DIR
from gan_core.quality.measures import CONFIDENT, DIGITS, PRESENT

CLASSIFIER_DIR = CHECKPOINTS_DIR / "mnist-classifier"
DATASET = "mnist"
SIDE = 28
FEATURES = 64

WEIGHTS, _FACTS = "classifier.safetensors", "classifier.json"
AT_ONCE = 500


class DigitNetwork(nn.Module):
    """Five 3 x 3 convolutions with batch norm, 28-14-7, to 64 features and ten logits."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_block(1, 16),
            nn.MaxPool2d(2),
            *_block(16, 32),
            *_block(32, 32),
            nn.MaxPool2d(2),
            *_block(32, 64),
            *_block(64, 64),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(64 * 3 * 3, FEATURES),
            nn.ReLU(inplace=True),
        )
        self.head = nn.Linear(FEATURES, DIGITS)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, 10) of images (N, 1, 28, 28) in [-1, 1]."""
        return self.head(self.body(x))


def _block(before: int, width: int) -> list[nn.Module]:
    convolution = nn.Conv2d(before, width, 3, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(width), nn.ReLU(inplace=True)]


def build(seed: int = 0) -> DigitNetwork:
    """The network, initialised from the seed alone, on the CPU."""
    with torch.device("meta"):  # where torch's own initialisation draws no random numbers
        network = DigitNetwork()
    allocate(network)
    random = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=random)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


@dataclass(frozen=True)
class Facts:
    """What classifier.json says."""

    dataset: str
    steps: int
    batch_size: int
    seed: int
    test_images: int
    test_accuracy: float  # share of the test images whose class it names, as measured
    version: str  # of the program that trained it


@dataclass(frozen=True)
class Classifier:
    """A trained network ready to read pictures, on the CPU."""

    network: DigitNetwork
    facts: Facts

    def predict(self, images: Tensor) -> Tensor:
        """Class probabilities (N, 10) of images (N, C, H, W) in [-1, 1]; see :func:`as_digits`."""
        return predict(self.network, images)

    def features(self, images: Tensor) -> Tensor:
        """What the last layer sees, (N, 64), of images (N, C, H, W) in [-1, 1]."""
        return _in_parts(self.network.body, self.network, images)

    def label(self, pixels: np.ndarray) -> np.ndarray:
        """The digit (N,) that it reads in pixels (N, H, W, C) uint8; -1 where it is not
        :data:`.measures.CONFIDENT`."""
        images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        probabilities = self.predict(to_unit_range(images)).numpy()
        return np.where(probabilities.max(1) < CONFIDENT, -1, probabilities.argmax(1))

    @property
    def reader(self) -> ClassReader:
        """What tells directions of latent space which digit a picture shows."""
        return ClassReader(TEN_DIGITS, self.label)

    def view(self, images: Tensor, labels: Tensor | None = None) -> View:
        """What it reads in images (N, C, H, W); and, by the labels (N,) that they were drawn as,
        whether it is that."""
        return view(self.predict(images), labels)


def as_digits(images: Tensor) -> Tensor:
    """Images (N, C, H, W) in [-1, 1] as MNIST's are: grey, 28 x 28.

    Colour becomes luma, and another size is scaled with a bilinear filter that averages when it
    shrinks. What is grey and 28 x 28 comes back as it is.

    Raises:
        ConfigError: neither one nor three channels.
    """
    if images.ndim != 4 or images.shape[1] not in (1, 3):
        raise ConfigError(
            f"images have the shape {tuple(images.shape)}; the classifier reads (N, C, H, W) with "
            "one channel or three."
        )
    images = images.to("cpu", torch.float32)
    if images.shape[1] == 3:
        images = (images * torch.tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    if images.shape[2:] != (SIDE, SIDE):
        images = functional.interpolate(images, (SIDE, SIDE), mode="bilinear", antialias=True)
    return images


def predict(network: DigitNetwork, images: Tensor) -> Tensor:
    """Class probabilities (N, 10) of images (N, C, H, W) in [-1, 1]; see :func:`as_digits`."""
    return _in_parts(network, network, images).softmax(1)


@torch.no_grad()
def _in_parts(part: nn.Module, network: DigitNetwork, images: Tensor) -> Tensor:
    """A part of the network on images, in eval mode, in chunks that bound the memory used."""
    was_training = network.training
    network.eval()
    try:
        return torch.cat([part(as_digits(chunk)) for chunk in images.split(AT_ONCE)])
    finally:
        network.train(was_training)


def save(folder: Path, classifier: Classifier) -> None:
    """Write a checkpoint that :func:`open_classifier` opens."""
    from safetensors.torch import save as to_bytes

    write_atomic(folder / WEIGHTS, to_bytes(classifier.network.state_dict()))
    write_atomic(folder / _FACTS, dump_json(asdict(classifier.facts)).encode())


def open_classifier(folder: Path = CLASSIFIER_DIR) -> Classifier:
    """The classifier in a folder, in eval mode on the CPU; the one that ships by default.

    Raises:
        CheckpointError: a file is missing, damaged or of another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        facts = _facts(read_json(folder / _FACTS))
        network = build()
        network.load_state_dict(load_file(folder / WEIGHTS))
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{folder} holds no classifier: {Path(error.filename or WEIGHTS).name} is missing."
        ) from None
    except (
        OSError, ValueError, RecursionError, KeyError, TypeError, SafetensorError, RuntimeError,
    ) as error:  # fmt: skip
        raise CheckpointError(f"The classifier in {folder} is damaged.") from error
    return Classifier(network.eval(), facts)


def _facts(values: Mapping[str, object]) -> Facts:
    def number(name: str) -> int:
        return int(str(values[name]))

    return Facts(
        dataset=str(values["dataset"]),
        steps=number("steps"),
        batch_size=number("batch_size"),
        seed=number("seed"),
        test_images=number("test_images"),
        test_accuracy=float(str(values["test_accuracy"])),
        version=str(values["version"]),
    )


@dataclass(frozen=True)
class View:
    """What a classifier reads in a set of pictures."""

    images: int
    readable: float  # share whose class it names with CONFIDENT or more
    shares: tuple[float, ...]  # of the pictures, by the class it names
    present: int  # classes with a share of PRESENT or more
    kl: float  # of the shares from equal shares, in nats: 0 is even, log(classes) one class alone
    as_asked: float | None  # share whose class is the one that was to be drawn


def view(probabilities: Tensor, labels: Tensor | None = None) -> View:
    """What class probabilities (N, K) say of N pictures.

    Args:
        probabilities: each row sums to 1.
        labels: (N,) the classes that a conditional generator was to draw.

    Raises:
        ConfigError: no pictures, or not as many classes asked for as there are pictures.
    """
    n, k = probabilities.shape
    if not n:
        raise ConfigError("there are no pictures to read.")
    if labels is not None and labels.shape != (n,):
        raise ConfigError(f"{n} pictures were read, but {labels.numel()} classes asked for.")
    confidence, classes = probabilities.cpu().max(1)
    shares = (torch.bincount(classes, minlength=k).double() / n).tolist()
    return View(
        images=n,
        readable=float((confidence >= CONFIDENT).double().mean()),
        shares=tuple(shares),
        present=sum(share >= PRESENT for share in shares),
        kl=sum(share * math.log(share * k) for share in shares if share),
        as_asked=None if labels is None else float((classes == labels.cpu()).double().mean()),
    )
