"""A person's own picture, as a network sees it: any file converted in the open, or refused."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from gan_core.errors import DataError
from gan_core.images.opening import as_rgb

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 40_000_000  # of a file; more is a bomb, or a camera's raw picture
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
_BOX = 20  # pixels of MNIST's 28 that a digit fills at most
_DARK = 0.5  # mean light of a border from which a ground counts as light

# What Pillow raises on files that are damaged, cut short or no pictures.
_UNREADABLE = (
    OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, OverflowError, MemoryError,
    ArithmeticError, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


@dataclass(frozen=True)
class Conversion:
    """How a picture becomes one of the network's."""

    invert: bool = False  # light becomes dark
    digit: bool = False  # centred and scaled as MNIST's are


def open_picture(name: str, content: bytes) -> Image.Image:
    """A picture from the bytes of a file: upright, on white where it is transparent, RGB.

    Raises:
        DataError: it is too large, a decompression bomb, damaged or no picture.
    """
    if len(content) > MAX_BYTES:
        raise DataError(f"{name} is larger than {MAX_BYTES // 2**20} MiB; give a smaller picture.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as file:
                if file.width * file.height > MAX_PIXELS:
                    raise DataError(
                        f"{name} would unpack to {file.width:,} x {file.height:,} pixels; give one "
                        f"of at most {MAX_PIXELS // 10**6} million."
                    )
                return as_rgb(file)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(
            f"{name} would unpack to more than {MAX_PIXELS // 10**6} million pixels; give a "
            "smaller one."
        ) from error
    except _UNREADABLE as error:
        raise DataError(
            f"{name} is no picture that can be read; give a PNG, JPEG, WebP, BMP, GIF or TIFF file."
        ) from error


def ground_is_light(picture: Image.Image) -> bool:
    """Whether the border of a picture is rather light than dark."""
    grey = np.asarray(picture.convert("L"), np.float32) / 255
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return float(np.median(border)) > _DARK


def convert(
    picture: Image.Image, image_shape: tuple[int, int, int], conversion: Conversion
) -> np.ndarray:
    """A picture as the network sees it.

    Args:
        picture: RGB, of any size.
        image_shape: channels, height, width.
        conversion: what is done to it on the way. Without ``digit`` its central square is scaled;
            with it, what is light is scaled to 20 of 28 pixels and its centre of mass put into the
            middle, as MNIST's authors did.

    Returns:
        (H, W, C) uint8.
    """
    channels, height, width = image_shape
    if conversion.invert:
        picture = ImageOps.invert(picture)
    if conversion.digit:
        picture = _as_digit(picture, height)
    picture = ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)
    pixels = np.asarray(picture.convert("L" if channels == 1 else "RGB"))
    return pixels[:, :, None] if channels == 1 else pixels


def _as_digit(picture: Image.Image, side: int) -> Image.Image:
    """What is light, scaled to fill 20 of 28 pixels, its centre of mass in the middle."""
    grey = picture.convert("L")
    light = np.asarray(grey, np.float32)
    light = np.clip(light - float(np.median(light)) - 32, 0, None)  # paper is never quite even
    if not light.any():
        return picture
    box = Image.fromarray((light > 0).astype(np.uint8) * 255).getbbox()
    assert box is not None
    light = light / light.max() * 255
    digit = Image.fromarray(light.round().astype(np.uint8)).crop(box)
    inner = max(1, round(side * _BOX / 28))
    scale = inner / max(digit.size)
    size = (max(1, round(digit.width * scale)), max(1, round(digit.height * scale)))
    digit = digit.resize(size, Image.Resampling.LANCZOS)
    mass = np.asarray(digit, np.float64)
    total = max(mass.sum(), 1e-9)
    middle_x = (mass.sum(0) * (np.arange(digit.width) + 0.5)).sum() / total
    middle_y = (mass.sum(1) * (np.arange(digit.height) + 0.5)).sum() / total
    sheet = Image.new("L", (side, side))
    left = min(max(round(side / 2 - middle_x), 0), side - digit.width)
    top = min(max(round(side / 2 - middle_y), 0), side - digit.height)
    sheet.paste(digit, (left, top))
    return sheet
