from __future__ import annotations

import io
import json
import math
import string
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core.errors import ConfigError
from gan_core.latent import directions, paths, vector_files, vectors
from tests.gan_core.helpers import random_states

SHARES = torch.tensor([0.0, 0.25, 0.5, 1.0])


def test_noise_follows_from_its_arguments_alone() -> None:
    before = random_states()
    z = vectors.noise(5, 3, seed=1)
    assert random_states() == before
    assert z.shape == (5, 3)
    torch.manual_seed(9)
    assert torch.equal(z, vectors.noise(5, 3, seed=1))
    assert not torch.equal(z, vectors.noise(5, 3, seed=2))
    many = vectors.noise(1000, 50, seed=0)
    assert many.mean().abs() < 0.02
    assert many.std().item() == pytest.approx(1, abs=0.02)


def test_uniform_noise_has_mean_zero_and_lies_between_minus_one_and_one() -> None:
    many = vectors.noise(1000, 50, seed=0, kind="uniform")
    assert many.mean().abs() < 0.011  # 4.2 standard errors: 1 / sqrt(3 * 50,000)
    assert many.std().item() == pytest.approx(1 / math.sqrt(3), abs=0.01)
    assert -1 <= many.min() < -0.999
    assert 0.999 < many.max() <= 1
    assert torch.equal(many, vectors.noise(1000, 50, seed=0, kind="uniform"))
    assert not torch.equal(many, vectors.noise(1000, 50, seed=1, kind="uniform"))


def test_a_sheet_without_classes_is_noise() -> None:
    sheet = vectors.sheet(12, 3, seed=4, kind="uniform")
    assert torch.equal(sheet.z, vectors.noise(12, 3, 4, "uniform"))
    assert (sheet.y, sheet.columns) == (None, None)


def test_a_sheet_with_classes_has_a_row_for_a_noise_vector_and_a_column_for_a_class() -> None:
    sheet = vectors.sheet(11, 3, seed=4, n_classes=5)
    assert sheet.columns == 5
    assert sheet.y is not None
    assert sheet.y.tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
    rows = vectors.noise(2, 3, 4)
    assert torch.equal(sheet.z, torch.stack([rows[0]] * 5 + [rows[1]] * 5))


def test_a_sheet_shows_at_most_so_many_classes_and_at_least_one_row() -> None:
    sheet = vectors.sheet(4, 3, seed=0, n_classes=50)
    assert sheet.columns == vectors.MAX_COLUMNS == 10
    assert sheet.y is not None
    assert sheet.y.tolist() == list(range(10))
    assert sheet.z.shape == (10, 3)
    assert bool((sheet.z == sheet.z[0]).all())


def test_truncation_scales() -> None:
    z = vectors.noise(2, 3, seed=0)
    assert torch.equal(vectors.truncate(z, 1), z)
    assert torch.equal(vectors.truncate(z, 0.5), z / 2)
    assert not vectors.truncate(z, 0).any()


def test_lerp_by_hand() -> None:
    points = paths.lerp(torch.tensor([0.0, 0.0]), torch.tensor([4.0, 2.0]), SHARES)
    assert points.tolist() == [[0, 0], [1, 0.5], [2, 1], [4, 2]]


def test_slerp_by_hand() -> None:
    # A quarter turn from length 1 to length 3: angles grow evenly, and so do lengths.
    points = paths.slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0]), SHARES)
    expected = [
        [length * math.cos(angle), length * math.sin(angle)]
        for length, angle in ((1, 0), (1.5, math.pi / 8), (2, math.pi / 4), (3, math.pi / 2))
    ]
    assert torch.allclose(points, torch.tensor(expected), atol=1e-6)


@pytest.mark.parametrize(
    ("a", "b"), [([0.0, 0.0], [1.0, 2.0]), ([1.0, 1.0], [2.0, 2.0]), ([1.0, 0.0], [-2.0, 0.0])]
)
def test_slerp_is_straight_where_the_arc_is_not_defined(a: list[float], b: list[float]) -> None:
    one, other = torch.tensor(a), torch.tensor(b)
    assert torch.allclose(paths.slerp(one, other, SHARES), paths.lerp(one, other, SHARES))


@pytest.mark.parametrize("method", paths.INTERPOLATIONS)
def test_a_path_passes_through_its_keys(method: str) -> None:
    keys = vectors.noise(3, 5, seed=0)
    walk = paths.path(keys, 4, method)
    assert walk.shape == (9, 5)
    assert torch.allclose(walk[[0, 4, 8]], keys, atol=1e-6)
    loop = paths.path(keys, 4, method, closed=True)
    assert loop.shape == (12, 5)
    assert torch.allclose(loop[[0, 4, 8]], keys, atol=1e-6)


def test_paths_that_cannot_be() -> None:
    keys = vectors.noise(3, 5, seed=0)
    with pytest.raises(ConfigError, match="at least 2 key points, not 1"):
        paths.path(keys[:1], 4)
    with pytest.raises(ConfigError, match="steps is 0; it must be 1 or more"):
        paths.path(keys, 0)
    with pytest.raises(ConfigError, match="method is 'cubic'; choose one of slerp, lerp"):
        paths.path(keys, 4, "cubic")


def test_arithmetic_takes_the_means_of_groups_of_any_size() -> None:
    a, b, c = (
        np.array([[2.0, 4], [4, 8]]),
        np.array([[1.0, 1]]),
        np.array([[0.0, 3], [0, 0], [3, 3]]),
    )
    # (3, 6) - (1, 1) + (1, 2)
    assert vectors.arithmetic(a, b, c).tolist() == [3, 7]


def test_principal_directions_find_what_moves_the_pictures() -> None:
    z = vectors.noise(400, 6, seed=0).numpy()
    pictures = np.stack([10 * z[:, 2], 3 * z[:, 4], 0 * z[:, 0]], axis=1).reshape(400, 1, 3, 1)
    found = directions.principal_directions(z, pictures, k=2)
    assert found.vectors.shape == (2, 6)
    assert np.linalg.norm(found.vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.abs(found.vectors).argmax(1).tolist() == [2, 4]
    assert found.explained.tolist() == pytest.approx([100 / 109, 9 / 109], abs=0.03)
    again = directions.principal_directions(z, pictures, k=2)
    assert np.array_equal(found.vectors, again.vectors)
    assert len(directions.principal_directions(z, pictures, k=50).vectors) == 3


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


# The point in an address


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
