"""Training of the digit classifier."""

from __future__ import annotations

import math
from pathlib import Path
from typing import get_args

import torch
from torch import Tensor
from torch.nn import functional

from gan_core import __version__
from gan_core.data.dataset import (
    Batches,
    ImageData,
    Progress,
    Split,
    ignore_progress,
    to_unit_range,
)
from gan_core.data.loading import load
from gan_core.quality.digit_classifier import (
    AT_ONCE,
    DATASET,
    SIDE,
    Classifier,
    DigitNetwork,
    Facts,
    build,
    predict,
    save,
)


def accuracy(network: DigitNetwork, data: ImageData) -> float:
    """Share of a data set's images whose class the network names."""
    right = 0
    for images, labels in zip(data.images.split(AT_ONCE), data.labels.split(AT_ONCE), strict=True):
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
        progress: called with the share that is done and what is being done.
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
    scraps = []
    for part, side in zip(parts, (SIDE, SIDE // 2, SIDE // 4), strict=False):
        mean, contrast = torch.rand(2, len(part), 1, 1, 1, generator=random)
        grains = torch.randn(len(part), 1, side, side, generator=random)
        grains = grains * contrast + mean * 2 - 1
        scraps.append(functional.interpolate(grains, (SIDE, SIDE), mode="bilinear").clamp(-1, 1))
    for part, square in zip(parts[3:], (SIDE // 4, 1), strict=False):
        squares = functional.unfold(part, square, stride=square)
        order = torch.randperm(squares.shape[2], generator=random)
        scraps.append(functional.fold(squares[..., order], (SIDE, SIDE), square, stride=square))
    return torch.cat(scraps)


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
