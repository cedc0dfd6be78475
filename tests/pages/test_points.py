"""A run on points of the plane, on every page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gan_core.images import pixels
from gan_core.quality.measures import MEASURES
from tests.pages.screen import laboratory, open_page, words
from tests.tiny import train


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


@pytest.fixture
def name(lab: Path) -> str:
    """A short run on the ring, beside one on pictures."""
    on_ring = {"dataset": "ring", "architecture": "points", "latent_dim": 2, "batch_size": 64}
    train(lab / "runs", "pictures")
    return train(lab / "runs", "ring", **on_ring, sample_every=10, measure_every=10).name


@pytest.mark.parametrize("page", ["", "train", "compare", "leaderboard", "learn", "runs"])
def test_every_page_is_drawn(name: str, page: str) -> None:
    query = {"train": {"run": name}, "compare": {"a": f"runs/{name}", "b": "runs/pictures"}}
    at = open_page(page, **query.get(page, {}))
    assert not at.exception
    assert not at.error


def test_its_measures_stand_beside_those_of_real_points(name: str) -> None:
    at = open_page("train", run=name)
    for title in ("Modes found", "Sliced Wasserstein distance"):
        measure = next(one for one in MEASURES.values() if one.title == title)
        assert f"{measure.meaning} Now " in words(at)
    assert "; real points get 8." in words(at)
    board = open_page("leaderboard", data="ring")
    assert board.selectbox("order/points").value == "modes"


def test_explore_says_that_it_shows_pictures(name: str) -> None:
    at = open_page("explore", g=f"runs/{name}")
    assert not at.exception
    assert "ring draws points of the plane, and Explore shows pictures." in words(at)


def test_its_grid_shows_many_points_in_one_plane(lab: Path, name: str) -> None:
    sheet = pixels.from_png((lab / "runs" / name / "samples" / "000010.png").read_bytes())
    assert sheet.shape == (256, 256, 1)
    real = pixels.from_png((lab / "runs" / name / "samples" / "real.png").read_bytes())
    # Most of a thousand points lie on pixels of their own, four to a dot.
    assert 2000 < int((real == 255).sum()) < 4 * pixels.POINTS_SHOWN
