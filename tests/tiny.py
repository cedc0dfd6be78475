"""Tiny trainings for tests: the bundled digits, a small network, a few steps."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import torch
from PIL import Image

from gan_core import presets
from gan_core.data.loading import load
from gan_core.quality import features
from gan_core.runs.folder import RunFolder
from gan_core.training import opening

STEPS = 20


def train(runs_dir: Path, name: str, **changes: Any) -> RunFolder:
    """Train a fully connected generator on the digits and return its run, a copy where the same
    was trained before."""
    settings = {
        "architecture": "mlp",
        "latent_dim": 16,
        "steps": STEPS,
        "measure_every": 0,
        **changes,
    }
    before = _trained(json.dumps(settings, sort_keys=True))
    run = RunFolder(Path(shutil.copytree(before, runs_dir / name, copy_function=shutil.copy)))
    now = datetime.now().isoformat(timespec="seconds")
    run.write_config(run.config(), replace(run.info(), created=now))
    return run


_KEPT = TemporaryDirectory()


@cache
def _trained(settings: str) -> Path:
    """A run of these settings, in JSON, that stays as it is."""
    run = RunFolder(Path(mkdtemp(dir=_KEPT.name)))
    config = presets.preset("digits").with_settings(json.loads(settings))
    session = opening.start(run, config, run.path, torch.device("cpu"), lambda share, what: None)
    try:
        while not session.finished:
            session.advance(1.0)
    finally:
        session.close()
    return run.path


def fill_data_folder(folder: Path) -> None:
    """The data folder of somebody who has trained on the digits before: what the classifier sees in
    them is kept there, and need not be computed again."""
    shutil.copytree(_data_folder(), folder, copy_function=os.link)


@cache
def _data_folder() -> Path:
    folder = Path(mkdtemp(dir=_KEPT.name))
    features.features_of(load("digits", folder), features.digit_extractor(), folder)
    return folder


def train_on_pictures(lab: Path) -> RunFolder:
    """Train on four pictures of the folder ``old`` for two steps, as the run ``moved``."""
    pictures = lab / "old"
    pictures.mkdir()
    for number in range(4):
        Image.new("L", (8, 8), 60 * number).save(pictures / f"{number}.png")
    settings = {"dataset": "folder", "folder": str(pictures), "steps": 2, "batch_size": 2}
    return train(lab / "runs", "moved", **settings)
