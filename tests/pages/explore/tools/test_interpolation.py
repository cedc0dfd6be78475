from __future__ import annotations

from pathlib import Path

import numpy as np

from gan_core.latent import paths
from gan_core.networks import sampling
from pages.explore.latent_state import draw
from pages.shared.server import generators, sources, urls
from tests.pages.explore.screen import (
    button,
    saves,
    state,
)
from tests.pages.screen import open_page, words
from tests.tiny import train


def test_an_interpolation_begins_with_two_key_points(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    assert "2 to 8 key points" in words(at)
    button(at, "Add the point above")
    assert "2 to 8 key points" in words(at)
    at.text_input("explore_typed").set_value("3, 4").run()
    button(at, "Add seeds")
    assert [key.about for key in state(at).keys] == ["seed 0", "seed 3", "seed 4"]
    at.slider("explore_steps").set_value(5).run()
    assert "11 frames" in words(at)
    at.toggle("explore_closed").set_value(True).run()
    assert "15 frames" in words(at)
    assert saves(at, "explore_walk_file") == ["Save MP4"]


def test_too_many_keys_and_bad_seeds_are_refused(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    at.text_input("explore_typed").set_value("1, two").run()
    button(at, "Add seeds")
    assert "whole numbers" in at.error[0].value
    at.number_input("explore_random").set_value(8).run()
    button(at, "Random keys")
    assert not at.error and len(state(at).keys) == 8
    button(at, "Add the point above")
    assert "at most 8" in at.error[0].value
    assert len(state(at).keys) == 8
    button(at, "Random keys")
    assert not at.error


def test_keys_are_moved_removed_and_explored(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    at.text_input("explore_typed").set_value("1 2 3").run()
    button(at, "Add seeds")
    state(at).selection = 0
    at.run()
    button(at, "Later")
    assert [key.about for key in state(at).keys] == ["seed 2", "seed 1", "seed 3"]
    button(at, "Later")
    button(at, "Earlier")
    assert [key.about for key in state(at).keys] == ["seed 2", "seed 1", "seed 3"]
    button(at, "Explore this key")
    np.testing.assert_array_equal(state(at).point.vector, draw(1, 16))
    button(at, "Remove")
    assert [key.about for key in state(at).keys] == ["seed 2", "seed 3"]
    button(at, "Remove")
    button(at, "Remove")
    assert state(at).keys == [] and state(at).selection is None


def test_a_walk_in_pictures(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    source = sources.find_source("runs/one")
    keys = [draw(seed, 16) for seed in (1, 2)]
    walk = paths.walk(keys, 4, "slerp", closed=False)
    np.testing.assert_allclose(walk[[0, -1]], keys, rtol=1e-5, atol=1e-6)
    frames = sampling.draw(generators.open_generator(source).generator, walk)
    assert frames.shape == (5, 28, 28, 1)
    assert urls.data_url(frames[0]).startswith("data:image/png;base64,")
