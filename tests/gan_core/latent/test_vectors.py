"""Latent vectors: noise, grids of samples and truncation."""

from __future__ import annotations

import math

import pytest
import torch

from gan_core.latent import vectors
from gan_core.latent.points import MAX_COLUMNS
from tests.gan_core.helpers import random_states


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


@pytest.mark.parametrize("kind", ["normal", "uniform"])
@pytest.mark.parametrize("size", [1, 2, 7, 16, 100])
def test_a_vector_does_not_depend_on_how_many_are_drawn(size: int, kind: str) -> None:
    many = vectors.noise(130, size, seed=5, kind=kind)
    for n in (1, 2, 3, 15, 17, 64, 129):
        assert torch.equal(vectors.noise(n, size, seed=5, kind=kind), many[:n])


def test_noise_in_whole_sixteens_is_torchs_own() -> None:
    random = torch.Generator().manual_seed(5)
    assert torch.equal(vectors.noise(4, 100, seed=5), torch.randn(4, 100, generator=random))


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
    assert sheet.columns == MAX_COLUMNS == 10
    assert sheet.y is not None
    assert sheet.y.tolist() == list(range(10))
    assert sheet.z.shape == (10, 3)
    assert bool((sheet.z == sheet.z[0]).all())


def test_truncation_scales() -> None:
    z = vectors.noise(2, 3, seed=0)
    assert torch.equal(vectors.truncate(z, 1), z)
    assert torch.equal(vectors.truncate(z, 0.5), z / 2)
    assert not vectors.truncate(z, 0).any()
