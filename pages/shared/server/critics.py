"""Critics opened once for each saved version, and what they say of pictures.

A function that opens one raises CheckpointError where there is none, or none that can be opened,
and SavedAnewError where that version is gone.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gan_core.errors import DataError
from gan_core.images.pixels import to_uint8
from gan_core.runs import generators as run_generators
from gan_core.runs.generators import OpenedCritic
from pages.shared.server import generators
from pages.shared.server.generators import SavedVersion
from pages.shared.server.real_pictures import real_pictures
from pages.shared.server.urls import data_url

if TYPE_CHECKING:
    from torch import Tensor


class Judges(NamedTuple):
    """A critic, and the same one before its training."""

    trained: OpenedCritic
    untrained: OpenedCritic


def open_critic(version: SavedVersion) -> OpenedCritic:
    """The critic of a generator as it was saved, its batch norm by the averages over real and
    generated pictures where there is the data set; else by those that it kept while it trained."""
    return _open(version).trained


@lru_cache(maxsize=8)
def _open(version: SavedVersion) -> Judges:
    from gan_core.quality.judgement import untrained, with_norm_of_both

    generators.check_on_disk(version)
    judge = run_generators.open_critic(version.folder, version.step)
    judges = Judges(judge, untrained(judge))
    if judge.critic.image_by_image:
        return judges
    model = generators.open_version(version)
    try:
        real = real_pictures(model.config, model.info.image_shape)
    except DataError:  # said where real pictures are shown
        return judges
    return Judges(*(with_norm_of_both(one, model, real.pixels, real.labels) for one in judges))


def verdict_on_point(version: SavedVersion, z: np.ndarray, label: int | None) -> dict[str, Any]:
    """What it says of what the generator makes of a latent vector (latent_dim,), as a generated
    image is judged while it trains: before it is rounded to pixels."""
    import torch

    from gan_core.networks.sampling import sample

    generator = generators.open_version(version).generator
    y = None if label is None else torch.tensor([label])
    (image,) = sample(generator, torch.from_numpy(z)[None], y)
    return _verdict(version, image, label)


def verdict(version: SavedVersion, pixels: np.ndarray, label: int | None) -> dict[str, Any]:
    """What it says of a picture (H, W, C) uint8: ``{"value": number, "classes": [number],
    "picture": address, "overlay": address, "untrained": address}``.

    The value is null where the critic gives no number; the classes are the probabilities of a
    critic that names them, else none; the overlay shows where its verdict turns, and where that of
    the untrained one does.
    """
    from gan_core.quality.judgement import from_pixels

    (image,) = from_pixels(pixels[None].copy())
    return _verdict(version, image, label)


def _verdict(version: SavedVersion, image: Tensor, label: int | None) -> dict[str, Any]:
    from gan_core.quality import judgement

    judges = _open(version)
    told = label if judgement.is_told_the_class(judges.trained) else None
    said, before = (judgement.opinion(judge, image, told) for judge in judges)
    (picture,) = to_uint8(image[None])
    return {
        "value": said.value if math.isfinite(said.value) else None,
        "classes": [share if math.isfinite(share) else 0.0 for share in said.classes],
        "picture": data_url(picture),
        "overlay": data_url(judgement.overlay(picture, said.slope)),
        "untrained": data_url(judgement.overlay(picture, before.slope)),
    }
