"""A frame as a picture, for films: landscape, decision line, real and generated points."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from gan_core.objectives.readings import Reading
from gan_core.plane.frame import EXTENT, Frame

# Okabe and Ito's colours: blue is real wherever it stands, orange generated, and the sheet green.
COLORS = {"real": "#0072b2", "generated": "#d55e00", "sheet": "#009e73"}
_PAPER = (255, 255, 255)
_INK = (40, 40, 40)
_TINT = 0.6  # of the strongest colour of the landscape
_FINE = 2  # times the picture's side at which it is drawn, so that edges are smooth


def draw(frame: Frame, real: np.ndarray, reading: Reading, side: int = 384) -> np.ndarray:
    """A frame as pixels (side, side, 3), uint8, up being up.

    Args:
        real: real points (N, 2).
        reading: what the landscape means.
    """
    large = side * _FINE
    ground = Image.fromarray(_landscape(frame, reading, side))
    picture = ground.resize((large, large), Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(picture)
    for points, color, radius in (
        (real, COLORS["real"], 0.0055),
        (frame.points, COLORS["generated"], 0.008),
    ):
        reach = radius * large
        for across, down in _places(points, large).tolist():
            box = (across - reach, down - reach, across + reach, down + reach)
            pen.ellipse(box, fill=color, outline=_PAPER)
    corner, height = (round(large * 0.02), round(large * 0.015)), round(large * 0.045)
    pen.text(corner, f"step {frame.step:,}", fill=_INK, font_size=height)
    return np.asarray(picture.resize((side, side), Image.Resampling.BOX))


def _places(points: np.ndarray, side: int) -> np.ndarray:
    """Points (N, 2) of the plane in pixels, from the upper left."""
    return (points * [1, -1] / EXTENT + 1) / 2 * (side - 1)


def _landscape(frame: Frame, reading: Reading, side: int) -> np.ndarray:
    """Its colours (side, side, 3) uint8 with the decision line, row 0 the highest."""
    low, high = reading.bounds or (float(frame.landscape.min()), float(frame.landscape.max()))
    farthest = max(high - frame.level, frame.level - low) or 1.0
    small = Image.fromarray(((frame.landscape[::-1] - frame.level) / farthest).astype(np.float32))
    share = np.asarray(small.resize((side, side), Image.Resampling.BILINEAR)).clip(-1, 1)
    if not reading.real_is_high:
        share = -share
    ends = [np.array(_rgb(COLORS[name])) for name in ("real", "generated")]
    tinted = np.where(share[..., None] > 0, ends[0], ends[1])
    colors = _PAPER + _TINT * np.abs(share)[..., None] * (tinted - np.array(_PAPER))
    above = share > 0
    line = np.zeros_like(above)
    line[:, 1:] |= above[:, 1:] != above[:, :-1]
    line[1:] |= above[1:] != above[:-1]
    colors[line] = _INK
    return colors.round().astype(np.uint8)


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue
