"""Latent vectors as files and as text."""

from __future__ import annotations

import io
import json
import string
from pathlib import Path

import numpy as np
import pytest

from gan_core.errors import ConfigError
from gan_core.latent import vector_files, vectors


def test_files_of_latent_vectors() -> None:
    z = vectors.noise(1, 6, seed=3)[0].numpy()
    text = vector_files.to_json(z, checkpoint="gan-mnist", seed=3)
    assert json.loads(text)["checkpoint"] == "gan-mnist"
    assert np.array_equal(vector_files.from_file("z.json", text.encode(), 6), z)
    assert np.array_equal(vector_files.from_file("z.npy", vector_files.to_npy(z), 6), z)
    assert vector_files.from_file("list.json", b"[1, 2.5]", 2).tolist() == [1, 2.5]


def npy(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


def npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, z=np.zeros(2))
    return buffer.getvalue()


GIANT = npy(np.zeros(1)).replace(b"(1,), }" + b" " * 13, b"(10000000000000,), }")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("z.json", b"[1, 2, 3]", "holds 3 numbers; .* has 2"),
        ("z.npy", npy(np.zeros(3)), "holds 3 numbers; .* has 2"),
        ("z.json", b"[1, NaN]", "holds NaN or infinity"),
        ("z.json", b"[1, 1e99]", "holds NaN or infinity"),
        ("z.json", b"{}", "is no latent vector"),
        ("z.json", b"[[1, 2], [3]]", "is no latent vector"),
        ("z.json", b'["a", "b"]', "is no latent vector"),
        ("z.json", b"\xff\xfe", "is no latent vector"),
        ("z.json", b"[" * 100_000, "is no latent vector"),
        ("z.json", b"[1" + b"0" * 400 + b", 2]", "is no latent vector"),
        ("z.json", b"[true, false]", "is no latent vector"),
        ("z.json", b"[true, 0.5]", "is no latent vector"),
        ("z.json", b'["1", "2"]', "is no latent vector"),
        ("z.npy", npy(np.array([1j, 2])), "is no latent vector"),
        ("z.npy", npy(np.array([True, False])), "is no latent vector"),
        ("z.npy", npy(np.array(["2026-11-20", "2026-11-21"], "M8[D]")), "is no latent vector"),
        ("z.npy", npy(np.array([1, 2], "m8[s]")), "is no latent vector"),
        ("z.npy", npy(np.array(["1", "2"])), "is no latent vector"),
        ("z.npy", b"", "is no latent vector"),
        ("z.npy", b"\x93NUMPY", "is no latent vector"),
        ("z.npy", npy(np.zeros(2))[:-3], "is no latent vector"),
        ("z.npy", npz(), "is no latent vector"),
        ("z.npy", GIANT, "is no latent vector"),
        ("z.npy", b" " * 2_000_000, "is larger than a latent vector can be"),
    ],
)  # fmt: skip
def test_files_that_hold_no_latent_vector(name: str, content: bytes, message: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} {message}"):
        vector_files.from_file(name, content, 2)


def test_a_byte_order_mark_is_read() -> None:
    content = b"\xef\xbb\xbf" + vector_files.to_json(np.array([1.0, 2.0]), label=1).encode()
    assert vector_files.from_file("z.json", content, 2).tolist() == [1, 2]
    assert vector_files.label_from_file("z.json", content, 2) == 1


class Trap:
    """Something that, unpickled, makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_a_pickled_array_is_refused_unopened(tmp_path: Path) -> None:
    content = npy(np.array([Trap(tmp_path / "sprung")], dtype=object), allow_pickle=True)
    with pytest.raises(ConfigError, match="is no latent vector"):
        vector_files.from_file("z.npy", content, 1)
    assert not (tmp_path / "sprung").exists()
    np.load(io.BytesIO(content), allow_pickle=True)
    assert (tmp_path / "sprung").exists()  # the trap works, so the refusal is what kept it shut


def test_a_saved_vector_keeps_its_class() -> None:
    content = vector_files.to_json(np.zeros(2), label=7).encode()
    assert vector_files.label_from_file("z.json", content, 10) == 7
    assert vector_files.from_file("z.json", content, 2).tolist() == [0.0, 0.0]
    for bare in (vector_files.to_json(np.zeros(2)).encode(), b"[0, 0]"):
        assert vector_files.label_from_file("z.json", bare, 10) is None
    assert vector_files.label_from_file("z.npy", vector_files.to_npy(np.zeros(2)), 10) is None


@pytest.mark.parametrize("label", ["10", "-1", "1.0", "true", '"7"'])
def test_a_class_that_the_generator_does_not_have(label: str) -> None:
    content = f'{{"latent": [0, 0], "label": {label}}}'.encode()
    with pytest.raises(ConfigError, match=r"z\.json names the class .* go from 0 to 9"):
        vector_files.label_from_file("z.json", content, 10)


@pytest.mark.parametrize("size", [1, 2, 3, 64, 1024])
def test_a_point_in_an_address_comes_back_to_the_last_bit(size: int) -> None:
    z = vectors.noise(1, size, seed=3)[0].numpy() * 1e-3
    text = vector_files.to_text(z)
    assert set(text) <= set(string.ascii_letters + string.digits + "-_")
    back = vector_files.from_text(text, size)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, z)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "damaged"),
        ("A", "damaged"),
        ("AAAAA", "damaged"),
        ("AAAA", "damaged"),  # three bytes
        ("AACAPw==", "damaged"),
        ("AACA Pw", "damaged"),
        ("AACA+w", "damaged"),
        ("\u0661AAAAA", "damaged"),
        (
            vector_files.to_text(np.zeros(3)),
            "holds 3 numbers; this generator's latent vector has 2",
        ),
        (vector_files.to_text(np.array([0, np.nan])), "NaN or infinity"),
        (vector_files.to_text(np.array([0, -np.inf])), "NaN or infinity"),
    ],
)
def test_a_damaged_point_in_an_address_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        vector_files.from_text(text, 2)
