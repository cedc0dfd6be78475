from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core.latent import vectors as latent_vectors
from pages.shared.server import latent_space
from tests.pages.explore.screen import (
    pick_once,
    state,
    version_of,
)
from tests.pages.screen import open_page
from tests.tiny import train


def test_the_corners_of_a_plane_are_set_and_a_picture_becomes_the_point(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(lab / "runs", "one", steps=1)
    pick_once(monkeypatch, "picture_choice.gallery", 8)  # the end of the first row: top right
    at = open_page("explore", g="runs/one", tool="Map")
    assert not at.exception
    np.testing.assert_allclose(state(at).point.vector, latent_vectors.noise(1, 16, 2)[0], rtol=1e-4)
    at.button("explore_corner_0").click().run()
    assert not at.exception
    np.testing.assert_array_equal(state(at).corners[0].vector, state(at).point.vector)
    before = state(at).corners[1].vector
    at.button("explore_corner_random_1").click().run()
    assert (state(at).corners[1].vector != before).any()


def test_a_plane_along_two_directions_has_the_point_in_its_middle(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(lab / "runs", "one", steps=1)
    calls: list[bytes] = []

    def gallery(shown: list[dict[str, str]], *, drawn: dict[str, Any], **options: Any) -> None:
        calls.append(b64decode(drawn["vectors"]))

    monkeypatch.setattr("pages.explore.picture_choice.gallery", gallery)
    at = open_page("explore", g="runs/one", tool="Map")
    at.segmented_control("explore_map").set_value("directions").run()
    assert not at.exception
    grid = np.frombuffer(calls[-1], "<f4").reshape(9, 9, 16)
    np.testing.assert_allclose(grid[4, 4], state(at).point.vector, atol=1e-5)
    first, second = latent_space.directions(version_of("runs/one"), "pca").vectors[:2]
    np.testing.assert_allclose(grid[4, 8] - grid[4, 4], 3 * first, atol=1e-5)
    np.testing.assert_allclose(grid[0, 4] - grid[4, 4], 3 * second, atol=1e-5)


def test_a_sample_of_the_map_becomes_the_point_with_its_class(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latent_space, "_MAP_SAMPLES", 60)
    train(lab / "runs", "told", steps=1, architecture="mlp-small", objective="cgan")
    calls = pick_once(monkeypatch, "tools.map.scatter", 25)
    at = open_page("explore", g="runs/told", tool="Map")
    at.segmented_control("explore_map").set_value("samples").run()
    assert not at.exception
    places, classes, names, _ = calls[0]
    assert places.shape == (60, 2)
    assert classes == [k % 10 for k in range(60)]
    assert names == [str(k) for k in range(10)]
    np.testing.assert_array_equal(state(at).point.vector, latent_vectors.noise(60, 16, 0)[25])
    assert state(at).label == 5
