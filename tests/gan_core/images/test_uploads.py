from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from gan_core.errors import DataError
from gan_core.images import uploads
from gan_core.images.uploads import Conversion

MNIST = (1, 28, 28)


def file(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def convert(picture: Image.Image, **options: bool) -> np.ndarray:
    return uploads.convert(picture, MNIST, Conversion(**options))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_any_mode_becomes_rgb(mode: str) -> None:
    shade = Image.new("L", (40, 30), 0)
    shade.paste(255, (10, 0, 20, 30))
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(shade).astype(np.uint16) * 257)
    else:
        picture = shade.convert(mode)
    kind = "TIFF" if mode in ("F", "CMYK") else "PNG"
    upright = uploads.open_picture("a", file(picture, kind))
    assert (upright.mode, upright.size) == ("RGB", (40, 30))
    assert upright.getpixel((15, 15)) == (255, 255, 255)
    assert upright.getpixel((5, 15)) == (0, 0, 0)


def test_what_is_transparent_is_white() -> None:
    picture = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert uploads.open_picture("a", file(picture)).getpixel((0, 0)) == (255, 255, 255)


def test_a_camera_held_sideways_is_turned_upright() -> None:
    picture = Image.new("RGB", (40, 20), "black")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    upright = uploads.open_picture("a", file(picture, "JPEG", exif=exif.tobytes()))
    assert upright.size == (20, 40)


def test_the_central_square_is_scaled() -> None:
    picture = Image.new("RGB", (400, 100), "black")
    picture.paste("white", (150, 0, 250, 100))
    assert convert(picture).shape == (28, 28, 1)
    assert convert(picture).min() > 230
    assert convert(picture, invert=True).max() < 25
    assert uploads.convert(picture, (3, 8, 8), Conversion()).shape == (8, 8, 3)


def test_a_digit_is_scaled_to_twenty_pixels_with_its_mass_in_the_middle() -> None:
    picture = Image.new("RGB", (300, 300), "black")
    picture.paste("white", (20, 30, 60, 130))  # 40 x 100, in a corner: to be 8 x 20
    digit = convert(picture, digit=True)[:, :, 0] > 127
    rows, columns = np.flatnonzero(digit.any(1)), np.flatnonzero(digit.any(0))
    assert (rows[0], rows[-1]) == (4, 23)
    assert (columns[0], columns[-1]) == (10, 17)


def test_dark_ink_on_uneven_paper_is_found_once_swapped() -> None:
    paper = np.linspace(215, 235, 200, dtype=np.uint8)[None, :].repeat(200, 0)
    picture = Image.fromarray(paper).convert("RGB")
    picture.paste((20, 20, 20), (90, 40, 110, 160))
    assert uploads.ground_is_light(picture)
    digit = convert(picture, invert=True, digit=True)[:, :, 0]
    assert digit[0].max() == 0 and digit[14, 14] > 200
    rows = np.flatnonzero((digit > 127).any(1))
    assert (rows[0], rows[-1]) == (4, 23)


def test_an_empty_sheet_stays_empty() -> None:
    assert not convert(Image.new("RGB", (50, 50), "black"), digit=True).any()


def bomb(side: int) -> bytes:
    """A PNG that says it is so large, and packs to next to nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + name + content + check

    header = side.to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    zipped = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zipped)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no picture"),
        (b"hello", "no picture"),
        (b"%PDF-1.4", "no picture"),
        (file(Image.new("L", (9, 9)))[:45], "no picture"),
        (bomb(7000), "7,000 x 7,000"),
        (bomb(10_000), "40 million"),
        (bomb(60_000), "40 million"),
        (bytes(uploads.MAX_BYTES + 1), "20 MiB"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_sentence(content: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as refusal:
        uploads.open_picture("mine.png", content)
    sentence = str(refusal.value)
    assert sentence.startswith("mine.png") and sentence.count(". ") == 0 and "\n" not in sentence
