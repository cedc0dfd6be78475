import dataclasses
import struct

import numpy as np
import pytest

from gan_core.errors import DataError
from gan_core.plane.frame import EXTENT, Frame, pack, unpack


def a_frame(**changes: object) -> Frame:
    frame = Frame(
        step=300,
        points=np.array([[0.5, -0.25], [1.0, -1.0], [0.0, 0.125]], np.float32),
        landscape=np.array([[-2.0, 6.0], [2.0, 0.0]], np.float32),
        arrows=np.array([[3.0, 4.0], [0.0, -2.5]], np.float32),
        sheet=np.array([[[0.0, 0.5], [0.25, 1.0]]], np.float32),
        level=0.5,
        on_real=0.75,
        on_generated=0.25,
        label=3,
        covered=(True, False, True),
        near=0.875,
        averaged=True,
        number=7,
    )
    return dataclasses.replace(frame, **changes)  # type: ignore[arg-type]


def test_a_message_holds_the_frame() -> None:
    frame = a_frame()
    message = pack(frame)
    assert len(message) == 64 + 2 * (3 * 2 + 2 * 2 + 2 * 2 + 1 * 2 * 2)
    again = unpack(message)
    for field in dataclasses.fields(Frame):
        expected, value = getattr(frame, field.name), getattr(again, field.name)
        if isinstance(expected, np.ndarray):
            np.testing.assert_allclose(value, expected, atol=2e-3, err_msg=field.name)
        else:
            assert value == expected, field.name


def test_the_bytes_lie_where_the_description_says() -> None:
    message = pack(a_frame())
    assert message[:4] == b"GSPF"
    assert struct.unpack_from("<II", message, 4) == (300, 7)
    assert struct.unpack_from("<5H", message, 12) == (3, 2, 2, 1, 2)
    assert struct.unpack_from("<h", message, 22) == (3,)
    assert struct.unpack_from("<7f", message, 24) == (-2.0, 6.0, 0.5, 0.75, 0.25, 5.0, 0.875)
    assert struct.unpack_from("<HHQ", message, 52) == (3, 1, 0b101)
    assert np.frombuffer(message, "<f2", 2, 64).tolist() == [0.5, -0.25]
    assert np.frombuffer(message, "<f2", 4, 64 + 12).tolist() == [0.0, 1.0, 0.5, 0.25]


def test_values_larger_than_float16_holds_keep_their_share() -> None:
    again = unpack(pack(a_frame(landscape=np.array([[0.0, 1e8], [5e7, 1e8]], np.float32))))
    np.testing.assert_allclose(again.landscape, [[0.0, 1e8], [5e7, 1e8]], rtol=1e-3)


def test_numbers_of_a_training_that_diverged_can_be_sent() -> None:
    nan, inf = float("nan"), float("inf")
    message = pack(
        a_frame(landscape=np.array([[nan, inf], [0.0, 1.0]]), on_real=nan, level=inf, near=nan)
    )
    again = unpack(message)
    assert np.isfinite(again.landscape).all()
    assert again.on_real == 0
    assert np.isnan(again.near)


def test_a_flat_landscape_and_no_arrows_are_no_division_by_zero() -> None:
    again = unpack(pack(a_frame(landscape=np.full((2, 2), 0.5), arrows=np.zeros((2, 2)))))
    assert again.landscape.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert not again.arrows.any()


@pytest.mark.parametrize("damage", [b"", b"GSP!" + bytes(80), pack(a_frame())[:-2]])
def test_what_is_no_whole_frame_is_refused_in_a_sentence(damage: bytes) -> None:
    with pytest.raises(DataError, match=r"frame of a training on points"):
        unpack(damage)


def test_a_landscape_reaches_from_edge_to_edge() -> None:
    places = Frame.places(5)
    assert places.tolist() == pytest.approx([-EXTENT, -EXTENT / 2, 0, EXTENT / 2, EXTENT])
