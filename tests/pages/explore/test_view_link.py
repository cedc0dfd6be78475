from __future__ import annotations

import numpy as np
import pytest

from gan_core.errors import ConfigError
from gan_core.latent import vector_files
from pages.explore.latent_state import Point
from pages.explore.view_link import point_query, sliders

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
