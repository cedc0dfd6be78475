"""A person's own points of the plane, from a CSV or .npy file.

They are moved and scaled alike in both directions, so that they fill the plane, and the data set
says by how much. A run keeps them, as they are trained on, in its distribution.json: it needs the
file no more.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_core.config import MAX_POINTS
from gan_core.data.dataset import POINT, DatasetSpec, Kept, Request, Rows
from gan_core.data.folder import folder_path
from gan_core.errors import DataError, first_line
from gan_core.files import (
    describe_os_error,
    dump_json,
    is_file,
    printable_name,
    read_json,
    write_atomic,
)

if TYPE_CHECKING:
    import numpy as np

MIN_POINTS = 20
MAX_BYTES = 64 * 2**20
ENDINGS = (".csv", ".txt", ".tsv", ".npy")
SPAN = 0.9  # of the plane that they fill: what is generated may lie beyond the last of them
UPLOADS = "points"  # the folder in the data folder where files are put that a person gives
_KEPT_ENDING = ".json"


@dataclass(frozen=True)
class Scaling:
    """How points became points of the plane: ``(point - shift) * scale``."""

    shift: tuple[float, float]
    scale: float

    @property
    def words(self) -> str:
        """What was done, in a sentence."""
        across, up = (f"{value:.6g}" for value in self.shift)
        return (
            f"The points were moved, ({across}, {up}) to the middle of the plane, and multiplied "
            f"by {self.scale:.6g}."
        )


@dataclass(frozen=True)
class OwnPoints:
    """Points as they are trained on, and how they became that."""

    levels: np.ndarray  # (N, 2) uint8, 0 at -1 and 255 at 1
    scaling: Scaling

    def to_json(self) -> str:
        """As a run keeps them in distribution.json."""
        return dump_json({**asdict(self.scaling), "levels": self.levels.tolist()})


def read_points(path: Path) -> OwnPoints:
    """The points of a CSV or .npy file, or of a run's distribution.json.

    Raises:
        DataError: there is no such file, or it holds no points that can be trained on.
    """
    import numpy as np

    name = printable_name(path.name)
    if not is_file(path):
        raise DataError(f"There is no file {path}; give a CSV or .npy file of points.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"{name} is larger than {MAX_BYTES // 2**20} MiB; give fewer points.")
        if path.suffix.lower() == _KEPT_ENDING:
            return _kept_points(name, read_json(path))
        points = _read_array(path) if path.suffix.lower() == ".npy" else _read_table(path)
    except OSError as error:
        raise DataError(describe_os_error(error)) from error
    _check_points(name, points)
    low, high = points.min(0), points.max(0)
    with np.errstate(over="ignore"):
        half = float((high - low).max()) / 2
    scale = SPAN / half if half else 0.0
    if not 0 < scale < math.inf or not math.isfinite(half):
        raise DataError(
            f"All {len(points):,} points of {name} are equal, so that there is nothing to learn."
            if not half
            else f"The points of {name} lie too near together or too far apart to be scaled."
        )
    shift = low / 2 + high / 2
    scaling = Scaling((float(shift[0]), float(shift[1])), scale)
    levels = (((points - shift) * scale + 1) * 127.5).round().clip(0, 255).astype(np.uint8)
    return OwnPoints(levels, scaling)


def save_points(name: str, content: bytes, data_dir: Path) -> str:
    """Keep a file of points that a person gave in the data folder, once it was read; returns where
    it is from there, as the setting ``folder`` takes it.

    Raises:
        DataError: it holds no points that can be trained on.
        OSError: it cannot be written.
    """
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS:
        kinds = ", ".join(ENDINGS)
        raise DataError(f"{printable_name(name)} is no file of points; give one of {kinds}.")
    if len(content) > MAX_BYTES:
        raise DataError(
            f"{printable_name(name)} is larger than {MAX_BYTES // 2**20} MiB; give fewer points."
        )
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(name).stem).strip(".-")[:40] or "points"
    digest = hashlib.sha256(content).hexdigest()[:8]
    place = Path(UPLOADS) / f"{stem}-{digest}{ending}"
    is_new = not is_file(data_dir / place)
    write_atomic(data_dir / place, content)
    try:
        read_points(data_dir / place)
    except DataError as error:
        if is_new:
            (data_dir / place).unlink()
        raise DataError(str(error).replace(place.name, printable_name(name))) from error
    return place.as_posix()


def _read_table(path: Path) -> np.ndarray:
    """Two numbers a line, with a comma, a semicolon, a tab or blanks between them; the first line
    may name the columns."""
    import numpy as np

    name = printable_name(path.name)
    rows: list[tuple[float, float]] = []
    try:
        with path.open(encoding="utf-8-sig", newline=None) as file:
            for number, cells in _cells(file):
                if len(cells) != 2:
                    columns = f"{len(cells)} column{'s' if len(cells) > 1 else ''}"
                    raise DataError(
                        f"Line {number:,} of {name} has {columns}; a point has two, across and up."
                    )
                try:
                    rows.append((float(cells[0]), float(cells[1])))
                except ValueError:
                    if number == 1:  # what the columns are called
                        continue
                    text = printable_name(", ".join(cells))[:40]
                    raise DataError(
                        f"Line {number:,} of {name} holds text ({text}); give two numbers a line."
                    ) from None
                if len(rows) > MAX_POINTS:
                    raise DataError(_too_many(name))
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is no text; give a CSV file of two numbers a line.") from error
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def _cells(lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that has any, with its number."""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        separator = next((mark for mark in ";\t," if mark in text), None)
        cells = [cell.strip().strip('"') for cell in text.split(separator)]
        if any(cells):
            yield number, cells


def _read_array(path: Path) -> np.ndarray:
    import numpy as np

    name = printable_name(path.name)
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, MemoryError, SyntaxError) as error:
        raise DataError(f"{name} is damaged or no .npy file of numbers.") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise DataError(f"{name} is an archive; give a .npy file.")
    if array.dtype.kind not in "iuf":
        raise DataError(f"{name} holds {array.dtype}; give numbers.")
    if array.ndim != 2 or array.shape[1] != 2:
        raise DataError(
            f"{name} has the shape {array.shape}; points are (N, 2), two columns across and up."
        )
    if len(array) > MAX_POINTS:
        raise DataError(_too_many(name))
    return np.array(array, dtype=np.float64)


def _too_many(name: str) -> str:
    return f"{name} holds more than {MAX_POINTS:,} points; give {MAX_POINTS:,} at most."


def _check_points(name: str, points: np.ndarray) -> None:
    import numpy as np

    bad = np.flatnonzero(~np.isfinite(points).all(1))
    if len(bad):
        raise DataError(
            f"Point {bad[0] + 1:,} of {name} is NaN or infinite; leave out what is no number."
        )
    if len(points) < MIN_POINTS:
        raise DataError(f"{name} holds {len(points)} points; give {MIN_POINTS} or more.")


def _kept_points(name: str, values: Any) -> OwnPoints:
    """What a run keeps.

    Raises:
        DataError: it is damaged.
    """
    import numpy as np

    try:
        across, up = (float(value) for value in values["shift"])
        scaling = Scaling((across, up), float(values["scale"]))
        levels = np.array(values["levels"])
        fits = levels.dtype.kind == "i" and levels.ndim == 2 and levels.shape[1] == 2
        if not fits or not MIN_POINTS <= len(levels) <= MAX_POINTS:
            raise ValueError(f"levels are {levels.dtype} of the shape {levels.shape}")
        if levels.min() < 0 or levels.max() > 255:
            raise ValueError("levels go from 0 to 255")
        if not all(map(math.isfinite, (across, up, scaling.scale))):
            raise ValueError("the scaling is not finite")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{name} holds no points ({first_line(error)}).") from error
    return OwnPoints(levels.astype(np.uint8), scaling)


def _read(request: Request) -> Rows:
    import torch

    if not request.folder.strip():
        raise DataError("folder is empty; give the CSV or .npy file of the points.")
    own = read_points(folder_path(request.data_dir, request.folder))
    levels = torch.from_numpy(own.levels).view(-1, *POINT)
    labels = torch.zeros(len(levels), dtype=torch.int64)
    return Rows(levels, labels, ("0",), kept=Kept(own.to_json(), own.scaling.words))


OWN_POINTS = DatasetSpec(
    title="Points: your own, from a file",
    source="your own",
    licence="yours",
    images=None,
    shape=POINT,
    classes=(),
    read=_read,
    in_file=True,
)
