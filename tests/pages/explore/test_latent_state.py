from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gan_core.errors import ConfigError
from gan_core.latent import vectors as latent_vectors
from pages.explore.latent_state import Exploration, Key, Point
from tests.pages.explore.screen import (
    button,
    state,
)
from tests.pages.screen import open_page, words
from tests.tiny import train


def test_hidden_sliders_keep_their_share_in_the_base() -> None:
    point = Point(np.zeros(3, np.float32), "zero")
    point.measure("a", "pca", np.eye(3, dtype=np.float32))
    point.move([0, 2], [1.0, 2.0])
    assert point.base_under([0, 1]).tolist() == [0.0, 0.0, 2.0]
    assert point.vector.tolist() == [1.0, 0.0, 2.0]
    assert (point.value(0), point.value(1), point.value(2)) == (1.0, 0.0, 2.0)


def test_another_frame_begins_where_the_sliders_led() -> None:
    point = Point(np.zeros(2, np.float32), "zero", truncation=0.5)
    point.measure("a", "pca", np.array([[0.6, 0.8]], np.float32))
    point.move([0], [5.0])
    revision = point.revision
    point.measure("b", "raw", np.empty((0, 2), np.float32))
    assert point.revision > revision
    assert point.value(0) == point.rest(0) == 3.0
    np.testing.assert_allclose(point.vector, [1.5, 2.0], rtol=1e-6)
    point.start(point.origin, "zero", truncation=1.0)
    assert point.vector.tolist() == [0.0, 0.0]


def test_adding_keys_is_all_or_nothing() -> None:
    exploration = Exploration(2, "normal", 0, Point(np.zeros(2, np.float32), "zero"))
    exploration.add_keys([Key(np.zeros(2), str(i)) for i in range(7)])
    with pytest.raises(ConfigError, match="room for 1 more"):
        exploration.add_keys([Key(np.zeros(2), "8"), Key(np.zeros(2), "9")])
    assert len(exploration.keys) == 7


def test_uniform_noise_has_points_and_sliders_of_its_own(lab: Path) -> None:
    train(lab / "runs", "even", steps=1, architecture="mlp-small", noise="uniform")
    train(lab / "runs", "free", steps=1, architecture="mlp-small")
    at = open_page("explore", g="runs/even")
    assert "uniform from -1 to 1" in words(at)
    expected = latent_vectors.noise(1, 16, 0, "uniform")[0]
    np.testing.assert_array_equal(state(at, noise="uniform").point.vector, expected)
    button(at, "Random keys")
    assert all(abs(key.vector).max() <= 1 for key in state(at, noise="uniform").keys)
    at.selectbox[0].select("runs/free").run()
    np.testing.assert_array_equal(state(at).point.vector, latent_vectors.noise(1, 16, 0)[0])
