import numpy as np

from gan_core.objectives.readings import PROBABILITY
from gan_core.objectives.table import OBJECTIVES
from gan_core.plane.frame import EXTENT, Frame
from gan_core.plane.picture import draw

NOWHERE = np.full((1, 2), 9.0, np.float32)  # outside of what is seen


def a_frame(landscape: np.ndarray, points: np.ndarray = NOWHERE) -> Frame:
    none = np.zeros((0, 2), np.float32)
    return Frame(1200, points, landscape, none, np.zeros((1, 1, 2), np.float32), 0.5, 0.9, 0.1)


def halves() -> np.ndarray:
    """Surely generated on the left, surely real on the right."""
    return np.repeat(np.linspace(0, 1, 64, dtype=np.float32)[None], 64, 0)


def test_blue_is_real_and_orange_generated_and_a_line_lies_between() -> None:
    picture = draw(a_frame(halves()), NOWHERE, PROBABILITY, 128)
    assert picture.shape == (128, 128, 3) and picture.dtype == np.uint8
    left, right = picture[64, 2].astype(int), picture[64, -3].astype(int)
    assert left[0] > left[2] + 50, "orange"
    assert right[2] > right[0] + 50, "blue"
    assert picture[64, 62:67].mean(1).min() < 60, "the line is dark"
    assert picture[64, 55].mean() > 200, "and pale is what is undecided"


def test_low_energies_are_real() -> None:
    picture = draw(a_frame(halves()), NOWHERE, OBJECTIVES["began"].reading, 128)
    left = picture[64, 2].astype(int)
    assert left[2] > left[0] + 50


def test_points_stand_where_they_are_up_being_up() -> None:
    flat = np.full((64, 64), 0.5, np.float32)
    points = np.array([[EXTENT / 2, EXTENT / 2]], np.float32)
    picture = draw(a_frame(flat, points), NOWHERE, PROBABILITY, 128).astype(int)
    orange = (picture[..., 0] - picture[..., 2]) > 100
    rows, columns = np.nonzero(orange)
    assert abs(rows.mean() - 32) < 1.5
    assert abs(columns.mean() - 95) < 1.5


def test_a_flat_landscape_can_be_drawn() -> None:
    flat = np.full((64, 64), 3.0, np.float32)
    assert draw(a_frame(flat), NOWHERE, OBJECTIVES["wgan"].reading, 64).shape == (64, 64, 3)
