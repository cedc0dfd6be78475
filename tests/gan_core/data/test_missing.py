"""MNIST in other places than its own: what is said, and that one question has one answer."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gan_core.data.loading import load, on_disk
from gan_core.data.table import DATASETS
from gan_core.errors import DataError
from tests.gan_core.data.files import is_present, write_mat, write_mnist, write_picture


def in_place(home: Path) -> None:
    write_mnist(home / "data")


def no_folder(home: Path) -> None:
    pass


def empty_folder(home: Path) -> None:
    (home / "data").mkdir()


def raw_at_the_top(home: Path) -> None:
    write_mnist(home / "data")
    (home / "data" / "MNIST" / "raw").rename(home / "data" / "raw")
    (home / "data" / "MNIST").rmdir()


def no_raw(home: Path) -> None:
    write_mnist(home / "data")
    for path in (home / "data" / "MNIST" / "raw").iterdir():
        path.rename(home / "data" / "MNIST" / path.name)


def one_deeper(home: Path) -> None:
    write_mnist(home / "data" / "sets")


def beside(home: Path) -> None:
    (home / "data").mkdir()
    write_mnist(home / "other")


def packed(home: Path) -> None:
    write_mnist(home / "data")
    for path in (home / "data" / "MNIST" / "raw").iterdir():
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()


def dotted(home: Path) -> None:
    """As some unpackers name them."""
    write_mnist(home / "data")
    for path in (home / "data" / "MNIST" / "raw").iterdir():
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))


def folder_per_file(home: Path) -> None:
    """As Kaggle's zip unpacks."""
    dotted(home)
    for path in list((home / "data" / "MNIST" / "raw").iterdir()):
        folder = path.with_name(path.name.replace(".idx", "-idx"))
        folder.mkdir()
        path.rename(folder / path.name)


def cut_short(home: Path) -> None:
    write_mnist(home / "data")
    path = home / "data" / "MNIST" / "raw" / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:100])


def one_file_gone(home: Path) -> None:
    write_mnist(home / "data")
    (home / "data" / "MNIST" / "raw" / "t10k-labels-idx1-ubyte").unlink()


def a_file(home: Path) -> None:
    (home / "data").write_bytes(b"")


LAYOUTS: dict[Callable[[Path], None], str] = {
    no_folder: "There is no folder {home}/data.",
    empty_folder: "looked for in {home}/data/MNIST/raw, which has no train-images-idx3-ubyte "
    "(3 more of its files are not there either).",
    raw_at_the_top: "{home}/data/raw/train-images-idx3-ubyte was found: if it is of MNIST, move it "
    "and its like into {home}/data/MNIST/raw.",
    no_raw: "{home}/data/MNIST/train-images-idx3-ubyte was found: if it is of MNIST, move it",
    one_deeper: "It lies below {home}/data/sets: point --data-dir there.",
    beside: "It lies below {home}/other: point --data-dir there.",
    packed: "train-images-idx3-ubyte.gz lies there, still packed: the download unpacks it.",
    dotted: "{home}/data/MNIST/raw/train-images.idx3-ubyte was found: if it is of MNIST, call it "
    "train-images-idx3-ubyte.",
    folder_per_file: "train-images-idx3-ubyte/train-images.idx3-ubyte was found: if it is of "
    "MNIST, move it and its like into {home}/data/MNIST/raw and call it train-images-idx3-ubyte.",
    cut_short: "Its files in {home}/data/MNIST/raw are damaged or cut short.",
    one_file_gone: "which has no t10k-labels-idx1-ubyte.",
    a_file: "There is no folder {home}/data.",
}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_what_is_nearby_is_named(layout: Callable[[Path], None], tmp_path: Path) -> None:
    layout(tmp_path)
    with pytest.raises(DataError) as refusal:
        load("mnist", tmp_path / "data")
    words = str(refusal.value)
    assert LAYOUTS[layout].format(home=tmp_path) in words
    assert not re.search(r"Error|Dataset not found|download=True|\(\)|Errno", words)


def test_the_files_of_another_set_are_not_offered(tmp_path: Path) -> None:
    write_mnist(tmp_path / "data")  # Fashion-MNIST and KMNIST call their files the same
    for name in ("fashion_mnist", "kmnist"):
        with pytest.raises(DataError, match="which has no train-images-idx3-ubyte") as refusal:
            load(name, tmp_path / "data")
        assert "was found" not in str(refusal.value)
    (tmp_path / "data" / "MNIST").rename(tmp_path / "data" / "fashion-mnist")
    with pytest.raises(DataError, match="fashion-mnist/raw/train-images-idx3-ubyte was found: if"):
        load("fashion_mnist", tmp_path / "data")


def broken_mat(home: Path) -> None:
    """Damaged in the middle: its headers and its last array are whole."""
    in_place(home)
    write_mat(home / "data")
    path = home / "data" / "mnist_all.mat"
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 0xFF
    path.write_bytes(content)


def whole_mat(home: Path) -> None:
    in_place(home)
    write_mat(home / "data")


def pictures(home: Path, *broken: str) -> None:
    for name in ("a.png", "b.png"):
        write_picture(home / "data" / name, (1, 2, 3))
    for name in broken:
        (home / "data" / name).write_text("no picture")


PRESENT: list[tuple[str, Callable[[Path], None], bool]] = [
    *(("mnist", layout, layout is in_place) for layout in (in_place, *LAYOUTS)),
    *((name, in_place, False) for name in ("fashion_mnist", "kmnist", "cifar10", "celeba", "mat")),
    ("mat", whole_mat, True),
    ("mat", broken_mat, False),
    ("folder", empty_folder, False),
    ("folder", no_folder, False),
    ("folder", in_place, False),  # files, and no picture among them
    ("folder", pictures, True),
    ("folder", lambda home: pictures(home, "a.png"), True),
    ("folder", lambda home: pictures(home, "a.png", "b.png"), False),
]


@pytest.mark.parametrize(("name", "layout", "there"), PRESENT)
def test_what_is_said_to_be_there_can_be_read(
    name: str, layout: Callable[[Path], None], there: bool, tmp_path: Path
) -> None:
    layout(tmp_path)
    try:
        load(name, tmp_path / "data", image_size=28)
        readable = True
    except DataError:
        readable = False
    assert (is_present(name, tmp_path / "data"), readable) == (there, there)
    assert on_disk(name, tmp_path / "data") is there


def test_a_file_that_is_damaged_later_is_noticed(tmp_path: Path) -> None:
    in_place(tmp_path)
    assert on_disk("mnist", tmp_path / "data")
    cut = tmp_path / "data" / "MNIST" / "raw" / "train-images-idx3-ubyte"
    cut.write_bytes(b"")
    os.utime(cut, ns=(1, 1))  # another time than that of a moment ago
    assert not on_disk("mnist", tmp_path / "data")


@pytest.mark.parametrize(
    "name", sorted(name for name in DATASETS if name != "digits" and not DATASETS[name].points)
)
def test_a_data_folder_that_can_be_none_holds_nothing(name: str) -> None:
    assert not on_disk(name, Path("x" * 300))
    with pytest.raises(DataError):
        load(name, Path("x" * 300))
