"""What can be measured of a picture: brightness, thickness, slant and width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Attribute:
    """Something that can be measured in a picture."""

    title: str  # of the direction along which it grows
    measure: Callable[[np.ndarray], np.ndarray]  # light (N, H, W) from 0 to 1 to values (N,)
    strokes: bool = True  # makes sense for light strokes on a dark ground alone


def brightness(light: np.ndarray) -> np.ndarray:
    """Mean light (N,) of pictures (N, H, W) from 0 to 1."""
    return light.mean((1, 2))


def thickness(light: np.ndarray) -> np.ndarray:
    """Width of the strokes in pixels, (N,), of pictures (N, H, W) from 0 to 1.

    Twice their area by the length of their outline, which for grey pictures is the total
    variation: a line of length L and width w has the area L w and the outline 2 L.
    """
    frame = np.pad(light, ((0, 0), (1, 1), (1, 1)))
    down = np.diff(frame, axis=1)[:, :, :-1]
    right = np.diff(frame, axis=2)[:, :-1, :]
    outline = np.hypot(down, right).sum((1, 2))
    return 2 * light.sum((1, 2)) / np.maximum(outline, 1e-6)


def slant(light: np.ndarray) -> np.ndarray:
    """How far strokes lean to the right, (N,): columns that they shift by for a row upwards.

    From second moments about the centre of mass, ``-mu_11 / mu_02``.
    """
    _, x, y = _centre(light)
    mu_02 = (light * y**2).sum((1, 2))
    return -(light * x * y).sum((1, 2)) / np.maximum(mu_02, 1e-6)


def width(light: np.ndarray) -> np.ndarray:
    """Deviation of the light about its centre of mass along a row, in pixels, (N,)."""
    mass, x, _ = _centre(light)
    return np.sqrt((light * x**2).sum((1, 2)) / mass)


def _centre(light: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mass (N,) of pictures, and columns and rows counted from their centres of mass."""
    _, rows, columns = light.shape
    x, y = np.arange(columns)[None, None, :], np.arange(rows)[None, :, None]
    mass = np.maximum(light.sum((1, 2)), 1e-6)
    middle_x = (light * x).sum((1, 2)) / mass
    middle_y = (light * y).sum((1, 2)) / mass
    return mass, x - middle_x[:, None, None], y - middle_y[:, None, None]


ATTRIBUTES = {
    "thickness": Attribute("Thicker strokes", thickness),
    "slant": Attribute("Slanted to the right", slant),
    "width": Attribute("Wider", width),
    "brightness": Attribute("Brighter", brightness, strokes=False),
}
