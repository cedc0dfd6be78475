from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gan_core.quality import judgement
from gan_core.runs.generators import open_critic
from pages.explore.widgets.verdict import verdict as widget
from tests.pages.explore.screen import pick_once, png_of, state
from tests.pages.screen import links, open_page, words
from tests.tiny import train

BLANK = np.zeros((28, 28, 1), np.uint8)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the page hands to the verdict, of each of its runs."""
    noted: list[dict[str, Any]] = []
    monkeypatch.setattr(widget, "_component", lambda key, data: noted.append(data))
    return noted


def ask_all(at: AppTest) -> None:
    """Let the page go on until all pictures are judged."""
    for _ in range(60):
        if not at.get("progress"):
            return
        at.run()
        assert not at.exception


def judge_drawing(at: AppTest, monkeypatch: pytest.MonkeyPatch, picture: np.ndarray) -> None:
    monkeypatch.setattr("pages.explore.given_picture.sketch", lambda key: png_of(picture))
    monkeypatch.setattr("pages.explore.given_picture._is_of_digits", lambda subject: False)
    at.segmented_control("explore_judged").set_value("draw").run()
    assert not at.exception


def test_the_point_is_judged_among_real_and_generated_pictures(
    lab: Path,
    calls: list[dict[str, Any]],
    panels: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = train(lab / "runs", "one", steps=1, architecture="mlp-small")
    monkeypatch.setattr("pages.explore.tools.discriminator.SLICE", 0.0)
    at = open_page("explore", g="runs/one", tool="Discriminator")
    assert not at.exception
    assert at.get("progress") and calls[-1]["histogram"] is None
    ask_all(at)
    last = calls[-1]
    assert last["said"] is None
    assert last["point"]["base"] == state(at).point.vector.tolist()
    assert [f" {last['follows']}"] == panels[-1]
    assert "/verdict?" in last["url"]
    assert last["scale"]["name"] == "D(x), the probability of being real"
    assert last["scale"]["level"] == 0.5
    counted = last["histogram"]
    assert (counted["low"], counted["high"]) == (0, 1)
    assert {name: sum(bins) for name, bins in counted["bins"].items()} == {
        "real": judgement.PICTURES, "generated": judgement.PICTURES,
    }  # fmt: skip
    assert "Adebayo et al. 2018" in words(at)
    assert "batch norm" not in words(at)  # this critic has none
    # A second visitor finds it done.
    at = open_page("explore", g="runs/one", tool="Discriminator")
    assert not at.get("progress") and calls[-1]["histogram"] == counted
    assert open_critic(run.path).critic.image_by_image


def test_a_drawing_is_judged(
    lab: Path, calls: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(lab / "runs", "one", steps=1, architecture="mlp-small", objective="wgan-gp")
    at = open_page("explore", g="runs/one", tool="Discriminator")
    judge_drawing(at, monkeypatch, BLANK)
    ask_all(at)
    judge = open_critic(run.path)
    expected = judgement.values(judge, judgement.from_pixels(BLANK[None]))[0]
    assert calls[-1]["said"]["value"] == pytest.approx(expected, rel=1e-5)
    assert calls[-1]["url"] == ""
    # Halfway between the means, for a value that means nothing by its height.
    values = calls[-1]["histogram"]["values"]
    middle = (np.mean(values["real"]) + np.mean(values["generated"])) / 2
    assert calls[-1]["scale"]["level"] == pytest.approx(middle)


def test_a_critic_that_is_told_the_class_is_told_that_of_the_picture(
    lab: Path, calls: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(lab / "runs", "told", steps=2, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/told", tool="Discriminator")
    judge_drawing(at, monkeypatch, BLANK)
    judge = open_critic(run.path)
    image = judgement.from_pixels(BLANK[None])[0]
    for label in (0, 4):
        at.selectbox("explore_told").set_value(label).run()
        assert not at.exception
        expected = judgement.opinion(judge, image, label).value
        assert calls[-1]["said"]["value"] == pytest.approx(expected, rel=1e-5)
    pick_once(monkeypatch, "picture_choice.gallery", 3)
    at.segmented_control("explore_judged").set_value("data").run()
    assert not at.exception
    assert "It is told the class:" in words(at)


def test_a_second_head_names_the_class(
    lab: Path, calls: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    train(lab / "runs", "two", steps=1, architecture="mlp-small", objective="acgan")
    at = open_page("explore", g="runs/two", tool="Discriminator")
    judge_drawing(at, monkeypatch, BLANK)
    said = calls[-1]["said"]
    assert sum(said["classes"]) == pytest.approx(1) and len(said["classes"]) == 10
    assert calls[-1]["classes"] == list("0123456789")


def test_batch_norm_is_explained(lab: Path, calls: list[dict[str, Any]]) -> None:
    train(lab / "runs", "normed", steps=2, architecture="dcgan-28", batch_size=8)
    at = open_page("explore", g="runs/normed", tool="Discriminator")
    ask_all(at)
    assert "averages over 250 real and as many generated pictures" in words(at)


def test_without_its_critic_one_sentence_says_what_to_do(lab: Path) -> None:
    run = train(lab / "runs", "alone", steps=1, architecture="mlp-small")
    (run.path / "training.pt").unlink()
    at = open_page("explore", g="runs/alone", tool="Discriminator")
    assert not at.exception
    assert "alone has no critic" in words(at) and "Train it again" in words(at)
    assert "Train it" in links(at)


def test_without_the_data_set_the_value_stands_alone(
    lab: Path, calls: list[dict[str, Any]]
) -> None:
    run = train(lab / "runs", "one", steps=1, architecture="mlp-small")
    settings = json.loads((run.path / "config.json").read_text())
    (run.path / "config.json").write_text(json.dumps({**settings, "dataset": "mnist"}))
    at = open_page("explore", g="runs/one", tool="Discriminator")
    assert not at.exception
    assert "MNIST cannot be read" in at.warning[0].value
    assert calls[-1]["histogram"] is None and calls[-1]["scale"]["level"] is None
