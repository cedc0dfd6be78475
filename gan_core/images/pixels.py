"""Images (tensors in [-1, 1]) to pixels (uint8 arrays) and back; grids and PNG files of them."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from gan_core.errors import DataError, first_line

if TYPE_CHECKING:
    from torch import Tensor


def to_uint8(images: Tensor) -> np.ndarray:
    """(N, C, H, W) in [-1, 1] to (N, H, W, C) uint8."""
    values = images.detach().add(1).mul(127.5).round().clamp(0, 255)
    return values.permute(0, 2, 3, 1).cpu().numpy().astype(np.uint8)


def to_tensor(pixels: np.ndarray) -> Tensor:
    """(N, H, W, C) uint8 to (N, C, H, W) uint8."""
    import torch  # here alone, so that grids and files are made without it

    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()


def extent(count: int, side: int, gap: int = 2) -> int:
    """Pixels that so many pictures of a side take up in a row, with gaps between them."""
    return count * (side + gap) - gap


def grid(pixels: np.ndarray, columns: int | None = None, gap: int = 2) -> np.ndarray:
    """Pictures (N, H, W, C) on one sheet, row by row: (rows, columns, C) pixels, uint8.

    Without ``columns`` the sheet is as square as it can be. The gap between pictures is mid-grey,
    which separates both black and white pictures.
    """
    pixels = as_pictures(pixels)
    n, height, width, channels = pixels.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    result = np.full(
        (extent(rows, height, gap), extent(columns, width, gap), channels), 128, np.uint8
    )
    for index, picture in enumerate(pixels):
        row, column = divmod(index, columns)
        top, left = row * (height + gap), column * (width + gap)
        result[top : top + height, left : left + width] = picture
    return result


POINTS_SHOWN = 1024  # at least, where points are seen together


def are_points(shape: Sequence[int]) -> bool:
    """Whether pixels of that shape (..., H, W, C) are points of the plane: across and up."""
    return tuple(shape[-3:]) == (1, 1, 2)


def sheet(pixels: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Pictures (N, H, W, C) to be seen together: on a grid, and points all in one plane."""
    return plane(pixels) if are_points(pixels.shape) else grid(pixels, columns)


def plane(points: np.ndarray, side: int = 256) -> np.ndarray:
    """Points (N, 1, 1, 2), uint8, as white dots in one plane (side, side, 1), up being up."""
    picture = np.zeros((side, side, 1), np.uint8)
    across, up = (points.reshape(-1, 2).T.astype(int) * (side - 1)) // 255
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        rows = np.clip(side - 1 - up + down, 0, side - 1)
        picture[rows, np.clip(across + right, 0, side - 1)] = 255
    return picture


def as_pictures(pixels: np.ndarray) -> np.ndarray:
    """The same pictures (N, H, W, C), and of points a small plane each, (N, 28, 28, 1)."""
    if not are_points(pixels.shape):
        return pixels
    return np.stack([plane(point, 28) for point in pixels])


def to_pil(pixels: np.ndarray, scale: int = 1) -> Image.Image:
    """(H, W, C) uint8 with one or three channels, enlarged by a whole factor, as a picture; a point
    as the plane with it."""
    pixels = as_pictures(pixels[None])[0]
    picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    if scale == 1:
        return picture
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


def png(pixels: np.ndarray, scale: int = 1) -> bytes:
    """(H, W, C) uint8 as a PNG file."""
    buffer = io.BytesIO()
    to_pil(pixels, scale).save(buffer, "PNG")
    return buffer.getvalue()


def npy(values: np.ndarray) -> bytes:
    """What a .npy file of these holds."""
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def from_png(content: bytes) -> np.ndarray:
    """A PNG file as (H, W, C) uint8 with one or three channels.

    Raises:
        DataError: it is none, damaged, or of too many pixels.
    """
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
            mode = "L" if picture.mode in ("L", "1", "I;16") else "RGB"
            pixels = np.asarray(picture.convert(mode))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(
            f"This is no PNG picture that can be read ({first_line(error)})."
        ) from error
    return pixels[:, :, None] if pixels.ndim == 2 else pixels
