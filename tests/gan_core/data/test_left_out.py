from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import gan_core.images.opening  # noqa: F401  (which makes Pillow know .heic)
from gan_core.data.left_out import PICTURE_ENDINGS, LeftOut
from gan_core.data.loading import load
from gan_core.errors import DataError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One picture, and something of each kind that is none."""
    Image.new("RGB", (8, 8), (9, 9, 9)).save(tmp_path / "good.png")
    (tmp_path / "letter.jpg").write_text("Dear all")
    for name in ("a.CR2", "b.cr2", "drawing.svg", "notes.txt", "Makefile"):
        (tmp_path / name).write_text("x")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "nowhere.png").symlink_to(tmp_path / "gone")
    (tmp_path / "secret").mkdir()
    (tmp_path / "Thumbs.db").write_text("litter is not told")
    (tmp_path / ".hidden.jpg").write_text("nor is what is hidden")
    scan = os.scandir

    def refuse(path: Any = ".") -> Iterator[os.DirEntry[Any]]:
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    return tmp_path


def test_each_kind_is_counted_and_named(folder: Path) -> None:
    assert load("folder", folder, image_size=4).left_out == (
        "1 picture that cannot be read: letter.jpg (no picture, whatever its name says)",
        "1 folder that may not be opened: secret",
        "2 names without a file: nowhere.png; pipe.png",
        "2 .cr2, 1 .svg (of a kind that is not read here: save as PNG or JPEG)",
        "1 without ending, 1 .txt (no pictures by their names)",
    )


def test_a_folder_without_pictures_says_what_it_holds_instead(folder: Path) -> None:
    (folder / "good.png").unlink()
    (folder / "letter.jpg").unlink()
    with pytest.raises(DataError, match=r"holds no pictures; .* It holds 2 \.cr2, 1 \.svg \(of a"):
        load("folder", folder)


@pytest.mark.parametrize(
    "ending", ["jfif", "avif", "ppm", "pgm", "tga", "jp2", "jpe", "dib", "qoi", "mpo", "heic"]
)
def test_what_pillow_reads_is_read(tmp_path: Path, ending: str) -> None:
    colour = (9,) if ending == "pgm" else (9, 9, 9)
    picture = Image.new("L" if ending == "pgm" else "RGB", (8, 8), colour)
    picture.save(tmp_path / f"a.{ending}", "JPEG" if ending in ("jfif", "jpe") else None)
    data = load("folder", tmp_path, image_size=4)
    assert (len(data), data.left_out) == (1, ())
    assert abs(int(data.images[0, 0, 0, 0]) - 9) <= 3  # some of these kinds are lossy


def test_every_picture_that_pillow_opens_by_itself_is_on_the_list() -> None:
    Image.init()
    # Tables of numbers, films, cursors and textures of games, and what other programs must draw.
    no_pictures = {
        ".blp", ".bufr", ".cur", ".dcx", ".emf", ".eps", ".fit", ".fits", ".flc", ".fli", ".ftc",
        ".ftu", ".gbr", ".grib", ".h5", ".hdf", ".iim", ".mpeg", ".mpg", ".msp", ".pcd", ".ps",
        ".pxr", ".wmf",
    }  # fmt: skip
    kinds = Image.registered_extensions().items()
    opened_by_pillow = {ending for ending, kind in kinds if kind in Image.OPEN}
    assert opened_by_pillow - no_pictures == PICTURE_ENDINGS - {".mpo"}  # opened as a JPEG


def test_many_are_counted_and_a_few_named() -> None:
    rest = LeftOut(damaged=[f"{number}.png (cut short)" for number in range(5)])
    for number in range(5):
        rest.add_file(Path(f"x.{number}"))
    assert rest.words() == (
        "5 pictures that cannot be read: 0.png (cut short); 1.png (cut short); 2.png (cut short); "
        "and 2 more",
        "1 .0, 1 .1, 1 .2 and 2 kinds more (no pictures by their names)",
    )
