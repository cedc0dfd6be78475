"""Directions and their names, kept with a generator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gan_core.errors import ConfigError
from gan_core.latent import direction_files
from gan_core.latent.family import Directions

FOUND = Directions(
    np.eye(2, 3, dtype=np.float32),
    np.array([0.5, np.nan]),
    "by hand",
    titles=("a", "b"),
    unit="of it",
    groups=("g", "g"),
)


@pytest.fixture(autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_STATE_DIR", str(tmp_path_factory.mktemp("state")))


def same(a: Directions, b: Directions) -> bool:
    return (
        a.vectors.tobytes() == b.vectors.tobytes()
        and np.array_equal(a.explained, b.explained, equal_nan=True)
        and (a.method, a.titles, a.unit, a.groups) == (b.method, b.titles, b.unit, b.groups)
    )


def test_kept_directions_come_back_for_the_same_weights_alone(tmp_path: Path) -> None:
    folder = tmp_path
    assert direction_files.load(folder, "f", 3) == {}
    assert direction_files.save(folder, "f", {"pca": FOUND})
    (name, family), *rest = direction_files.load(folder, "f", 3).items()
    assert (name, rest) == ("pca", []) and same(family, FOUND)
    assert direction_files.load(folder, "other", 3) == {}
    assert direction_files.load(folder, "f", 4) == {}


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 100, None])
def test_damaged_directions_are_found_again(tmp_path: Path, content: bytes | None) -> None:
    folder = tmp_path
    direction_files.save(folder, "f", {"pca": FOUND})
    path = folder / "directions.safetensors"
    path.write_bytes(path.read_bytes()[:-3] if content is None else content)
    assert direction_files.load(folder, "f", 3) == {}


def test_vectors_that_are_not_finite_are_not_used(tmp_path: Path) -> None:
    folder = tmp_path
    bad = Directions(np.full((1, 3), np.nan, np.float32), np.ones(1), "by hand")
    direction_files.save(folder, "f", {"pca": bad})
    assert direction_files.load(folder, "f", 3) == {}


def test_a_folder_that_takes_no_files_has_its_directions_and_names_in_the_state_folder(
    tmp_path: Path,
) -> None:
    folder = tmp_path
    for name in ("directions.safetensors", "direction-names.json"):
        (folder / name).mkdir()  # nothing can be renamed onto a folder
    assert direction_files.save(folder, "f", {"pca": FOUND})
    direction_files.keep_name(folder, "f", "pca/0", "a loop")
    assert same(direction_files.load(folder, "f", 3)["pca"], FOUND)
    assert direction_files.names(folder, "f") == {"pca/0": "a loop"}


def test_names_are_kept_changed_and_given_back(tmp_path: Path) -> None:
    folder = tmp_path
    direction_files.keep_name(folder, "f", "pca/0", "  a loop ")
    direction_files.keep_name(folder, "f", "sefa/1", "a tail")
    assert direction_files.names(folder, "f") == {"pca/0": "a loop", "sefa/1": "a tail"}
    direction_files.keep_name(folder, "f", "pca/0", " ")
    assert direction_files.names(folder, "f") == {"sefa/1": "a tail"}
    assert direction_files.names(folder, "other weights") == {}
    for name in ("x" * 61, "two\nlines"):
        with pytest.raises(ConfigError, match="printable"):
            direction_files.keep_name(folder, "f", "pca/0", name)
    (folder / "direction-names.json").write_text('{"generator": "f", "names": [1]}')
    assert direction_files.names(folder, "f") == {}
