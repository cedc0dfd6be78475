"""What torchvision downloads and reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torchvision.datasets

from gan_core.data.loading import download, load
from gan_core.data.table import DATASETS
from gan_core.errors import DataError, DownloadError
from tests.gan_core.data.files import is_present, write_mnist

CLASSES = {
    "mnist": "MNIST",
    "fashion_mnist": "FashionMNIST",
    "kmnist": "KMNIST",
    "cifar10": "CIFAR10",
}
NOWHERE = "http://127.0.0.1:9/"  # a port where nothing listens


def test_mnist_is_read_from_torchvisions_files(tmp_path: Path) -> None:
    pixels = write_mnist(tmp_path)
    assert is_present("mnist", tmp_path)
    data = load("mnist", tmp_path)
    assert np.array_equal(data.images[:, 0].numpy(), pixels)
    assert data.labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize("file", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
def test_a_damaged_file_is_an_error_in_words(tmp_path: Path, file: str) -> None:
    write_mnist(tmp_path)
    path = tmp_path / "MNIST" / "raw" / file
    whole = path.read_bytes()
    cut = (whole[:-1], whole[:7], b"")
    for content in (*cut, whole + b"more", bytes(len(whole)), b"\xff" * len(whole)):
        path.write_bytes(content)
        assert not is_present("mnist", tmp_path)
        with pytest.raises(DataError, match="MNIST cannot be read"):
            load("mnist", tmp_path)
    path.unlink()
    path.mkdir()
    assert not is_present("mnist", tmp_path)


@pytest.mark.parametrize("name", CLASSES)
def test_no_network_is_said_and_the_bundled_digits_are_offered(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = getattr(torchvision.datasets, CLASSES[name])
    monkeypatch.setattr(kind, "mirrors", [NOWHERE], raising=False)
    monkeypatch.setattr(kind, "url", NOWHERE, raising=False)
    with pytest.raises(DownloadError) as refusal:
        download(name, tmp_path / "data")
    message = str(refusal.value)
    assert message.startswith(f"{DATASETS[name].title} could not be downloaded")
    assert "network" in message
    assert "'digits'" in message
    assert not is_present(name, tmp_path / "data")


def test_a_damaged_copy_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path)
    (tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte").write_bytes(b"\0" * 20)
    folders: list[str] = []

    def fetch(self: torchvision.datasets.MNIST) -> None:
        if not self._check_exists():
            folders.append(self.raw_folder)
            Path(self.raw_folder).rmdir()
            write_mnist(tmp_path)

    monkeypatch.setattr(torchvision.datasets.MNIST, "download", fetch)
    download("mnist", tmp_path)
    assert len(folders) == 1
    assert is_present("mnist", tmp_path)
    download("mnist", tmp_path)
    assert len(folders) == 1


def test_what_is_there_outlives_a_download_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mnist(tmp_path)
    raw = tmp_path / "MNIST" / "raw"
    (raw / "t10k-labels-idx1-ubyte").unlink()
    whole = {path: path.read_bytes() for path in raw.iterdir()}
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [NOWHERE])
    with pytest.raises(DownloadError):
        download("mnist", tmp_path)
    assert {path: path.read_bytes() for path in raw.iterdir()} == whole
