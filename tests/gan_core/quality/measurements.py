"""Runs that were measured, without measuring."""

from __future__ import annotations

import json
from typing import Any

from gan_core.quality import record
from gan_core.runs.folder import RunFolder


def evaluated(run: RunFolder, fd: float, dataset: str = "digits", **changes: Any) -> RunFolder:
    """A run with a full measurement, as this version of the program writes it."""
    result = {"fd": fd, "readable": 0.5, "copies": 0.0, "real_copies": 0.0, "unheard_of": 1.0}
    values = {
        "dataset": dataset,
        "reference": "train",
        "reference_images": 1797,
        "samples": 10_000,
        "seed": 2,
        "weights": record.weights_digest(run),
        "distance": "FD on digit-classifier features",
        "features": "digit-classifier features",
        "result": result | changes.pop("result", {}),
        "ceiling": {},
        "floor": {},
        "floor_images": 898,
        "shares": [0.1] * 10,
        "near_samples": 10_000,
        "notes": [],
        "version": "0.1.0",
        "measured": "2026-11-20T12:00:00",
        **changes,
    }
    (run.path / record.FILE).write_text(json.dumps(values))
    return run


def live(run: RunFolder, **values: float) -> RunFolder:
    rows = [{"step": 5, "samples": 500, "fd": 99.0}, {"step": 10, "samples": 500, **values}]
    (run.path / "quality.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return run
