"""The curves of a run as a table that any program reads: CSV."""

from __future__ import annotations

import csv
import io

from gan_core.runs.folder import RunFolder

_KEYS = ("step", "images", "seconds")
_QUALITY = "quality/"  # before the names of what was measured while it trained


def curves_csv(run: RunFolder) -> str:
    """A row a step at which anything was logged or measured, with a column for each curve. What was
    not logged at a step is an empty cell."""
    rows: dict[int, dict[str, float]] = {}
    for row in run.rows():
        rows.setdefault(int(row["step"]), {}).update(row)
    for row in run.quality_rows():
        values = {k if k in _KEYS else f"{_QUALITY}{k}": value for k, value in row.items()}
        rows.setdefault(int(row["step"]), {}).update(values)
    names = [*_KEYS, *dict.fromkeys(k for row in rows.values() for k in row if k not in _KEYS)]
    sink = io.StringIO()
    writer = csv.DictWriter(sink, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[step] for step in sorted(rows))
    return sink.getvalue()
