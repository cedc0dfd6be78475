"""The numbers logged while a run trains, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

Curves = Mapping[str, np.ndarray]  # columns of equal length, NaN where a value is missing


def to_columns(rows: Sequence[Mapping[str, float]]) -> Curves:
    """Rows as columns of equal length, NaN where a row lacks the name."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {
        name: np.array([row.get(name, np.nan) for row in rows], dtype=np.float64) for name in names
    }


def is_plottable(value: object) -> bool:
    """Whether a value is a number that a float can hold."""
    if type(value) is int:
        return value.bit_length() < 1024
    return type(value) is float


class History:
    """Growing columns whose views stay valid: what a view shows is never written again."""

    def __init__(self) -> None:
        self._columns: dict[str, np.ndarray] = {}
        self._length = 0

    def append(self, row: Mapping[str, float]) -> None:
        """Add one row; names that it lacks read as NaN."""
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

    def view(self) -> Curves:
        """The columns as they stand."""
        return {name: column[: self._length] for name, column in self._columns.items()}
