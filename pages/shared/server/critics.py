"""Critics opened once for each saved version, and what they say of pictures.

A function that opens one raises CheckpointError where there is none, or none that can be opened,
and SavedAnewError where that version is gone.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_core.errors import DataError
from gan_core.images.pixels import to_uint8
from gan_core.runs import generators as run_generators
from gan_core.runs.generators import OpenedCritic, OpenedGenerator
from pages.shared.server import generators
from pages.shared.server.generators import SavedVersion
from pages.shared.server.real_pictures import real_pictures
from pages.shared.server.urls import data_url

if TYPE_CHECKING:
    from torch import Tensor


@lru_cache(maxsize=8)
def open_critic(version: SavedVersion) -> OpenedCritic:
    """The critic of a generator as it was saved, its batch norm by the averages over real and
    generated pictures where there is the data set; else by those that it kept while it trained."""
    from gan_core.quality.judgement import with_norm_of_both

    generators.check_on_disk(version)
    judge = run_generators.open_critic(version.folder, version.step)
    if judge.critic.image_by_image:
        return judge
    model = generators.open_version(version)
    try:
        real = real_pictures(model.config, model.info.image_shape)
    except DataError:  # said where real pictures are shown
        return judge
    return with_norm_of_both(judge, model, real.pixels, real.labels)


def verdict_on_point(
    judge: OpenedCritic, model: OpenedGenerator, z: np.ndarray, label: int | None
) -> dict[str, Any]:
    """What it says of what the generator makes of a latent vector (latent_dim,), as a generated
    image is judged while it trains: before it is rounded to pixels."""
    import torch

    from gan_core.networks.sampling import sample

    y = None if label is None else torch.tensor([label])
    (image,) = sample(model.generator, torch.from_numpy(z)[None], y)
    return _verdict(judge, image, label)


def verdict(judge: OpenedCritic, pixels: np.ndarray, label: int | None) -> dict[str, Any]:
    """What it says of a picture (H, W, C) uint8: ``{"value": number, "classes": [number],
    "picture": address, "overlay": address}``.

    The value is null where the critic gives no number; the classes are the probabilities of a
    critic that names them, else none; the overlay shows where its verdict turns.
    """
    from gan_core.quality.judgement import from_pixels

    (image,) = from_pixels(pixels[None].copy())
    return _verdict(judge, image, label)


def _verdict(judge: OpenedCritic, image: Tensor, label: int | None) -> dict[str, Any]:
    from gan_core.quality import judgement

    said = judgement.opinion(judge, image, label if judgement.is_told_the_class(judge) else None)
    (picture,) = to_uint8(image[None])
    return {
        "value": said.value if math.isfinite(said.value) else None,
        "classes": [share if math.isfinite(share) else 0.0 for share in said.classes],
        "picture": data_url(picture),
        "overlay": data_url(judgement.overlay(picture, said.slope)),
    }
