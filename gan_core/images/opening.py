"""A picture file as RGB, whatever it is: one reader for folders of pictures and for uploads."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageCms, ImageOps
from pillow_heif import register_heif_opener

register_heif_opener()  # what phones save, which Pillow alone does not know


def as_rgb(file: Image.Image) -> Image.Image:
    """A picture upright and in RGB, on white where it is transparent.

    Grey of 16 or 32 bits, and of floating point, from its darkest to its lightest: a file does not
    say what its white is, and 12 bits in 16 are as usual as 16. LAB as the light D50 shows it.

    Raises:
        OSError, ValueError, SyntaxError and others: Pillow cannot read the file.
    """
    picture = ImageOps.exif_transpose(file)
    if picture.mode.startswith(("I", "F")):
        return _deep_as_rgb(picture)
    if picture.mode == "LAB":
        profiles = (ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"))
        converted = ImageCms.profileToProfile(picture, *profiles, outputMode="RGB")
        assert converted is not None
        return converted
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(ground, picture)
    return picture.convert("RGB")


def _deep_as_rgb(picture: Image.Image) -> Image.Image:
    deep = np.asarray(picture, np.float64)
    finite = deep[np.isfinite(deep)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    values = np.nan_to_num((deep - low) / max(high - low, 1e-9) * 255, posinf=255, neginf=0)
    return Image.fromarray(values.clip(0, 255).round().astype(np.uint8)).convert("RGB")


def is_grey(pixels: np.ndarray) -> bool:
    """Whether pixels (H, W, 3) have no colour."""
    return bool((pixels == pixels[..., :1]).all())
