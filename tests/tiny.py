"""Tiny trainings for tests: the bundled digits, a small network, a few steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from PIL import Image

from gan_core import presets
from gan_core.runs.folder import RunFolder
from gan_core.training import opening

STEPS = 20


def train(runs_dir: Path, name: str, **changes: Any) -> RunFolder:
    """Train a fully connected generator on the digits and return its run."""
    settings = {
        "architecture": "mlp",
        "latent_dim": 16,
        "steps": STEPS,
        "measure_every": 0,
        **changes,
    }
    run = RunFolder(runs_dir / name)
    run.path.mkdir(parents=True)
    config = presets.preset("digits").with_settings(settings)
    session = opening.start(run, config, runs_dir, torch.device("cpu"), lambda share, what: None)
    try:
        while not session.finished:
            session.advance(1.0)
    finally:
        session.close()
    return run


def train_on_pictures(lab: Path) -> RunFolder:
    """Train on four pictures of the folder ``old`` for two steps, as the run ``moved``."""
    pictures = lab / "old"
    pictures.mkdir()
    for number in range(4):
        Image.new("L", (8, 8), 60 * number).save(pictures / f"{number}.png")
    settings = {"dataset": "folder", "folder": str(pictures), "steps": 2, "batch_size": 2}
    return train(lab / "runs", "moved", **settings)
