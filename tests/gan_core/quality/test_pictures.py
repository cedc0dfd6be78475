"""Pictures to be measured, from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gan_core.errors import ConfigError
from gan_core.quality.pictures import read_pictures


def test_pictures_from_a_file(tmp_path: Path) -> None:
    pixels = np.zeros((7, 8, 8, 1), np.uint8)
    np.save(tmp_path / "a.npy", pixels)
    assert read_pictures(tmp_path / "a.npy").labels is None
    beside = tmp_path / "a.labels.npy"
    np.save(beside, np.arange(7))
    assert read_pictures(tmp_path / "a.npy").labels is None  # it may be of an earlier sample
    labels = read_pictures(tmp_path / "a.npy", beside).labels
    assert labels is not None and labels.tolist() == list(range(7))
    np.save(beside, np.arange(6))
    with pytest.raises(ConfigError, match="one whole number for each of the 7"):
        read_pictures(tmp_path / "a.npy", beside)
    for name, wrong in {
        "float": pixels.astype(np.float32),
        "flat": pixels[0],
        "object": np.array([{}], dtype=object),
    }.items():
        np.save(tmp_path / f"{name}.npy", wrong)
        with pytest.raises(ConfigError):
            read_pictures(tmp_path / f"{name}.npy")
    (tmp_path / "text.npy").write_text("no array")
    with pytest.raises(ConfigError, match="damaged"):
        read_pictures(tmp_path / "text.npy")
    with pytest.raises(ConfigError, match="There is no file"):
        read_pictures(tmp_path / "none.npy")


def test_pictures_that_no_network_makes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.npy"
    for shape, words in {
        (2, 129, 129, 3): "129 x 129; no network here makes any larger than 128 x 128",
        (10**6, 128, 128, 3): "1,000,000 pictures; give 100,000 at most",
    }.items():
        with path.open("wb") as sink:  # a sparse file: nobody could read all of it
            np.lib.format.write_array_header_1_0(
                sink, {"descr": "|u1", "fortran_order": False, "shape": shape}
            )
            sink.truncate(sink.tell() + int(np.prod(shape)))
        with pytest.raises(ConfigError, match=words):
            read_pictures(path)
