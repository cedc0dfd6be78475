from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core.latent import vectors as latent_vectors
from pages.shared.server import latent_space
from tests.pages.explore.screen import (
    button,
    state,
    version_of,
)
from tests.pages.screen import open_page
from tests.tiny import train


def test_a_generator_that_is_told_its_class_has_no_class_directions(lab: Path) -> None:
    train(lab / "runs", "told", steps=2, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/told", tool="Directions")
    assert not at.exception
    assert "Classes" not in at.segmented_control("explore_family").options


def test_a_strip_goes_from_minus_three_to_three_sigma_and_leads_to_its_pictures(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picks = iter([6, *[None] * 10])  # the first direction, +3 sigma
    galleries: list[dict[str, Any]] = []

    def gallery(pictures: list[dict[str, str]], **options: Any) -> int | None:
        galleries.append({"labels": [picture["label"] for picture in pictures], **options})
        return next(picks)

    monkeypatch.setattr("pages.explore.picture_choice.gallery", gallery)
    train(lab / "runs", "even", steps=1, architecture="mlp-small", noise="uniform")
    at = open_page("explore", g="runs/even", tool="Directions")
    assert not at.exception
    directions = latent_space.directions(version_of("runs/even"), "measured")
    assert galleries[0]["columns"] == [
        "-3 sigma", "-2 sigma", "-1 sigma", "0", "+1 sigma", "+2 sigma", "+3 sigma",
    ]  # fmt: skip
    assert galleries[0]["labels"][6] == f"{directions.titles[0]}, +3 sigma"
    base = latent_vectors.noise(1, 16, 0, "uniform")[0].numpy()
    # A deviation of noise that is uniform from -1 to 1 is the root of a third.
    np.testing.assert_allclose(
        state(at, noise="uniform").point.vector, base + directions.vectors[0] * 3**0.5, rtol=1e-5
    )
    assert "Base: " in at.text[0].value and "+3 sigma" in at.text[0].value


def test_a_name_is_kept_with_the_run_and_shown_everywhere(lab: Path) -> None:
    run = train(lab / "runs", "one", steps=1)
    at = open_page("explore", g="runs/one", tool="Directions")
    at.segmented_control("explore_family").set_value("pca").run()
    at.selectbox("explore_naming_pca_0").set_value(1).run()
    at.text_input("explore_name").set_value("The loop").run()
    button(at, "Save the name")
    assert at.selectbox("explore_naming_pca_0").options[1] == "The loop"
    assert json.loads((run.path / "direction-names.json").read_text())["names"] == {
        "pca/1": "The loop"
    }
    button(at, "Save the name")  # the field is empty again
    assert at.selectbox("explore_naming_pca_0").options[1] == "Direction 2"
