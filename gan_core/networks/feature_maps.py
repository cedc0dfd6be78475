"""What each layer of a generator makes of one latent vector."""

from __future__ import annotations

import copy
import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_core.devices import own_defaults
from gan_core.networks.base import Generator
from gan_core.networks.needs import ImageShape
from gan_core.networks.summary import Layer, watch

_RANGES = {"Tanh": (-1.0, 1.0), "Sigmoid": (0.0, 1.0)}  # of layers that cannot leave theirs
_OUTLYING = 0.5  # per cent of a layer's numbers, at either end, that lie beyond black and white


class FeatureMaps(NamedTuple):
    """A layer, and what it made of one latent vector."""

    layer: Layer
    maps: np.ndarray  # (M, H, W) uint8: from black to white as the layer's numbers rise
    low: float  # what is black, and all below it
    high: float  # what is white, and all above it


@own_defaults()
@torch.no_grad()
def feature_maps(
    generator: Generator, z: np.ndarray | Tensor, label: int | None = None
) -> list[FeatureMaps]:
    """The maps of all layers, in the order and with the words of :func:`.summary.layers`.

    Args:
        generator: stays as it is, and may draw for others meanwhile: a copy is watched, which
            shares its weights.
        z: (latent_dim,).
        label: the class to draw, where the generator is told one.
    """
    rows: list[FeatureMaps] = []

    def note(layer: Layer, output: Tensor) -> None:
        values = output[0].to("cpu", torch.float32, copy=True).numpy()
        low, high = _ends(layer, values)
        maps = values.reshape(map_shape(layer.shape, generator.image_shape))
        rows.append(FeatureMaps(layer, _shades(maps, low, high), low, high))

    weight = next(generator.parameters())
    weights = [*generator.parameters(), *generator.buffers()]
    twin = copy.deepcopy(generator, {id(tensor): tensor for tensor in weights}).eval()
    y = None if label is None else torch.tensor([label], device=weight.device)
    watch(twin, note, torch.as_tensor(z)[None].to(weight), y)
    return rows


def map_shape(shape: tuple[int, ...], image_shape: ImageShape) -> tuple[int, int, int]:
    """How a layer's output of that shape is seen: as so many maps, so high and so wide.

    As many numbers as a picture has lie as they do in the picture; others that have no place in one
    lie in rows, in a rectangle that is as square as it can be.
    """
    if len(shape) == 3:
        return (shape[0], shape[1], shape[2])
    count = math.prod(shape)
    if count == math.prod(image_shape):
        return image_shape
    high = next(side for side in range(math.isqrt(count), 0, -1) if count % side == 0)
    return 1, high, count // high


def _ends(layer: Layer, values: np.ndarray) -> tuple[float, float]:
    """What is black and what is white in the maps of a layer."""
    if layer.kind in _RANGES:
        return _RANGES[layer.kind]
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 0.0
    low, high = np.percentile(finite, (_OUTLYING, 100 - _OUTLYING))
    return float(low), float(high)


def _shades(maps: np.ndarray, low: float, high: float) -> np.ndarray:
    """Numbers as grey values; all mid-grey where they do not differ."""
    maps = np.nan_to_num(maps, nan=low, posinf=high, neginf=low)
    share = (maps - low) / (high - low) if high > low else np.full(maps.shape, 0.5)
    return np.asarray(np.clip(share, 0, 1) * 255 + 0.5, np.uint8)
