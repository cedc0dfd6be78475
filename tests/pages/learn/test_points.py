from __future__ import annotations

from gan_core.networks.table import ARCHITECTURES
from pages.learn.points import read_points


def test_every_point_has_an_opposite_of_its_own() -> None:
    opposites = [point.architecture for point in read_points().values()]
    assert len(set(opposites)) == len(opposites)
    assert set(opposites) < set(ARCHITECTURES)


def test_a_point_is_named_by_both_of_its_networks() -> None:
    point = read_points()["Strides"]
    assert point.versus == "strides against pooling and upsampling"
    assert point.title == "Strides against pooling and upsampling"
    assert point.names == ("Strides", "Pooling and upsampling")
