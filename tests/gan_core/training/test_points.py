"""Runs on points of the plane go on, are forked and are drawn as all others are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core import catalog
from gan_core.config import TrainConfig
from gan_core.errors import ConfigError
from gan_core.presets import preset
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import load_training, open_generator
from gan_core.training import opening
from gan_core.training.forks import fork_settings
from tests.gan_core.cli.commands import call, refused
from tests.gan_core.helpers import CPU, differences, finish, quiet

NEW = ("points", "deviation", "depth", "width")


def config(steps: int) -> TrainConfig:
    short = {"save_every": 3, "sample_every": 3, "measure_every": 3, "batch_size": 16}
    own = {"points": 500, "deviation": 0.1, "depth": 1, "width": 16}
    return preset("ring-cgan").with_settings({**short, **own, "steps": steps})


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Six steps."""
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    return finish(opening.start(folder, config(6), tmp_path, CPU, quiet)).run


def test_three_steps_and_three_more_are_six(run: RunFolder, tmp_path: Path) -> None:
    halves = RunFolder(tmp_path / "halves")
    halves.path.mkdir()
    finish(opening.start(halves, config(3), tmp_path, CPU, quiet))
    finish(opening.resume(halves, {"steps": 6}, tmp_path, CPU, quiet))
    fork = RunFolder(tmp_path / "fork")
    fork.path.mkdir()
    finish(opening.fork(fork, run, 3, {}, tmp_path, CPU, quiet))
    whole = load_training(run, CPU)
    for other in (halves, fork):
        assert set(differences(whole, load_training(other, CPU))) <= {"seconds"}


def test_points_are_drawn_by_the_command_line(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet, points, film = (tmp_path / name for name in ("sheet.png", "points.npy", "walk.gif"))
    assert call("sample", run.path, "--n", "40", "--out", sheet) == 0
    assert call("sample", run.path, "--n", "40", "--out", points) == 0
    assert call("interpolate", run.path, "--steps", "2", "--out", film) == 0
    with Image.open(sheet) as picture:
        assert picture.size == (256, 256)
    assert np.load(points).shape == (40, 1, 1, 2)
    with Image.open(film) as picture:
        assert picture.size[0] >= 28
    capsys.readouterr()
    assert "are not measured as pictures are" in refused(capsys, "evaluate", run.path)


@pytest.mark.parametrize("name", ["points", "deviation", "depth", "width"])
def test_a_fork_keeps_points_and_layers(run: RunFolder, tmp_path: Path, name: str) -> None:
    assert run.info().dataset_size == 500
    with pytest.raises(ConfigError, match=f"{name} cannot change in a fork"):
        fork_settings(run.config(), {name: 0})


def test_a_run_of_before_these_settings_opens_as_it_was(run: RunFolder, tmp_path: Path) -> None:
    """Its config.json holds none of them."""
    old = RunFolder(tmp_path / "old")
    old.path.mkdir()
    unset = config(6).with_settings(dict.fromkeys(NEW, 0))
    finish(opening.start(old, unset, tmp_path, CPU, quiet))
    values = json.loads((old.path / "config.json").read_text("utf-8"))
    assert {values.pop(name) for name in NEW} == {0}
    (old.path / "config.json").write_text(json.dumps(values), "utf-8")
    assert old.config() == catalog.complete(unset)
    finish(opening.resume(old, {"steps": 9}, tmp_path, CPU, quiet))
    assert open_generator(old.path).step == 9
