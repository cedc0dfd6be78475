"""What is counted of a script and of a command that train in processes of their own."""

from __future__ import annotations

import pytest

from benchmarks.reference_loop import PictureDataset
from benchmarks.whole_command import speed
from tests.gan_core import helpers


def test_speed_is_that_of_the_time_after_the_first_second() -> None:
    moments = [(5.0, 10), (5.5, 20), (6.5, 100), (10.0, 800), (16.6, 1110), (20.0, 9999)]
    assert speed(iter(moments), 10.0) == pytest.approx((1110 - 100) / 10.1)
    with pytest.raises(SystemExit, match="ended before"):
        speed(iter(moments), 60.0)


def test_the_scripts_pictures_have_the_side_that_is_asked_for() -> None:
    data = helpers.tiny_data()
    for side, shape in ((0, data.image_shape), (20, (data.image_shape[0], 20, 20))):
        image, label = PictureDataset(data, side)[3]
        assert tuple(image.shape) == shape
        assert label == int(data.labels[3])
