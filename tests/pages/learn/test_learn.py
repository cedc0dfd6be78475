from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.errors import ConfigError
from gan_core.networks.build import build
from gan_core.networks.summary import parameter_count
from gan_core.networks.table import ARCHITECTURES
from gan_core.objectives.table import OBJECTIVES
from gan_core.presets import PRESETS, preset
from pages.learn import dcgan, lessons
from pages.learn.networks import anatomy
from pages.learn.objectives import code_of, shipped
from pages.shared.server import process, sources
from tests.pages.screen import laboratory, links, open_page, words
from tests.tiny import train


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


def cells(at: AppTest) -> list[str]:
    return [str(cell) for table in at.table for row in table.value.itertuples() for cell in row]


def ended() -> None:
    job = process.trainings().job
    assert job is not None
    job.wait(60)
    assert not job.phase.active


# ---------------------------------------------------------------- objectives


def test_every_objective_has_a_lesson() -> None:
    assert set(lessons.LESSONS) == set(OBJECTIVES)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_lesson_is_whole(name: str) -> None:
    lesson = lessons.LESSONS[name]
    assert lesson.idea and lesson.balance
    assert len(lesson.equations) >= 2 and len(lesson.terms) >= 3 and len(lesson.pitfalls) >= 2
    for latex in [text for _, text in lesson.equations] + [text for text, _ in lesson.terms]:
        assert latex.count("{") == latex.count("}")
        assert "$" not in latex


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_is_explained(lab: Path, name: str) -> None:
    at = open_page("learn", objective=name)
    assert not at.exception
    assert at.selectbox("objective").value == name
    kind, lesson, page = OBJECTIVES[name], lessons.LESSONS[name], words(at)
    assert kind.title in page
    for number in re.findall(r"arXiv:(\d{4}\.\d{5})", kind.source):
        assert f"https://arxiv.org/abs/{number}" in page
    assert len(at.latex) == len(lesson.equations)
    for watch in kind.watches:
        assert watch.title in page and watch.words in page
    for pitfall in lesson.pitfalls:
        assert pitfall.sign in page and pitfall.remedy in page
    assert f"class {kind.__name__}" in at.code[0].value
    table = cells(at)
    assert kind.head.value in table
    for setting in kind.settings:
        assert any(f"`{setting}`" in cell for cell in table)
    for recipe in PRESETS:
        assert (f"Train {recipe}" in links(at)) == (preset(recipe).objective == name)


def test_an_objective_without_a_lesson_still_shows_docstring_and_code(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(lessons.LESSONS, "wgan-gp")
    at = open_page("learn", objective="wgan-gp")
    assert not at.exception
    assert "a sample's gradient is not its own" in words(at).replace("\n", " ")
    assert "class WGANGP" in at.code[0].value


def test_settings_show_the_defaults_of_the_class(lab: Path) -> None:
    table = cells(open_page("learn", objective="began"))
    assert any(cell.startswith("0.5 by default") for cell in table)
    assert any(cell.startswith("0.001 by default") for cell in table)


def test_code_comes_with_what_it_builds_on_and_calls() -> None:
    own, others = code_of(OBJECTIVES["dragan"])
    assert own.startswith("class DRAGAN")
    starts = [text.splitlines()[0] for text in others]
    assert starts[0] == "class NonSaturatingGAN(Objective):"
    called = {line.removeprefix("def ").split("(")[0] for line in starts[1:]}
    assert called == {"gradient_norms", "scores_and_slopes", "with_penalty"}
    assert code_of(OBJECTIVES["gan"])[1] == []


def test_without_shipped_generators_the_recipes_are_the_way(lab: Path) -> None:
    assert "No generator trained with it ships" in words(open_page("learn"))


def test_a_shipped_generator_shows_its_curves_and_grid(lab: Path) -> None:
    train(lab / "checkpoints", "one", sample_every=10)
    train(lab / "checkpoints", "two", sample_every=10, objective="lsgan")
    (lab / "checkpoints" / "torn").mkdir()
    (lab / "checkpoints" / "torn" / "config.json").write_text("{")
    assert [item.name for item in shipped("lsgan")] == ["two"]
    at = open_page("learn", objective="lsgan")
    assert not at.exception
    assert "What it has learnt: two" in words(at)
    assert "Explore two" in links(at)
    assert OBJECTIVES["lsgan"].watches[0].words in words(at)


# ---------------------------------------------------------------- DCGAN


def test_every_point_is_offered_and_told(lab: Path) -> None:
    for name, point in dcgan.POINTS.items():
        at = open_page("learn", topic="DCGAN", point=name)
        assert not at.exception
        assert at.radio("point").value == name
        assert point.why in words(at)
        assert point.architecture in words(at)
    assert "MNIST is not on this machine" in words(at)


def test_every_point_has_an_opposite_of_its_own() -> None:
    opposites = [point.architecture for point in dcgan.POINTS.values()]
    assert len(set(opposites)) == len(opposites)
    assert set(opposites) < set(ARCHITECTURES)


@pytest.mark.parametrize("name", dcgan.POINTS)
def test_the_two_differ_in_their_network_alone(name: str) -> None:
    right, wrong = dcgan.configs(name, dataset="digits", steps=30, seed=3)
    assert (right.seed, right.steps, right.dataset) == (3, 30, "digits")
    assert right.architecture == dcgan.ARCHITECTURE
    assert wrong.architecture == dcgan.POINTS[name].architecture
    assert wrong.changed({"preset": right.preset, "architecture": right.architecture}) == right
    with pytest.raises(ConfigError):
        dcgan.configs(name, dataset="digits", steps=-1, seed=0)


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
    ended()
    at.run()
    job = process.trainings().job
    assert job is not None
    assert [s.config.architecture for s in job.snapshots] == ["dcgan-28", "dcgan-28-relu"]
    assert {s.config.seed for s in job.snapshots} == {5}
    assert "ReLU: Finished: all 2 steps" in words(at)
    assert dcgan.POINTS["LeakyReLU"].seen in words(at)
    assert "Compare the two in full" in links(at)
    assert "LeakyReLU against ReLU" in words(open_page("learn", topic="DCGAN"))


def test_what_has_ended_and_was_deleted_is_said(lab: Path) -> None:
    at = begin(lab, 2)
    ended()
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
    ended()
    at.run()
    assert not at.exception
    assert "LeakyReLU: Stopped at step" in words(at)


def test_another_training_is_answered_in_words(lab: Path) -> None:
    at = open_page("learn", topic="DCGAN")
    process.trainings().start([preset("digits").changed({"steps": 1_000_000})])
    at.button("point_start").click().run()
    assert not at.exception
    assert "is being trained. Stop it" in words(at)


# ---------------------------------------------------------------- networks


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_is_laid_open(lab: Path, name: str) -> None:
    at = open_page("learn", topic="Networks", network=name)
    assert not at.exception
    assert ARCHITECTURES[name].title in words(at)
    side = ARCHITECTURES[name].image_size or 28
    networks = build(name, 64, (1, side, side))
    for network in networks:
        assert f"{parameter_count(network):,} parameters" in words(at)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_critic_is_the_one_that_the_objective_asks_for(lab: Path, name: str) -> None:
    at = open_page("learn", topic="Networks", objective=name)
    assert not at.exception
    kind = OBJECTIVES[name]
    assert f"gives {kind.head.value}" in words(at)
    critic = [str(cell) for cell in at.table[1].value["Layer"]]
    assert any("BatchNorm" in cell for cell in critic) == kind.critic_norm


def test_sizes_reach_the_networks(lab: Path) -> None:
    at = open_page("learn", topic="Networks", network="mlp")
    at.number_input("network_latent_dim").set_value(10)
    at.number_input("network_image_size").set_value(16)
    at.button_group("network_channels").set_value(3).run()
    networks = build("mlp", 10, (3, 16, 16))
    for network in networks:
        assert f"{parameter_count(network):,} parameters" in words(at)


def test_a_size_that_does_not_fit_is_a_sentence() -> None:
    config = preset("dcgan-mnist").changed({"image_size": 32, "channels": 1})
    with pytest.raises(ConfigError, match="28 x 28"):
        anatomy(config)


# ---------------------------------------------------------------- the frame


def test_the_curves_are_explained(lab: Path) -> None:
    at = open_page("learn", topic="Curves")
    assert not at.exception
    assert "A loss is a score of a game" in words(at)


def test_an_unknown_topic_is_the_first_one(lab: Path) -> None:
    at = open_page("learn", topic="Nonsense")
    assert not at.exception
    assert OBJECTIVES["gan"].title in words(at)
