from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gan_core.config import MAX_POINTS
from gan_core.data.loading import load
from gan_core.data.own_points import Scaling, read_points, save_points
from gan_core.errors import DataError

SQUARE = [(x, y) for x in range(10, 15) for y in range(4)]  # 10 to 14 across, 0 to 3 upwards


def csv(rows: Sequence[tuple[float, float]], separator: str = ",") -> str:
    return "".join(f"{x}{separator}{y}\n" for x, y in rows)


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t", " ", " , "])
@pytest.mark.parametrize("head", ["", "across,up\n", "\ufeff", "\n"])
def test_a_table_of_two_columns_is_read(tmp_path: Path, separator: str, head: str) -> None:
    own = read_points(write(tmp_path / "p.csv", head + csv(SQUARE, separator)))
    # The wider side, 4, becomes 1.8 of the plane's 2.
    assert own.scaling == Scaling((12.0, 1.5), 0.45)
    assert own.levels[0].tolist() == [13, 41]  # (-0.9 + 1) * 127.5, (-0.675 + 1) * 127.5
    assert own.levels[-1].tolist() == [242, 214]
    assert "(12, 1.5) to the middle of the plane, and multiplied by 0.45" in own.scaling.words


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int16])
def test_an_array_is_read(tmp_path: Path, kind: type) -> None:
    np.save(tmp_path / "p.npy", np.array(SQUARE, kind))
    from_table = read_points(write(tmp_path / "p.csv", csv(SQUARE)))
    np.testing.assert_array_equal(read_points(tmp_path / "p.npy").levels, from_table.levels)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (csv(SQUARE) + "3,left\n", r"Line 21 of p.csv holds text \(3, left\); give two numbers"),
        (csv(SQUARE) + "3,4,5\n", r"Line 21 of p.csv has 3 columns; a point has two"),
        ("".join(f"{x}\n" for x in range(30)), r"Line 1 of p.csv has 1 column; a point has two"),
        (csv(SQUARE) + "nan,1\n", r"Point 21 of p.csv is NaN or infinite; leave out"),
        (csv(SQUARE) + "1,-inf\n", r"Point 21 of p.csv is NaN or infinite; leave out"),
        (csv(SQUARE[:19]), r"p.csv holds 19 points; give 20 or more"),
        ("", r"p.csv holds 0 points; give 20 or more"),
        (csv([(3, 4)] * 30), r"All 30 points of p.csv are equal, so that there is nothing to"),
        (csv([(1.7e308, 4), (-1.7e308, 4)] * 30), r"too near together or too far apart"),
        (csv([(1, 1)] * (MAX_POINTS + 1)), r"p.csv holds more than 100,000 points; give 100,000"),
        (b"\xff\xfe\x00\x81", r"p.csv is no text; give a CSV file"),
    ],
    ids=["text", "three", "one", "nan", "inf", "few", "none", "equal", "far", "many", "bytes"],
)
def test_a_table_that_is_refused(tmp_path: Path, content: str | bytes, words: str) -> None:
    path = write(tmp_path / "p.csv", content)
    with pytest.raises(DataError, match=words):
        read_points(path)
    with pytest.raises(DataError, match=words.replace("p.csv", "My points.csv")):
        save_points("My points.csv", path.read_bytes(), tmp_path)
    assert list((tmp_path / "points").iterdir()) == []


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((1_000_000, 2), np.uint8), r"holds more than 100,000 points; give 100,000 at"),
        (np.zeros((30, 1)), r"has the shape \(30, 1\); points are \(N, 2\)"),
        (np.zeros(30), r"has the shape \(30,\); points are"),
        (np.array([["a", "b"]] * 30), r"holds <U1; give numbers"),
        (np.full((30, 2), np.nan), r"Point 1 of p.npy is NaN or infinite"),
    ],
)
def test_an_array_that_is_refused(tmp_path: Path, array: np.ndarray, words: str) -> None:
    np.save(tmp_path / "p.npy", array)
    with pytest.raises(DataError, match=words):
        read_points(tmp_path / "p.npy")


def test_what_is_no_array_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "pickled.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    write(tmp_path / "cut.npy", b"\x93NUMPY\x01\x00")
    for name in ("pickled.npy", "cut.npy"):
        with pytest.raises(DataError, match=rf"{name} is damaged or no .npy file"):
            read_points(tmp_path / name)
    with pytest.raises(DataError, match=r"There is no file .*gone.csv"):
        read_points(tmp_path / "gone.csv")
    with pytest.raises(DataError, match=r"p.exe is no file of points; give one of .csv, .txt"):
        save_points("p.exe", b"", tmp_path)


def test_a_file_that_was_given_is_kept_in_the_data_folder(tmp_path: Path) -> None:
    place = save_points("../my Points ä.CSV", csv(SQUARE).encode(), tmp_path)
    assert place.startswith("points/my-Points-") and place.endswith(".csv")
    data = load("points", tmp_path, folder=place)
    assert data.image_shape == (2, 1, 1) and len(data) == 20 and data.classes == ("0",)
    assert data.kept is not None and "multiplied by 0.45" in data.kept.words
    assert save_points("my Points ä.csv", csv(SQUARE).encode(), tmp_path) == place


def test_what_a_run_keeps_reads_as_the_same_points(tmp_path: Path) -> None:
    data = load("points", tmp_path, folder=str(write(tmp_path / "p.csv", csv(SQUARE))))
    assert data.kept is not None
    kept = write(tmp_path / "distribution.json", data.kept.content)
    assert json.loads(data.kept.content)["shift"] == [12.0, 1.5]
    again = load("points", Path("nowhere"), folder=str(kept))
    assert again.fingerprint == data.fingerprint and again.kept == data.kept


@pytest.mark.parametrize(
    "damage",
    [
        {"levels": [[0, 256]] * 30},
        {"levels": [[0, -1]] * 30},
        {"levels": [[0]] * 30},
        {"levels": [[0, 0.5]] * 30},
        {"levels": "text"},
        {"levels": [[1, 2]]},
        {"scale": "nan"},
        {"shift": [1]},
        {"shift": None},
    ],
)
def test_damage_of_what_a_run_keeps_is_told(tmp_path: Path, damage: dict[str, object]) -> None:
    values = {"shift": [0, 0], "scale": 1, "levels": [[1, 2]] * 30, **damage}
    path = write(tmp_path / "distribution.json", json.dumps(values))
    with pytest.raises(DataError, match=r"distribution.json holds no points \("):
        read_points(path)


def test_no_file_is_no_data_set() -> None:
    with pytest.raises(DataError, match=r"folder is empty; give the CSV or .npy file"):
        load("points", Path("nowhere"))
