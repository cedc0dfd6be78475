from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from gan_core.networks.build import build
from gan_core.networks.needs import Needs
from gan_core.runs.generators import save_generator
from tests.pages.explore.screen import (
    Z,
    choose_class,
    link,
    selectbox,
    state,
)
from tests.pages.screen import open_page, words
from tests.tiny import train


def test_a_conditional_generator_is_told_a_class(lab: Path) -> None:
    train(lab / "runs", "told", steps=2, architecture="mlp-small", objective="cgan")
    train(lab / "runs", "free", steps=2, architecture="mlp-small")
    at = open_page("explore", g="runs/told")
    assert not at.exception
    assert at.segmented_control("class").options == [str(k) for k in range(10)]
    assert state(at).label == 0
    before = state(at).point.vector
    choose_class(at, "7")
    assert state(at).label == 7
    np.testing.assert_array_equal(state(at).point.vector, before)
    at.switch_page("home/page.py").run()
    at.switch_page("explore/page.py").run()
    assert at.segmented_control("class").value == "7"
    at.selectbox[0].select("runs/free").run()
    assert not at.exception
    assert not [control for control in at.segmented_control if control.key == "class"]
    at.selectbox[0].select("runs/told").run()
    assert at.segmented_control("class").value == "7"


def test_the_class_comes_from_the_address(lab: Path) -> None:
    train(lab / "runs", "told", steps=2, architecture="mlp-small", objective="cgan")
    at = open_page("explore", **{"g": "runs/told", "class": "3"})
    assert at.segmented_control("class").value == "3"
    assert state(at).label == 3
    at = open_page("explore", **{"g": "runs/told", "class": "of no such name"})
    assert not at.exception
    assert at.segmented_control("class").value == "0"


def test_a_class_of_the_address_is_understood_as_on_the_command_line(lab: Path) -> None:
    run = train(lab / "runs", "told", steps=1, architecture="mlp-small", objective="cgan")
    settings = json.loads((run.path / "config.json").read_text())
    settings["run"]["classes"] = ["1", "2", "3", "10", "a", "b", "c", "d", "Cat", "e"]
    (run.path / "config.json").write_text(json.dumps(settings))
    for text, index in (("1", 0), ("10", 3), ("0", 0), ("5", 5), ("cAT", 8)):
        at = open_page("explore", **{"g": "runs/told", "class": text})
        assert not at.exception and not at.warning
        assert state(at).label == index, text


def test_a_class_that_is_none_is_named(lab: Path) -> None:
    train(lab / "runs", "told", steps=1, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/told", z=Z, **{"class": "eleven"})
    assert not at.exception
    (warning,) = at.warning
    assert "there is no class 'eleven'" in warning.value
    assert state(at).label == 0
    assert not at.run().warning


def test_many_classes_are_a_list(lab: Path) -> None:
    conditional = train(lab / "runs", "told", steps=1, architecture="mlp-small", objective="acgan")
    settings = json.loads((conditional.path / "config.json").read_text())
    settings["run"]["classes"] = [f"kind {k}" for k in range(26)]
    wide = build("mlp-small", 16, (1, 28, 28), Needs(n_classes=26)).generator
    save_generator(conditional, wide.state_dict())
    (conditional.path / "config.json").write_text(json.dumps(settings))
    at = open_page("explore", g="runs/told", tool="Sample sheet")
    assert not at.exception
    assert len(at.selectbox("class").options) == 26
    at.selectbox("class").set_value("kind 25").run()
    assert state(at).label == 25
    assert "the first 10 of 26 classes, kind 0, kind 1, " in words(at)


def test_the_class_is_for_the_one_that_is_told_it(lab: Path, panels: list[list[str]]) -> None:
    train(lab / "runs", "free", steps=1, architecture="mlp-small")
    train(lab / "runs", "told", steps=1, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/free", g2="runs/told", **{"class": "3"})
    assert not at.exception
    assert not at.warning
    first, second = panels[-1]
    assert "y=" not in first
    assert "y=3" in second
    assert link(at)["class"] == "3"
    selectbox(at, "Beside it").select("none").run()
    assert not at.exception
    assert len(panels[-1]) == 1
