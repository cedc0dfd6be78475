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
    np.save(tmp_path / "a.labels.npy", np.arange(7))
    assert read_pictures(tmp_path / "a.npy").labels is not None
    np.save(tmp_path / "a.labels.npy", np.arange(6))
    with pytest.raises(ConfigError, match="one whole number for each of the 7"):
        read_pictures(tmp_path / "a.npy")
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
