"""A small digit classifier, and what it says of a generator's pictures.

A checkpoint of it is a folder with classifier.safetensors and classifier.json, which says what it
was trained on and how well it does. It knows MNIST's digits alone, and names one for any picture.
How sure it is tells digits from noise and scraps, but not from every picture that is no digit.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from gan_core import __version__
from gan_core.config import dump_json
from gan_core.data.loading import (
    DATASETS,
    LUMA,
    Batches,
    ImageData,
    Progress,
    Split,
    ignore_progress,
    load,
    to_unit_range,
)
from gan_core.errors import CheckpointError, ConfigError
from gan_core.runs.folder import CHECKPOINTS_DIR, write_atomic

CLASSIFIER_DIR = CHECKPOINTS_DIR / "mnist-classifier"
DATASET = "mnist"
CLASSES = 10
SIDE = 28
FEATURES = 64
CONFIDENT = 0.9  # probability of the likeliest class from which a picture counts as readable
PRESENT = 0.01  # share of the pictures from which a class counts as drawn

WEIGHTS, _FACTS = "classifier.safetensors", "classifier.json"
_AT_ONCE = 500


def reads(dataset: str) -> bool:
    """Whether the pictures of a data set are digits, which is all that the classifier knows."""
    return dataset in DATASETS and DATASETS[dataset].classes == DATASETS[DATASET].classes


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
        self.head = nn.Linear(FEATURES, CLASSES)

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
    network = network.to_empty(device="cpu")
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

    def read(self, pictures: np.ndarray) -> np.ndarray:
        """Class probabilities (N, 10) of pictures (N, H, W, C), uint8."""
        images = torch.from_numpy(pictures).permute(0, 3, 1, 2)
        return self.predict(to_unit_range(images)).numpy()

    def view(self, images: Tensor, asked: Tensor | None = None) -> View:
        """What it reads in images (N, C, H, W), and whether it is what was asked for (N,)."""
        return view(self.predict(images), asked)


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
        return torch.cat([part(as_digits(chunk)) for chunk in images.split(_AT_ONCE)])
    finally:
        network.train(was_training)


def accuracy(network: DigitNetwork, data: ImageData) -> float:
    """Share of a data set's images whose class the network names."""
    right = 0
    for images, labels in zip(
        data.images.split(_AT_ONCE), data.labels.split(_AT_ONCE), strict=True
    ):
        right += int((predict(network, to_unit_range(images)).argmax(1) == labels).sum())
    return right / len(data)


def train(
    data: ImageData,
    *,
    steps: int,
    batch_size: int = 128,
    seed: int = 0,
    progress: Progress = ignore_progress,
) -> DigitNetwork:
    """A network trained on digits that are turned, scaled and shifted a little each time.

    Beside each batch it is shown a quarter as many pictures that are no digit, for which it is to
    give all classes the same probability: without them it would be sure of noise (outlier exposure,
    Hendrycks et al. 2018, arXiv:1812.04606, equation 1 with their weight of 0.5).

    Adam with a step size that rises and falls once (Smith and Topin 2017, arXiv:1708.07120). The
    same seed gives the same weights on the same machine; no global random state is read or moved.

    Args:
        data: grey 28 x 28 images of ten classes.
        steps: weight updates.
        batch_size: images in each.
        seed: of weights, order and distortions.
        progress: told the share that is done.
    """
    network = build(seed).train()
    random = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3, weight_decay=1e-5)
    rise = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=max(steps, 2))
    batches = iter(Batches(data, batch_size, seed))
    for step in range(steps):
        images, labels = next(batches)
        scraps = _no_digits(images[: max(1, batch_size // 4)], random)
        logits = network(torch.cat([_distorted(images, random), scraps]))
        loss = functional.cross_entropy(logits[: len(images)], labels)
        loss = loss - 0.5 * logits[len(images) :].log_softmax(1).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        rise.step()
        if step % 20 == 0:
            progress(step / steps, f"Step {step:,} of {steps:,}, loss {loss.item():.3f}")
    return network.eval()


def _distorted(images: Tensor, random: torch.Generator) -> Tensor:
    """Images (N, C, H, W), each turned by up to 10 degrees, scaled by up to a tenth and shifted by
    up to 2 of its 28 pixels."""
    turn, size, right, down = torch.rand(4, len(images), generator=random).mul_(2).sub_(1)
    angle, scale = turn * math.radians(10), 1 + size * 0.1
    cosine, sine = angle.cos() * scale, angle.sin() * scale
    shift = 2 / (SIDE / 2)
    rows = [cosine, -sine, right * shift, sine, cosine, down * shift]
    to_source = torch.stack(rows, 1).view(-1, 2, 3)
    grid = functional.affine_grid(to_source, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _no_digits(images: Tensor, random: torch.Generator) -> Tensor:
    """Pictures that are no digits, made of digits (N, 1, 28, 28) and as many: noise of three
    grains, of any mean and contrast, and digits cut into 16 squares or into pixels that lie in
    another order."""
    parts = images.chunk(5)
    made = []
    for part, side in zip(parts, (SIDE, SIDE // 2, SIDE // 4), strict=False):
        mean, contrast = torch.rand(2, len(part), 1, 1, 1, generator=random)
        grains = torch.randn(len(part), 1, side, side, generator=random)
        grains = grains * contrast + mean * 2 - 1
        made.append(functional.interpolate(grains, (SIDE, SIDE), mode="bilinear").clamp(-1, 1))
    for part, square in zip(parts[3:], (SIDE // 4, 1), strict=False):
        squares = functional.unfold(part, square, stride=square)
        order = torch.randperm(squares.shape[2], generator=random)
        made.append(functional.fold(squares[..., order], (SIDE, SIDE), square, stride=square))
    return torch.cat(made)


def train_checkpoint(
    folder: Path,
    data_dir: Path,
    *,
    epochs: int,
    batch_size: int = 128,
    seed: int = 0,
    progress: Progress = ignore_progress,
) -> Classifier:
    """Train on MNIST, measure on its test images, and write a checkpoint into a folder.

    Raises:
        DataError: MNIST is not on disk.
        OSError: the folder cannot be written.
    """
    data, test = (load(DATASET, data_dir, split=split) for split in get_args(Split))
    steps = epochs * max(1, len(data) // batch_size)
    network = train(data, steps=steps, batch_size=batch_size, seed=seed, progress=progress)
    progress(1.0, "Measuring")
    share = accuracy(network, test)
    facts = Facts(DATASET, steps, batch_size, seed, len(test), share, __version__)
    save(folder, Classifier(network, facts))
    return Classifier(network, facts)


def save(folder: Path, classifier: Classifier) -> None:
    """Write a checkpoint that :func:`open_classifier` opens."""
    from safetensors.torch import save as packed

    write_atomic(folder / WEIGHTS, packed(classifier.network.state_dict()))
    write_atomic(folder / _FACTS, dump_json(asdict(classifier.facts)).encode())


def open_classifier(folder: Path = CLASSIFIER_DIR) -> Classifier:
    """The classifier in a folder, in eval mode on the CPU; the one that ships by default.

    Raises:
        CheckpointError: a file is missing, damaged or of another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        facts = _facts(json.loads((folder / _FACTS).read_text("utf-8")))
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
    readable: float  # share whose class it names with 90% confidence or more
    shares: tuple[float, ...]  # of the pictures, by the class it names
    present: int  # classes with at least 1% of the pictures
    kl: float  # of the shares from equal shares, in nats: 0 is even, log(classes) one class alone
    as_asked: float | None  # share whose class is the one asked for


def view(probabilities: Tensor, asked: Tensor | None = None) -> View:
    """What class probabilities (N, K) say of N pictures.

    Args:
        probabilities: each row sums to 1.
        asked: (N,) the classes that a conditional generator was told to draw.

    Raises:
        ConfigError: no pictures, or not as many classes asked for as there are pictures.
    """
    n, classes = probabilities.shape
    if not n:
        raise ConfigError("there are no pictures to read.")
    if asked is not None and asked.shape != (n,):
        raise ConfigError(f"{n} pictures were read, but {asked.numel()} classes asked for.")
    confidence, named = probabilities.cpu().max(1)
    shares = (torch.bincount(named, minlength=classes).double() / n).tolist()
    return View(
        images=n,
        readable=float((confidence >= CONFIDENT).double().mean()),
        shares=tuple(shares),
        present=sum(share >= PRESENT for share in shares),
        kl=sum(share * math.log(share * classes) for share in shares if share),
        as_asked=None if asked is None else float((named == asked.cpu()).double().mean()),
    )
