from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core.latent import vectors as latent_vectors
from tests.pages.explore.screen import (
    button,
    state,
)
from tests.pages.screen import open_page, words
from tests.tiny import train


def test_groups_are_picked_by_eye_and_their_sum_becomes_the_point(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picks: list[int] = []
    marks: list[list[str]] = []

    def gallery(pictures: Any, **options: Any) -> int | None:
        marks.append(options["marks"])
        return picks.pop() if picks else None

    monkeypatch.setattr("pages.explore.picture_choice.gallery", gallery)
    train(lab / "runs", "one", steps=1)
    at = open_page("explore", g="runs/one", tool="Arithmetic")
    assert "into A and B and C" in words(at)
    for group, members in (("A", [0, 4]), ("B", [1, 9, 9]), ("C", [2])):
        at.segmented_control("explore_group_picked").set_value(group).run()
        for member in members:  # 9 a second time is taken out again
            picks.append(member)
            at.run()
            assert not at.exception
    assert [marks[-1][i] for i in (0, 1, 2, 4, 9)] == ["A", "B", "C", "A", ""]
    button(at, "Explore the result")
    z = latent_vectors.noise(48, 16, 0).numpy()
    expected = (z[0] + z[4]) / 2 - z[1] + z[2]
    np.testing.assert_allclose(state(at).point.vector, expected, atol=1e-6)
    assert "means of 2 - 1 + 1 samples" in at.text[0].value
    button(at, "Empty the groups")
    assert set(marks[-1]) == {""}
