from __future__ import annotations

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.errors import ConfigError
from gan_core.presets import preset
from pages.learn import dcgan
from pages.learn.points import read_points
from pages.shared.server import process, sources
from tests.pages.screen import ended_job, links, open_page, words


def test_every_point_is_offered_and_told(lab: Path) -> None:
    for name, point in read_points().items():
        at = open_page("learn", topic="DCGAN", point=name)
        assert not at.exception
        assert at.radio("point").value == name
        assert point.why in words(at)
        assert point.architecture in words(at)
    assert "MNIST is not on this machine" in words(at)


@pytest.mark.parametrize("name", read_points())
def test_the_two_differ_in_their_network_alone(name: str) -> None:
    point = read_points()[name]
    paper, opposite = dcgan.race_configs(point, dataset="digits", steps=30, seed=3)
    assert (paper.seed, paper.steps, paper.dataset) == (3, 30, "digits")
    assert paper.architecture == dcgan.ARCHITECTURE
    assert opposite.architecture == point.architecture
    assert (
        opposite.with_settings({"preset": paper.preset, "architecture": paper.architecture})
        == paper
    )
    with pytest.raises(ConfigError):
        dcgan.race_configs(point, dataset="digits", steps=-1, seed=0)


def begin(lab: Path, steps: int) -> AppTest:
    """A race about LeakyReLU, with the smallest of the networks."""
    at = open_page("learn", topic="DCGAN", point="LeakyReLU")
    at.number_input("point_steps").set_value(steps)
    at.number_input("point_seed").set_value(5)
    at.button("point_start").click().run()
    assert not at.exception
    return at


def test_a_race_trains_both_and_its_end_stays(lab: Path) -> None:
    at = begin(lab, 2)
    ended_job()
    at.run()
    job = process.trainings().job
    assert job is not None
    assert [s.config.architecture for s in job.snapshots] == ["dcgan-28", "dcgan-28-relu"]
    assert {s.config.seed for s in job.snapshots} == {5}
    assert "ReLU: Finished: all 2 steps" in words(at)
    assert read_points()["LeakyReLU"].trial in words(at)
    assert "Compare the two in full" in links(at)
    assert "LeakyReLU against ReLU" in words(open_page("learn", topic="DCGAN"))


def test_what_has_ended_and_was_deleted_is_said(lab: Path) -> None:
    at = begin(lab, 2)
    ended_job()
    for run in sources.store("runs").list():
        sources.store("runs").delete(run.name)
    at.run()
    assert not at.exception
    assert "Train both again to see them" in words(at)


def test_a_running_race_can_be_stopped_here(lab: Path) -> None:
    at = begin(lab, 1_000_000)
    job = process.trainings().active
    assert job is not None
    deadline = time.monotonic() + 60
    while job.phase.value != "running":
        assert job.phase.active and time.monotonic() < deadline
        time.sleep(0.01)
    at.run()
    assert "**A: LeakyReLU**" in words(at) and "**B: ReLU**" in words(at)
    at.button("race_stop").click().run()
    ended_job()
    at.run()
    assert not at.exception
    assert "LeakyReLU: Stopped at step" in words(at)


def test_another_training_is_answered_in_words(lab: Path) -> None:
    at = open_page("learn", topic="DCGAN")
    process.trainings().start([preset("digits").with_settings({"steps": 1_000_000})])
    at.button("point_start").click().run()
    assert not at.exception
    assert "is being trained. Stop it" in words(at)
