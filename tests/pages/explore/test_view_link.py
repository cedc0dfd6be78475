from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core.errors import ConfigError
from gan_core.latent import vector_files
from gan_core.latent import vectors as latent_vectors
from gan_core.runs.status import Phase, Status
from pages.explore.latent_state import Point
from pages.explore.view_link import point_query, sliders
from tests.pages.explore.screen import (
    Z,
    in_address,
    keep_states,
    link,
    selectbox,
    state,
)
from tests.pages.screen import open_page, words
from tests.tiny import STEPS, train

AXES = np.eye(3, dtype=np.float32)


def test_a_moved_point_is_its_base_and_its_sliders() -> None:
    point = Point(np.array([0.1, 0.2, 0.3], np.float32), "here", truncation=0.35)
    point.measure("one", "pca", AXES)
    point.move([0, 1, 2], [2.3000000000000003, 0.0, -1e-05])
    query = point_query(point)
    assert query["along"] == "pca"
    assert float(query["psi"]) == 0.35
    np.testing.assert_array_equal(vector_files.from_text(query["z"], 3), point.base)
    assert sliders(query["at"], AXES, 5) == {0: 2.3000000000000003, 2: -1e-05}


def test_raw_sliders_are_the_vector_itself() -> None:
    point = Point(np.zeros(3, np.float32), "zero", truncation=0.5)
    point.measure("one", "raw", np.empty((0, 3)))
    point.move([1], [2.0])
    query = point_query(point)
    assert "at" not in query
    np.testing.assert_array_equal(vector_files.from_text(query["z"], 3), [0, 2, 0])


def test_sliders_at_rest_take_no_room() -> None:
    point = Point(np.zeros(3, np.float32), "zero")
    point.measure("one", "pca", AXES)
    point.move([0, 1], [0.0, 0.0])
    assert "at" not in point_query(point)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0:",
        "0:nan",
        "0:inf",
        "0:1;1:2",
        "-1:1",
        "0:1,",
        "0:1e400",
        "x:1",
        "0:1:2",
        "0x1:1",
        "\u0661:1",
        "0:1e99",
    ],
)
def test_damaged_sliders_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="damaged"):
        sliders(text, AXES, 5)


@pytest.mark.parametrize("text", ["3:1", "9999:0", "0:5.1", "0:-999"])
def test_sliders_that_are_not_there_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="not there or beyond 5"):
        sliders(text, AXES, 5)


def test_a_link_opens_the_same_view(lab: Path) -> None:
    keep_states(lab)
    train(lab / "runs", "told", steps=1, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/long", step="10", g2="runs/told", tool="Map")
    at.number_input("explore_seed").set_value(7).run()
    at.slider("explore_truncation").set_value(0.7).run()
    groups: Any = at.get("button_group")
    (basis,) = [group for group in groups if group.key == "explore_basis"]
    basis.set_value("sefa").run()
    assert state(at).point.basis == "sefa"
    state(at).point.move([0, 2], [2.5, -1.1])
    at.run()
    point = state(at).point
    query = link(at)
    assert query["g"] == "runs/long"
    assert query["step"] == "10"

    other = open_page("explore", **query)
    assert not other.exception
    assert not other.warning
    assert selectbox(other, "Saved step").value == 10
    assert selectbox(other, "Beside it").value == "runs/told"
    assert other.session_state["tool"] == "Map"
    back = state(other).point
    np.testing.assert_array_equal(back.vector, point.vector)
    assert back.coordinates == {0: 2.5, 2: -1.1}
    assert other.slider("explore_truncation").value == 0.7
    assert link(other) == query
    # The address names the generators still; the point may move on without it.
    assert in_address(other, "z") is None
    other.number_input("explore_seed").set_value(3).run()
    np.testing.assert_array_equal(
        state(other).point.vector, latent_vectors.noise(1, 16, 3)[0].numpy() * np.float32(0.7)
    )


def test_a_link_to_the_latest_state_finds_it_when_it_is_no_longer_that(lab: Path) -> None:
    run = keep_states(lab)
    query = link(open_page("explore", g="runs/long"))
    assert query["step"] == str(STEPS)
    run.keep_state(STEPS, 12)
    status = run.status()
    run.write_status(Status(Phase.FINISHED, STEPS + 5, status.seconds))
    at = open_page("explore", **query)
    assert not at.warning
    assert selectbox(at, "Saved step").value == STEPS
    assert "trained 20 steps" in words(at)


@pytest.mark.parametrize(
    ("change", "sentence", "arrives"),
    [
        ({"z": "%%%"}, "The link's point is damaged", False),
        ({"z": Z[:-2]}, "The link's point is damaged", False),
        ({"z": vector_files.to_text(np.zeros(8))}, "holds 8 numbers", False),
        ({"z": vector_files.to_text(np.full(16, np.nan))}, "NaN or infinity", False),
        ({"psi": "nan"}, "truncation is 'nan'", True),
        ({"psi": "7"}, "truncation is '7'", True),
        ({"along": "sideways"}, "no directions 'sideways'", True),
        ({"at": "0:nan"}, "sliders are damaged", True),
        ({"at": "77:1"}, "a slider that is not there", True),
        ({"tool": "Hammer"}, "There is no tool 'Hammer'", True),
        ({"class": "3"}, "it is not conditional", True),
    ],
)
def test_what_is_wrong_in_a_link_is_named_and_the_rest_stands(
    lab: Path, change: dict[str, str], sentence: str, arrives: bool
) -> None:
    train(lab / "runs", "one", steps=1, architecture="mlp-small")
    good = {"g": "runs/one", "z": Z, "along": "pca", "at": "1:0", "tool": "Settings"}
    at = open_page("explore", **(good | change))
    assert not at.exception
    (warning,) = at.warning
    assert sentence in warning.value
    expected = latent_vectors.noise(1, 16, 9 if arrives else 0)[0]
    np.testing.assert_array_equal(state(at).point.vector, expected)
    if "tool" not in change:
        assert at.session_state["tool"] == "Settings"
    assert not at.run().warning
