"""Data sets read at the size that is asked for, fetched and looked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core.data.dataset import BUILT_IN, ImageData
from gan_core.data.loading import (
    default_data_dir,
    default_dataset,
    download,
    downloaded_bytes,
    load,
    on_disk,
)
from gan_core.data.table import DATASETS
from gan_core.errors import ConfigError, DataError, DownloadError
from tests.gan_core.data.files import is_present, write_mnist


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return load("digits", Path("nowhere"))


def test_channels_and_size_follow_the_request(digits: ImageData) -> None:
    coloured = load("digits", Path("nowhere"), channels=3)
    assert coloured.image_shape == (3, 28, 28)
    assert torch.equal(coloured.images[:, 2], digits.images[:, 0])
    assert load("digits", Path("nowhere"), image_size=16).image_shape == (1, 16, 16)


def test_equal_data_has_equal_fingerprints(digits: ImageData) -> None:
    assert load("digits", Path("elsewhere")).fingerprint == digits.fingerprint
    assert load("digits", Path("nowhere"), channels=3).fingerprint != digits.fingerprint


def test_the_part_kept_for_tests(tmp_path: Path) -> None:
    pixels = write_mnist(tmp_path)
    data = load("mnist", tmp_path, split="test")
    assert np.array_equal(data.images[:, 0].numpy(), 255 - pixels)
    assert data.fingerprint != load("mnist", tmp_path).fingerprint
    with pytest.raises(DataError, match="Bundled digits has no part kept for tests"):
        load("digits", tmp_path, split="test")


def test_a_data_set_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    for name in ("mnist", "fashion_mnist", "kmnist", "cifar10", "celeba"):
        assert not is_present(name, tmp_path)
        with pytest.raises(DataError) as refusal:
            load(name, tmp_path)
        message = str(refusal.value)
        assert DATASETS[name].title in message
        assert str(tmp_path) in message
        assert "GAN_DATA_DIR" in message
        assert "'digits'" in message
        assert "\n" not in message


def test_an_unknown_data_set_is_answered_with_all_known_ones(tmp_path: Path) -> None:
    for ask in (load, download):
        with pytest.raises(ConfigError, match="dataset is 'imagenet'; choose one of digits, mnist"):
            ask("imagenet", tmp_path)


def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DownloadError, match="MNIST could not be downloaded"):
        download("mnist", tmp_path / "file" / "data")


def test_what_is_bundled_needs_no_download(tmp_path: Path) -> None:
    for name in ("digits", "folder"):
        with pytest.raises(ConfigError, match=f"'{name}' needs no download"):
            download(name, tmp_path)


def test_bytes_that_have_arrived(tmp_path: Path) -> None:
    assert downloaded_bytes("mnist", tmp_path) == 0
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte.gz").write_bytes(b"12345")
    (raw / "train-images-idx3-ubyte").write_bytes(b"unpacked")
    assert downloaded_bytes("mnist", tmp_path) == 5
    (tmp_path / "celeba" / "img_align_celeba").mkdir(parents=True)
    for name in ("img_align_celeba.zipabcd.part", "identity_CelebA.txt"):
        (tmp_path / "celeba" / name).write_bytes(b"123")
    assert downloaded_bytes("celeba", tmp_path) == 6


def test_the_data_folder_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_DATA_DIR", "/elsewhere")
    assert default_data_dir() == Path("/elsewhere")
    for unset in ("", None):
        if unset is None:
            monkeypatch.delenv("GAN_DATA_DIR")
        else:
            monkeypatch.setenv("GAN_DATA_DIR", unset)
        assert default_data_dir() == Path("data")


def test_what_to_begin_with_needs_no_download(tmp_path: Path) -> None:
    assert default_dataset(tmp_path) == BUILT_IN
    assert not on_disk("mnist", tmp_path) and on_disk(BUILT_IN, tmp_path)
    write_mnist(tmp_path)
    assert default_dataset(tmp_path) == "mnist"
