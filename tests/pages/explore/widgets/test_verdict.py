from __future__ import annotations

import numpy as np

from pages.explore.widgets.verdict.verdict import BINS, histogram


def test_values_are_counted_from_the_least_of_all_to_the_greatest() -> None:
    counted = histogram({"real": np.array([3.0, 1.0, 24.0]), "generated": np.array([0.0, 0.5])})
    assert (counted.low, counted.high) == (0, BINS)
    assert counted.bins["generated"] == [2] + [0] * (BINS - 1)
    assert counted.bins["real"] == [0, 1, 0, 1] + [0] * (BINS - 5) + [1]
    assert counted.values == {"real": [1, 3, 24], "generated": [0, 0.5]}


def test_a_probability_is_counted_from_0_to_1() -> None:
    counted = histogram({"real": np.array([0.5])}, (0.0, 1.0))
    assert (counted.low, counted.high) == (0, 1)
    assert counted.bins["real"].index(1) == BINS // 2


def test_what_is_no_number_is_left_out_and_one_value_has_room_around_it() -> None:
    counted = histogram({"real": np.array([2.0, np.nan, np.inf]), "generated": np.array([np.nan])})
    assert (counted.low, counted.high) == (1.5, 2.5)
    assert counted.values == {"real": [2], "generated": []}
    assert sum(counted.bins["real"]) == 1
    nothing = histogram({"real": np.array([np.nan])})
    assert (nothing.low, nothing.high) == (0, 1)
