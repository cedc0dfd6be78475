"""Distributions in the plane: their points, their modes, and what they are pictured as."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gan_core.data import plane
from gan_core.data.loading import load
from gan_core.data.table import DATASETS

POINT_SETS = [name for name, spec in DATASETS.items() if spec.points and not spec.in_file]


def points(name: str, **settings: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Points (N, 2) in [-1, 1] and their labels."""
    data = load(name, Path("nowhere"), **settings)
    return data.images.view(-1, 2).double() / 127.5 - 1, data.labels


@pytest.mark.parametrize("name", POINT_SETS)
def test_points_fill_the_plane_and_are_the_same_each_time(name: str) -> None:
    data = load(name, Path("nowhere"))
    spec = DATASETS[name]
    assert len(data) == spec.images == len(data.labels)
    assert data.image_shape == spec.shape
    assert data.fingerprint == load(name, Path("nowhere")).fingerprint
    assert set(data.labels.tolist()) == set(range(len(spec.classes)))
    places, _ = points(name)
    assert 0.5 < places.abs().max() <= 1
    assert ((places == -1) | (places == 1)).double().mean() < 0.001  # next to none was cut off


@pytest.mark.parametrize("name", ["ring", "grid", "two-gaussians"])
@pytest.mark.parametrize("deviation", [0.0, 0.03])
def test_each_mode_lies_around_its_centre(name: str, deviation: float) -> None:
    modes = DATASETS[name].modes(deviation)
    assert modes is not None and len(modes.centres) == len(DATASETS[name].classes)
    assert modes.deviation == (deviation or DATASETS[name].deviation)
    places, labels = points(name, deviation=deviation)
    for mode, centre in enumerate(modes.centres):
        own = places[labels == mode]
        assert (own.mean(0) - centre).abs().max() < modes.deviation / 4
        assert own.std(0).mean() == pytest.approx(modes.deviation, rel=0.1)


def test_what_has_no_centres_has_no_modes() -> None:
    assert DATASETS["spiral"].modes() is None and DATASETS["mnist"].modes() is None


@pytest.mark.parametrize("name", POINT_SETS)
def test_number_and_noise_are_what_is_asked_for(name: str) -> None:
    few, _ = points(name, points=300)
    noisy, _ = points(name, points=300, deviation=0.08)
    assert len(few) == len(noisy) == 300
    assert not few.equal(noisy)
    assert load(name, Path(), points=8192).fingerprint == load(name, Path()).fingerprint


def test_centres_by_hand() -> None:
    torch.testing.assert_close(plane.ring_centres()[2], torch.tensor([0.0, 0.7]))
    assert plane.grid_centres()[0].tolist() == pytest.approx([-0.8, -0.8])
    assert plane.grid_centres()[1].tolist() == pytest.approx([-0.4, -0.8])
    assert plane.grid_centres()[12].tolist() == [0, 0]


def test_arms_of_the_spiral_face_each_other() -> None:
    places, labels = points("spiral")
    one, other = places[labels == 0], places[labels == 1]
    assert torch.cdist(one[:500], other).min(1).values.mean() > 0.05
    assert torch.cdist(one[:500], -other).min(1).values.mean() < 0.03


def test_dark_squares_of_the_board_alone() -> None:
    places, labels = points("checkerboard")
    squares = ((places + 0.9) / 0.45).floor().clamp(0, 3)
    assert ((squares.sum(1) % 2) == 0).double().mean() > 0.97  # levels fall over the edge
    assert np.unique(squares[labels == 0].median(0).values.numpy()).tolist() == [0]
