"""``train --config``, ``config``, and a training as a command."""

from __future__ import annotations

import json
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gan_core import catalog
from gan_core.cli.commands import train_command
from gan_core.cli.settings import base_settings, changed_settings
from gan_core.config import TrainConfig
from gan_core.presets import PRESETS, preset
from gan_core.runs.store import RunStore
from tests.gan_core.cli.commands import TINY, call, refused

KEYS = dict(word.split("=") for word in TINY)


def trained(*arguments: str | Path) -> TrainConfig:
    assert call("train", *arguments, "--device", "cpu") == 0
    return RunStore(Path("runs")).list()[-1].config()


def test_a_file_stands_on_the_recipe_that_it_names() -> None:
    lines = [f"{k} = {v if v.isdigit() else json.dumps(v)}" for k, v in KEYS.items()]
    Path("my.toml").write_text("\n".join(['preset = "digits"', "steps = 2", *lines]))
    config = trained("--config", "my.toml", "--set", "beta1=0.25")
    assert (config.preset, config.steps, config.beta1) == ("digits", 2, 0.25)
    assert config.lr_g == preset("digits").lr_g != TrainConfig(steps=1).lr_g
    (run,) = RunStore(Path("runs")).list()
    again = trained("--config", run.path / "config.json", "--seed", "3")
    assert again == config.with_settings({"seed": 3})


def test_a_runs_file_states_all_that_counts() -> None:
    Path("config.json").write_text('{"preset": "digits", "steps": 5, "run": {}}')
    assert base_settings("", Path("config.json")) == TrainConfig(preset="digits", steps=5)
    assert base_settings("digits", Path("config.json")).lr_g == preset("digits").lr_g


def test_what_a_file_cannot_say(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.toml").write_text("stepz = 5")
    assert "'stepz' is not a setting" in refused(capsys, "train", "--config", "a.toml")
    Path("a.toml").write_text('steps = "many"')
    assert "a.toml: steps is 'many'" in refused(capsys, "train", "--config", "a.toml")
    assert "for a new training" in refused(capsys, "train", "--config", "a.toml", "--resume", "x")


def test_config_writes_what_train_reads(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("config", "wgan-gp-mnist", "--set", "lr_g=0.5", "epochs=3") == 0
    values = tomllib.loads(capsys.readouterr().out)
    assert (values["lr_g"], values["epochs"], values["steps"]) == (0.5, 3, 0)
    assert call("config", "digits", "--out", "a.json") == 0
    assert base_settings("", Path("a.json")) == catalog.complete(preset("digits"))
    capsys.readouterr()
    assert "no run named 'gone'" in refused(capsys, "config", "gone")
    assert "must end in .toml or .json" in refused(capsys, "config", "digits", "--out", "a.txt")
    assert "choose one of" in refused(capsys, "config", "digits", "--set", "objective=none")


CHANGES: list[dict[str, Any]] = [
    {},
    {"steps": 123},
    {"epochs": 7, "lr_g": 1e-5, "beta1": 0.0},
    {"objective": "wgan-gp", "folder": "my 'own' pictures", "dataset": "folder"},
    {"preset": "my own", "seed": 9},
    {"preset": ""},
]


@pytest.mark.parametrize("changes", CHANGES)
@pytest.mark.parametrize("name", ["digits", "dcgan-mnist", "wgan-mnist", "ring-began"])
def test_the_command_trains_exactly_these_settings(name: str, changes: dict[str, Any]) -> None:
    config = preset(name).with_settings(changes)
    words = shlex.split(train_command(config, ["--device", "cpu"]))
    assert words[:4] == ["python", "-m", "gan_core", "train"]
    assert words[-2:] == ["--device", "cpu"]
    recipe, changed = changed_settings([w for w in words[4:-2] if w != "--set"], [])
    assert catalog.complete(preset(recipe).with_settings(changed)) == catalog.complete(config)


def test_of_a_recipe_it_is_short() -> None:
    for name in PRESETS:
        assert train_command(preset(name)) == f"python -m gan_core train {name}"
