"""One table of pictures for the folder and the upload: both see the same in a file."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core.data.loading import load
from gan_core.images.opening import is_grey
from gan_core.images.uploads import Conversion, convert, open_picture

RAMP = np.tile(np.linspace(0, 1, 8), (8, 1))  # from black at the left to white at the right
GREY = (RAMP * 255).round().astype(np.uint8)


def alpha(mode: str) -> Image.Image:
    clear = Image.fromarray(np.zeros((8, 8), np.uint8)).convert(mode)
    clear.putalpha(Image.fromarray(255 - GREY))  # black, and ever clearer towards the right
    return clear


def turned() -> Image.Image:
    picture = Image.fromarray(np.rot90(GREY).copy())
    picture.getexif()[0x0112] = 6  # to be shown turned by a quarter to the right
    return picture


def lab() -> Image.Image:
    bands = [Image.fromarray(GREY), *[Image.new("L", (8, 8), 128)] * 2]
    return Image.merge("LAB", bands)


PICTURES: dict[str, tuple[Callable[[], Image.Image], str]] = {
    "grey": (lambda: Image.fromarray(GREY), "png"),
    "16 bits": (lambda: Image.fromarray((RAMP * 65535).round().astype(np.uint16)), "png"),
    "12 bits in 16": (lambda: Image.fromarray((RAMP * 4095).round().astype(np.uint16)), "png"),
    "32 bits": (lambda: Image.fromarray((RAMP * 2**30).astype(np.int32)), "tif"),
    "floats": (lambda: Image.fromarray(RAMP.astype(np.float32)), "tif"),
    "RGB": (lambda: Image.fromarray(GREY).convert("RGB"), "png"),
    "palette": (lambda: Image.fromarray(GREY).convert("P"), "png"),
    "grey with alpha": (lambda: alpha("LA"), "png"),
    "colour with alpha": (lambda: alpha("RGBA"), "png"),
    "turned by EXIF": (turned, "png"),
    "grey JPEG": (lambda: Image.fromarray(GREY), "jpg"),
    "LAB": (lab, "tif"),
}


def content(name: str) -> tuple[bytes, str]:
    make, ending = PICTURES[name]
    picture, buffer = make(), io.BytesIO()
    options = {"exif": picture.getexif()} if name == "turned by EXIF" else {}
    picture.save(buffer, {"tif": "TIFF", "jpg": "JPEG"}.get(ending, "PNG"), **options)
    return buffer.getvalue(), ending


@pytest.mark.parametrize("name", PICTURES)
def test_a_ramp_is_a_ramp_whatever_the_file(tmp_path: Path, name: str) -> None:
    raw, ending = content(name)
    upload = convert(open_picture(f"ramp.{ending}", raw), (1, 8, 8), Conversion())[..., 0]
    (tmp_path / f"ramp.{ending}").write_bytes(raw)
    folder = load("folder", tmp_path, image_size=8, channels=1).images[0, 0].numpy()
    slack = {"grey JPEG": 12, "LAB": 24}.get(name, 2)  # light in LAB is no linear grey
    assert np.abs(upload.astype(int) - GREY).max() <= slack
    assert np.array_equal(folder, upload)


def test_grey_is_what_has_no_colour() -> None:
    grey = np.dstack([GREY] * 3)
    assert is_grey(grey)
    grey[3, 4, 2] += 1
    assert not is_grey(grey)
