from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core.latent import vectors as latent_vectors
from tests.pages.explore.screen import (
    state,
)
from tests.pages.screen import open_page
from tests.tiny import train


def test_a_picked_sample_sets_point_and_class(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picks = iter([25, *[None] * 10])

    def gallery(pictures: list[dict[str, str]], **options: Any) -> int | None:
        if options["label"] != "Samples" or (pick := next(picks)) is None:
            return None
        assert pictures[pick]["label"] == "Noise 3, class 5"
        return pick

    monkeypatch.setattr("pages.explore.picture_choice.gallery", gallery)
    train(lab / "runs", "told", steps=2, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/told", tool="Sample sheet")
    assert not at.exception
    assert state(at).label == 5
    assert at.segmented_control("class").value == "5"
    np.testing.assert_array_equal(state(at).point.vector, latent_vectors.noise(4, 16, 0)[2])
