"""The numbers logged while a run trains: a line of JSON each in a file, and columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from gan_core.files import printable, write_atomic
from gan_core.runs.fields import MAX_STEPS, is_number

Row = Mapping[str, float]  # numbers by name, "step" among them
Curves = Mapping[str, np.ndarray]  # columns (N,) float64 by name, NaN where a value is missing


class History:
    """The rows of one file, which it writes, as growing columns.

    What a view of the columns shows is never written again, so that it stays valid in a thread
    that reads it.

    Args:
        path: the file; it is begun by the first row.
        rows: what the file holds.
    """

    def __init__(self, path: Path, rows: Sequence[Row] = ()) -> None:
        self._path = path
        self._fill(rows)

    @classmethod
    def read(cls, path: Path) -> History:
        """The history of a file; empty where there is none."""
        return cls(path, list(read_rows(path)))

    def append(self, row: Row) -> None:
        """Add one row, and its line to the file; names that it lacks read as NaN.

        Raises:
            OSError: the file cannot be written; the columns stay as they were.
            ValueError: a number is NaN or infinite.
        """
        with self._path.open("a", encoding="utf-8") as sink:
            sink.write(json.dumps(row, allow_nan=False) + "\n")
        for name in row:
            if name not in self._columns:
                capacity = max((len(c) for c in self._columns.values()), default=256)
                self._columns[name] = np.full(capacity, np.nan)
        for name, column in self._columns.items():
            if self._length == len(column):
                column = np.concatenate([column, np.full(len(column), np.nan)])
                self._columns[name] = column
            column[self._length] = row.get(name, np.nan)
        self._length += 1

    def cut(self, step: int) -> None:
        """Leave only the rows up to a step, in the file as well.

        Raises:
            OSError: the file cannot be written.
        """
        rows = [row for row in read_rows(self._path) if row["step"] <= step]
        if self._path.is_file():
            lines = "".join(json.dumps(row) + "\n" for row in rows)
            write_atomic(self._path, lines.encode())
        self._fill(rows)

    def view(self) -> Curves:
        """The columns as they stand."""
        return {name: column[: self._length] for name, column in self._columns.items()}

    def _fill(self, rows: Sequence[Row]) -> None:
        names = list(dict.fromkeys(name for row in rows for name in row))
        self._columns = {
            name: np.array([row.get(name, np.nan) for row in rows], dtype=np.float64)
            for name in names
        }
        self._length = len(rows)


def read_rows(path: Path) -> Iterator[dict[str, float]]:
    """The rows of a file, none where there is no file; a last line cut short by a crash, and
    whatever else is no row, is left out. So are numbers that nobody can count with: NaN,
    infinite, or beyond :data:`~gan_core.runs.fields.MAX_NUMBER`."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        step = row.get("step") if isinstance(row, dict) else None
        possible = type(step) is int and 0 <= step <= MAX_STEPS
        if possible and all(type(value) in (int, float) for value in row.values()):
            yield {printable(name): value for name, value in row.items() if is_number(value)}


def thinned(steps: Sequence[int], most: int) -> list[int]:
    """At most so many of the steps, spread evenly, the first and the last among them."""
    if len(steps) <= most:
        return list(steps)
    return [steps[index] for index in np.linspace(0, len(steps) - 1, most).round().astype(int)]
