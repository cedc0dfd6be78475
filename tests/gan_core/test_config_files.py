"""Settings in files."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from gan_core.config import TrainConfig
from gan_core.config_files import read_settings, settings_text
from gan_core.errors import ConfigError
from gan_core.presets import PRESETS, preset


@pytest.mark.parametrize("kind", [".toml", ".json"])
@pytest.mark.parametrize("name", PRESETS)
def test_every_recipe_comes_back(name: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"settings{kind}"
    path.write_text(settings_text(preset(name), kind))
    values, is_run = read_settings(path)
    assert TrainConfig.from_dict(values) == preset(name)
    assert not is_run


def test_texts_of_any_kind_come_back() -> None:
    text = 'a "folder" \\ with\ttabs\x7f and \u00e9\U0001f600'
    config = TrainConfig(folder=text, steps=1, lr_g=1e-5)
    values = tomllib.loads(settings_text(config, ".toml"))
    assert (values["folder"], values["lr_g"]) == (text, 1e-5)


def test_a_runs_settings_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"steps": 5, "run": {"created": "2026"}}')
    assert read_settings(path) == ({"steps": 5}, True)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.yaml", "steps: 1", "must end in .toml or .json"),
        ("a.toml", "steps = ", "cannot be read"),
        ("a.json", "{", "cannot be read"),
        ("a.json", "[" * 100_000, "cannot be read"),
        ("a.json", "[1]", "holds no settings by name"),
        ("a.toml", "[steps]\nx = 1", "steps is {'x': 1}; it must be a number or a text"),
        ("a.toml", "steps = true", "steps is True; it must be a number or a text"),
    ],
)
def test_what_is_no_settings_is_a_sentence(
    name: str, content: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ConfigError) as caught:
        read_settings(tmp_path / name)
    assert words in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        read_settings(tmp_path / "gone.toml")
