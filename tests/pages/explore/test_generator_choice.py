from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pages.shared.server import generators, latent_space, sources
from pages.shared.server.generators import saved_version
from tests.pages.explore.screen import (
    in_address,
    keep_states,
    selectbox,
    state,
)
from tests.pages.screen import open_page, words
from tests.tiny import STEPS, train


def test_the_shipped_dcgan_is_the_default_and_the_address_names_it(lab: Path) -> None:
    train(lab / "checkpoints", "gan-mnist", steps=1)
    train(lab / "checkpoints", "dcgan-mnist", steps=1)
    train(lab / "runs", "mine", steps=1)
    at = open_page("explore")
    assert at.selectbox[0].value == "checkpoints/dcgan-mnist"
    assert at.selectbox[0].options == ["dcgan-mnist (shipped)", "gan-mnist (shipped)", "mine"]
    at.selectbox[0].select("runs/mine").run()
    assert not at.exception
    assert at.query_params["g"] in ("runs/mine", ["runs/mine"])


def test_the_address_chooses_and_a_wrong_one_is_named(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    train(lab / "runs", "two", steps=1)
    at = open_page("explore", g="runs/one")
    assert at.selectbox[0].value == "runs/one"
    at = open_page("explore", g="runs/gone")
    assert at.selectbox[0].value == "runs/two"
    (warning,) = at.warning
    assert "'runs/gone'" in warning.value
    assert not at.exception
    assert not at.run().warning


def test_a_run_that_is_deleted_meanwhile_gives_way(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    train(lab / "runs", "two", steps=1)
    at = open_page("explore", g="runs/two")
    sources.store("runs").delete("two")
    at.run()
    assert not at.exception
    assert at.selectbox[0].value == "runs/one"
    assert "'runs/two'" in at.warning[0].value


def test_a_saved_step_is_explored_with_directions_and_names_of_its_own(lab: Path) -> None:
    run = keep_states(lab)
    at = open_page("explore", g="runs/long")
    step = selectbox(at, "Saved step")
    assert step.value == STEPS
    assert step.options == [f"{STEPS} (latest)", "15", "10", "5", "0"]
    assert f"trained {STEPS} steps" in words(at)
    before = state(at).point.vector
    step.select(10).run()
    assert not at.exception
    assert in_address(at, "step") == "10"
    assert "trained 10 steps" in words(at)
    np.testing.assert_allclose(state(at).point.vector, before, atol=1e-6)
    source = sources.find_source("runs/long")
    early, late = (
        generators.open_generator(source.at(step)).generator.state_dict() for step in (10, None)
    )
    assert any(not np.array_equal(early[name], late[name]) for name in early)
    latent_space.name_direction(saved_version(source), "pca", 0, "Late")
    latent_space.name_direction(saved_version(source.at(10)), "pca", 0, "Early")
    for step, name in ((10, "Early"), (None, "Late")):
        version = saved_version(source.at(step))
        assert latent_space.named_directions(version, "pca").title(0) == name
    run.states.thin(1)
    folders = {path.name.partition(".")[0] for path in (run.path / "states").iterdir()}
    assert folders == {f"{step:06d}" for step in run.kept_steps()}


def test_the_saved_step_is_kept_for_its_generator_only(lab: Path) -> None:
    keep_states(lab, "a")
    keep_states(lab, "b")
    at = open_page("explore", g="runs/a", step="5")
    assert selectbox(at, "Saved step").value == 5
    at.switch_page("home/page.py").run()
    at.switch_page("explore/page.py").run()
    assert selectbox(at, "Saved step").value == 5
    selectbox(at, "Generator").select("runs/b").run()
    assert not at.exception
    assert selectbox(at, "Saved step").value == STEPS
    assert in_address(at, "step") is None


@pytest.mark.parametrize("step", ["7", "x", "-5", "1e1", "99999999999", "\u0665"])
def test_a_step_that_is_not_kept_is_named(lab: Path, step: str) -> None:
    keep_states(lab)
    at = open_page("explore", g="runs/long", step=step)
    assert not at.exception
    (warning,) = at.warning
    assert f"long keeps no state of step '{step}'; this is the latest." in warning.value
    assert selectbox(at, "Saved step").value == STEPS
    assert not at.run().warning


def test_only_generators_that_take_the_same_vectors_stand_beside_it(
    lab: Path, panels: list[list[str]]
) -> None:
    variants: dict[str, dict[str, Any]] = {
        "a": {},
        "b": {},
        "small": {"latent_dim": 8},
        "flat": {"noise": "uniform"},
    }
    for name, changes in variants.items():
        train(lab / "runs", name, steps=1, architecture="mlp-small", keep_states=0, **changes)
    at = open_page("explore", g="runs/a")
    beside = selectbox(at, "Beside it")
    assert beside.options == ["None", "b"]
    assert "small (latent size 8, not 16); flat (uniform noise, not normal)" in words(at)
    assert len(panels[-1]) == 1
    beside.select("runs/b").run()
    assert not at.exception
    assert in_address(at, "g2") == "runs/b"
    first, second = panels[-1]
    assert first.startswith("a /api/runs/a/picture?")
    assert second.startswith("b /api/runs/b/picture?")
    assert "along=runs%2Fa" in second
    # Where the first one changes to what does not fit, the second is taken away in words.
    selectbox(at, "Generator").select("runs/small").run()
    assert not at.exception
    assert "b cannot stand beside it: latent size 16, not 8." in words(at)
    assert len(panels[-1]) == 1
    assert in_address(at, "g2") is None


def test_a_run_stands_beside_itself_at_another_step(lab: Path, panels: list[list[str]]) -> None:
    keep_states(lab)
    at = open_page("explore", g="runs/long", g2="runs/long", step2="5")
    assert not at.exception
    assert not at.warning
    first, second = panels[-1]
    assert first.startswith("long /api")
    assert second.startswith("long, step 5 /api")
    assert "step=5" in second
    assert "step=" not in first


@pytest.mark.parametrize(
    ("g2", "sentence"),
    [
        ("runs/gone", "There is no generator 'runs/gone'"),
        ("../x", "There is no generator '../x'"),
        ("runs/small", "small cannot stand beside it: latent size 8, not 16."),
        ("runs/a", "a cannot stand beside it: the first one"),
    ],
)
def test_an_address_with_a_wrong_second_is_answered(lab: Path, g2: str, sentence: str) -> None:
    train(lab / "runs", "a", steps=1, keep_states=0)
    train(lab / "runs", "b", steps=1)
    train(lab / "runs", "small", steps=1, latent_dim=8)
    at = open_page("explore", g="runs/a", g2=g2)
    assert not at.exception
    (warning,) = at.warning
    assert sentence in warning.value
    assert not at.run().warning
