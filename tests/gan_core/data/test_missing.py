"""MNIST in other places than its own: what is said, and that one question has one answer."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gan_core.data.loading import load
from gan_core.errors import DataError
from tests.gan_core.data.files import is_present, write_mnist


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
    raw_at_the_top: "{home}/data/raw/train-images-idx3-ubyte was found: move it and its like into "
    "{home}/data/MNIST/raw.",
    no_raw: "{home}/data/MNIST/train-images-idx3-ubyte was found: move it",
    one_deeper: "It lies below {home}/data/sets: point --data-dir there.",
    beside: "It lies below {home}/other: point --data-dir there.",
    packed: "train-images-idx3-ubyte.gz lies there, still packed: the download unpacks it.",
    dotted: "{home}/data/MNIST/raw/train-images.idx3-ubyte was found: move it",
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


@pytest.mark.parametrize("layout", [in_place, *LAYOUTS], ids=lambda layout: layout.__name__)
def test_what_is_said_to_be_there_can_be_read(
    layout: Callable[[Path], None], tmp_path: Path
) -> None:
    layout(tmp_path)
    try:
        load("mnist", tmp_path / "data")
        readable = True
    except DataError:
        readable = False
    assert is_present("mnist", tmp_path / "data") is readable
    assert readable is (layout is in_place)
