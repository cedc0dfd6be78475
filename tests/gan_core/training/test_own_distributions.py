"""Runs on points that a person gave or drew need the file no more once they began."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gan_core.config import TrainConfig
from gan_core.data.drawing import save_drawing
from gan_core.errors import CheckpointError, DataError
from gan_core.presets import preset
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import export_checkpoint, load_training
from gan_core.runs.real_data import real_data
from gan_core.runs.store import RunStore
from gan_core.training import opening
from gan_core.training.trainings import Trainings
from tests.gan_core.cli.commands import call, refused
from tests.gan_core.helpers import CPU, differences, finish, quiet

STROKES = [[[side, (k - 5) / 10] for k in range(11)] for side in (-0.5, 0.5)]
SHORT = {"save_every": 3, "sample_every": 3, "measure_every": 3, "batch_size": 16}


def given(kind: str, folder: Path) -> TrainConfig:
    """Settings of six steps on a file in that folder."""
    if kind == "drawing":
        place, recipe = save_drawing(STROKES, folder), "ring-cgan"
    else:
        points = np.random.default_rng(0).normal((7, -3), (2, 1), (300, 2))
        np.savetxt(folder / "own.csv", points, delimiter=",")
        place, recipe = "own.csv", "ring-gan"
    changes = {**SHORT, "dataset": kind, "folder": place, "steps": 6}
    return preset(recipe).with_settings(changes)


def new(path: Path) -> RunFolder:
    path.mkdir()
    return RunFolder(path)


@pytest.mark.parametrize("kind", ["points", "drawing"])
def test_a_run_goes_on_and_is_forked_without_its_file(kind: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    config = given(kind, data)
    whole, halves = new(tmp_path / "whole"), new(tmp_path / "halves")
    session = finish(opening.start(whole, config, data, CPU, quiet))
    finish(opening.start(halves, config.with_settings({"steps": 3}), data, CPU, quiet))
    (data / config.folder).unlink()
    with pytest.raises(DataError):
        real_data(config, data)
    finish(opening.resume(halves, {"steps": 6}, data, CPU, quiet))
    fork = new(tmp_path / "fork")
    finish(opening.fork(fork, whole, 3, {}, data, CPU, quiet))
    for other in (halves, fork):
        assert set(differences(load_training(whole, CPU), load_training(other, CPU))) <= {"seconds"}
        assert other.distribution_path.read_bytes() == whole.distribution_path.read_bytes()
    kept = json.loads(whole.distribution_path.read_text("utf-8"))
    if kind == "points":
        assert "The points were moved, (" in session.notice
        assert set(kept) == {"shift", "scale", "levels"} and len(kept["levels"]) == 300
    else:
        assert session.notice == "" and kept == {"strokes": STROKES}
        assert whole.info().classes == ("0", "1")


def test_it_travels_in_a_zip_and_as_a_checkpoint(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs")
    run = store.create("own")
    finish(opening.start(run, given("points", tmp_path), tmp_path, CPU, quiet))
    (tmp_path / "own.csv").unlink()
    elsewhere = RunStore(tmp_path / "elsewhere")
    copy = elsewhere.import_zip(store.export_zip(run.name, states=True))
    finish(opening.resume(copy, {"steps": 9}, tmp_path, CPU, quiet))
    checkpoint = export_checkpoint(run, tmp_path / "checkpoint")
    data = real_data(run.config(), tmp_path, kept_by=checkpoint)
    assert data.fingerprint == run.info().dataset_fingerprint


def test_a_run_is_repeated_without_its_file(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs")
    trainings = Trainings(store, tmp_path, "cpu")
    first = trainings.start([given("drawing", tmp_path)])
    first.wait()
    (run,) = store.list()
    (tmp_path / run.config().folder).unlink()
    again = trainings.repeat(run.name)
    again.wait()
    assert not again.snapshot.error
    (other,) = (one for one in store.list() if one.name != run.name)
    assert other.config().folder == run.config().folder
    assert set(differences(load_training(run, CPU), load_training(other, CPU))) <= {"seconds"}


def test_a_distribution_that_was_changed_is_refused(tmp_path: Path) -> None:
    run = new(tmp_path / "run")
    finish(opening.start(run, given("points", tmp_path), tmp_path, CPU, quiet))
    kept = json.loads(run.distribution_path.read_text("utf-8"))
    run.distribution_path.write_text(json.dumps({**kept, "levels": kept["levels"][:200]}), "utf-8")
    with pytest.raises(CheckpointError, match=r"There are 200, and there were 300"):
        opening.resume(run, {"steps": 9}, tmp_path, CPU, quiet)
    run.distribution_path.write_text("{}", "utf-8")
    with pytest.raises(DataError, match=r"distribution.json holds no points"):
        opening.resume(run, {"steps": 9}, tmp_path, CPU, quiet)


def test_points_are_named_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given("points", tmp_path)
    where: list[str | Path] = ["--data-dir", tmp_path, "--runs-dir", tmp_path / "runs"]
    settings = ["--set", "dataset=points", "folder=own.csv", "steps=2"]
    assert call("train", "ring-gan", *where, *settings) == 0
    said = capsys.readouterr()
    assert "multiplied by" in said.err
    (tmp_path / "own.csv").write_text("1,2\n" * 40, "utf-8")
    assert "All 40 points of own.csv are equal" in refused(
        capsys, "train", "ring-gan", *where, *settings
    )
    refusal = refused(capsys, "train", "ring-gan", *where, *settings, "--set", "points=500")
    assert "'points' is as it is: set both to 0" in refusal
