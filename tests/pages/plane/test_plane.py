"""The Plane page without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gan_core.errors import ConfigError
from gan_core.presets import preset
from gan_core.training.snapshot import Phase
from pages.plane.setup import fitting, recipe
from pages.shared.server import process
from pages.shared.widgets.plane import plane as widget
from tests.pages.screen import ended_job, laboratory, links, open_page, words
from tests.tiny import train

ON_RING = {"dataset": "ring", "architecture": "points", "latent_dim": 2, "batch_size": 64}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the picture was given, each time that it was drawn."""
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(widget, "_component", lambda *, key, data: given.append(data))
    return given


def test_each_choice_is_trained_by_the_recipe_for_it() -> None:
    assert recipe("ring", "wgan-gp") == preset("ring-wgan-gp")
    assert recipe("grid", "r3gan") == preset("grid-r3gan")
    spiral = recipe("spiral", "wgan")
    assert spiral == preset("ring-wgan").with_settings({"dataset": "spiral"})
    with pytest.raises(ConfigError, match=r"no recipe for the objective 'none' on points\."):
        recipe("ring", "none")


def test_objectives_that_need_classes_are_not_offered_without() -> None:
    assert {"gan", "cgan", "acgan", "began"} <= set(fitting("ring"))
    assert {"cgan", "acgan"}.isdisjoint(fitting("line"))


def test_two_choices_and_start_begin_a_training(lab: Path, seen: list[dict[str, Any]]) -> None:
    at = open_page("plane")
    assert "press Start: the points appear here" in words(at)
    assert not seen
    at.selectbox(key="data").select("two-gaussians").run()
    at.selectbox(key="objective").select("lsgan").run()
    at.number_input(key="plane/seed").set_value(7).run()
    at.button(key="plane/start").click().run()
    job = process.trainings().active
    assert job is not None
    config = job.snapshot.config
    assert (config.dataset, config.objective, config.seed) == ("two-gaussians", "lsgan", 7)
    at.run()
    assert not at.exception
    assert seen[-1]["live_url"] == f"/api/runs/{job.snapshot.run}/plane/live"
    assert seen[-1]["modes"] == [[-0.5, 0.0], [0.5, 0.0]]
    assert seen[-1]["reading"]["name"] == "D(x), the least-squares score"
    at.button(key="plane/stop").click().run()
    assert ended_job().phase is Phase.STOPPED


def test_a_finished_run_is_seen_through_its_kept_frames(
    lab: Path, seen: list[dict[str, Any]]
) -> None:
    run = train(lab / "runs", "ring", **ON_RING, objective="cgan", steps=4)
    at = open_page("plane", run=run.name)
    assert not at.exception and not at.error
    (data,) = seen
    assert data["live_url"] == ""
    assert data["steps"] == [0, 1, 2, 3, 4]
    assert data["frames_url"] == "/api/runs/ring/plane/frames/"
    assert data["classes"] == [str(mode) for mode in range(8)]
    assert "Film: the frames that were kept, to take away" in [one.label for one in at.expander]


def test_a_run_from_before_frames_were_kept_can_be_opened(
    lab: Path, seen: list[dict[str, Any]]
) -> None:
    run = train(lab / "runs", "ring", **ON_RING, steps=4)
    run.frames.path.unlink()
    run.frames.real_path.unlink()
    at = open_page("plane", run=run.name)
    assert not at.exception and not at.error
    assert seen[-1]["steps"] == []
    assert not at.expander or "Film" not in at.expander[0].label


def test_a_run_on_pictures_and_one_that_is_gone_are_answered_in_a_sentence(lab: Path) -> None:
    train(lab / "runs", "pictures")
    assert "pictures learns pictures; the plane is for runs on points." in words(
        open_page("plane", run="pictures")
    )
    assert "There is no run named 'gone'." in words(open_page("plane", run="gone"))


def test_runs_on_points_lead_there_from_other_pages(lab: Path) -> None:
    run = train(lab / "runs", "ring", **ON_RING, steps=4)
    train(lab / "runs", "pictures")
    at = open_page("train", run=run.name)
    assert links(at)["See it in the plane"].query_string == "run=ring"
    assert "See it in the plane" not in links(open_page("train", run="pictures"))
    compare = open_page("compare", a="runs/ring", b="runs/pictures")
    assert links(compare)["A: ring in the plane"].query_string == "run=ring"
    assert "B: pictures in the plane" not in links(compare)


def test_each_objective_leads_there_from_its_lesson(lab: Path) -> None:
    at = open_page("learn", objective="wgan-gp")
    assert links(at)["See it in the plane"].query_string == "objective=wgan-gp"
    at = open_page("plane", objective="wgan-gp", data="grid")
    assert "WGAN-GP, gradient penalty, on a grid of 25 Gaussians." in words(at)


def test_points_from_a_file_are_uploaded_and_learnt(lab: Path, seen: list[dict[str, Any]]) -> None:
    at = open_page("plane", data="points")
    at.button(key="plane/start").click().run()
    assert not at.exception
    assert at.error[0].value.startswith("There is no file yet")
    assert process.trainings().job is None
    rows = "".join(f"{x},{y}\n" for x in range(5) for y in range(5))
    at.file_uploader[0].set_value(("nan.csv", b"0,nan\n" * 30, "text/csv")).run()
    assert "nan.csv" in at.error[0].value
    at.file_uploader[0].set_value(("mine.csv", rows.encode(), "text/csv")).run()
    assert not at.error
    assert "25 points. The points were moved, (2, 2) to the middle" in words(at)
    at.button(key="plane/start").click().run()
    job = process.trainings().active
    assert job is not None
    config = job.snapshot.config
    assert (config.dataset, config.objective) == ("points", "gan")
    assert (lab / "data" / config.folder).read_text("utf-8") == rows
    at.button(key="plane/stop").click().run()
    ended_job()
