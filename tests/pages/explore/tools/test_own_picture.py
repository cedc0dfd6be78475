from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gan_core.latent import vectors as latent_vectors
from gan_core.networks import sampling
from pages.shared.server import generators, sources
from tests.pages.explore.screen import (
    button,
    pick_once,
    png_of,
    state,
)
from tests.pages.screen import open_page, words
from tests.tiny import train


def test_a_picture_is_found_and_explored(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(lab / "runs", "one", steps=1, architecture="mlp-small")
    source = sources.find_source("runs/one")
    z = latent_vectors.noise(1, 16, 5).numpy()
    (target,) = sampling.draw(generators.open_generator(source).generator, z)
    monkeypatch.setattr("pages.explore.given_picture.sketch", lambda key: png_of(target))
    monkeypatch.setattr("pages.explore.given_picture._is_of_digits", lambda subject: False)
    at = open_page("explore", g="runs/one", tool="Your picture")
    assert not at.exception
    button(at, "Find it in latent space")
    for _ in range(60):
        if not [b for b in at.button if b.label == "Stop here"]:
            break
        at.run()
    assert not at.exception
    assert "Mean squared error **0.00" in words(at)
    search = at.session_state["explore_search"]
    assert search.projector.done
    button(at, "Explore it")
    np.testing.assert_array_equal(state(at).point.vector, search.projector.best.z)
    assert at.text[0].value == "Base: projection of drawing"


def test_a_search_can_be_stopped_and_keeps_the_nearest(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(lab / "runs", "told", steps=1, architecture="mlp-small", objective="cgan")
    blank = png_of(np.zeros((28, 28, 1), np.uint8))
    monkeypatch.setattr("pages.explore.given_picture.sketch", lambda key: blank)
    monkeypatch.setattr("pages.explore.tools.own_picture.SLICE", 0.0)
    at = open_page("explore", g="runs/told", tool="Your picture")
    button(at, "Find it in latent space")
    button(at, "Stop here")
    search = at.session_state["explore_search"]
    assert search.is_stopped and not search.projector.done
    assert "The class that comes nearest is" in words(at)
    button(at, "Explore it")
    assert state(at).label == search.projector.label
    np.testing.assert_array_equal(state(at).point.vector, search.projector.best.z)


def test_what_is_drawn_or_sent_may_be_anything(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(lab / "runs", "one", steps=1, architecture="mlp-small")
    monkeypatch.setattr("pages.explore.given_picture.sketch", lambda key: b"no picture")
    at = open_page("explore", g="runs/one", tool="Your picture")
    assert not at.exception
    assert "The drawing is no picture" in at.error[0].value
    assert not [b for b in at.button if b.label == "Find it in latent space"]


def test_pictures_of_the_data_set_are_offered(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(lab / "runs", "one", steps=1, architecture="mlp-small")
    pick_once(monkeypatch, "picture_choice.gallery", 3)
    at = open_page("explore", g="runs/one", tool="Your picture")
    at.segmented_control("explore_source").set_value("data").run()
    assert not at.exception
    assert [b for b in at.button if b.label == "Find it in latent space"]
    button(at, "Other pictures")
    assert "Pick one of the train pictures of Bundled digits." in words(at)


def test_a_data_set_that_is_not_there_is_named(lab: Path) -> None:
    run = train(lab / "runs", "one", steps=1, architecture="mlp-small")
    settings = json.loads((run.path / "config.json").read_text())
    (run.path / "config.json").write_text(json.dumps({**settings, "dataset": "mnist"}))
    at = open_page("explore", g="runs/one", tool="Your picture")
    at.segmented_control("explore_source").set_value("data").run()
    assert not at.exception
    assert "MNIST cannot be read" in at.error[0].value


def test_an_upload_is_converted_in_the_open(lab: Path) -> None:
    train(lab / "runs", "one", steps=1, architecture="mlp-small")
    at = open_page("explore", g="runs/one", tool="Your picture")
    at.segmented_control("explore_source").set_value("upload").run()
    picker = next(u for u in at.file_uploader if u.key == "explore_picture")
    picker.upload("ink.png", png_of(np.full((60, 90, 3), 255, np.uint8)), "image/png")
    at.run()
    assert not at.exception
    assert {t.label: t.value for t in at.toggle} == {
        "Swap light and dark": True, "Centre and scale as a digit": True,
    }  # fmt: skip
    picker = next(u for u in at.file_uploader if u.key == "explore_picture")
    picker.upload("words.png", b"hello", "image/png")
    at.run()
    assert not at.exception
    assert "words.png is no picture" in at.error[0].value
