from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gan_core.latent import vector_files
from tests.pages.explore.screen import (
    button,
    state,
    upload,
)
from tests.pages.screen import open_page
from tests.tiny import train


@pytest.mark.parametrize("kind", ["json", "npy"])
def test_a_saved_vector_comes_back_to_the_last_bit(lab: Path, kind: str) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    at.number_input("explore_seed").set_value(7).run()
    state(at).point.move([0, 3], [1.3, -2.7])
    at.slider("explore_truncation").set_value(0.65).run()
    vector = state(at).point.vector
    content = (
        vector_files.to_json(vector).encode() if kind == "json" else vector_files.to_npy(vector)
    )
    button(at, "New random point")
    upload(at, f"point.{kind}", content)
    assert state(at).point.vector.tobytes() == vector.tobytes()
    assert at.slider("explore_truncation").value == 1.0
    assert state(at).point.coordinates == {}
    assert "Base: point." in at.text[0].value
    # The same file once more, after another point.
    button(at, "New random point")
    upload(at, f"point.{kind}", content)
    assert state(at).point.vector.tobytes() == vector.tobytes()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("short.json", json.dumps([1.0, 2.0]).encode(), "2 numbers"),
        ("words.json", b"hello", "no latent vector"),
        ("nan.json", json.dumps({"latent": [float("nan")] * 16}).encode(), "NaN"),
        ("broken.npy", b"\x93NUMPY", "no latent vector"),
    ],
)
def test_a_file_that_is_no_vector_is_refused(
    lab: Path, name: str, content: bytes, words: str
) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    before = state(at).point.vector
    upload(at, name, content)
    (error,) = at.error
    assert name in error.value and words in error.value
    np.testing.assert_array_equal(state(at).point.vector, before)


def test_a_loaded_vector_brings_its_class(lab: Path) -> None:
    train(lab / "runs", "told", steps=2, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/told")
    vector = vector_files.to_json(np.ones(16), label=6).encode()
    upload(at, "six.json", vector)
    assert at.segmented_control("class").value == "6"
    upload(at, "any.json", vector_files.to_json(np.zeros(16)).encode())
    assert at.segmented_control("class").value == "6"
    upload(at, "far.json", vector_files.to_json(np.ones(16), label=10).encode())
    assert "names the class 10" in at.error[0].value
    np.testing.assert_array_equal(state(at).point.vector, np.zeros(16))
