"""CelebA as torchvision unpacks it."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest
import torch
import torchvision.datasets

from gan_core.data.loading import download, load
from gan_core.errors import DataError, DownloadError
from tests.gan_core.data.files import is_present, write_celeba


def test_celeba_is_read_from_torchvisions_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_celeba(tmp_path, monkeypatch)
    assert is_present("celeba", tmp_path)
    shares: list[float] = []
    data = load("celeba", tmp_path, progress=lambda share, what: shares.append(share))
    assert data.images.shape == (2, 3, 64, 64)
    assert data.images.dtype == torch.uint8
    assert data.labels.tolist() == [1, 0]
    assert data.classes == ("not smiling", "smiling")
    assert (shares[0], shares[-1]) == (0, 1)
    # cropped to the middle square, upright: white in its upper left quarter, red elsewhere
    red, green, blue = data.images[0].float()
    assert red.min() > 200
    for channel in (green, blue):
        assert channel[:28, :28].min() > 200
        assert channel[36:].max() < 50
        assert channel[:, 36:].max() < 50


def test_celebas_size_channels_and_test_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_celeba(tmp_path, monkeypatch)
    assert load("celeba", tmp_path, image_size=128).image_shape == (3, 128, 128)
    assert load("celeba", tmp_path, image_size=28, channels=1).image_shape == (1, 28, 28)
    assert len(load("celeba", tmp_path, split="test")) == 2


def test_a_celeba_that_is_incomplete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_celeba(tmp_path, monkeypatch)
    folder = tmp_path / "celeba"
    picture = folder / "img_align_celeba" / "000002.jpg"
    whole = picture.read_bytes()
    picture.write_bytes(whole[:600])
    with pytest.raises(DataError, match="CelebA faces cannot be read"):
        load("celeba", tmp_path)
    (folder / "img_align_celeba" / "000001.jpg").rename(folder / "aside.jpg")
    assert not is_present("celeba", tmp_path)  # though the last one is there
    (folder / "aside.jpg").rename(folder / "img_align_celeba" / "000001.jpg")
    picture.unlink()
    assert not is_present("celeba", tmp_path)
    with pytest.raises(DataError, match="CelebA faces cannot be read"):
        load("celeba", tmp_path)
    # what cannot be unpacked again is not thrown away
    with pytest.raises(DownloadError, match="celeba is incomplete"):
        download("celeba", tmp_path)
    assert (folder / "img_align_celeba" / "000001.jpg").is_file()
    (folder / "list_attr_celeba.txt").write_text("something else")
    assert not is_present("celeba", tmp_path)


def test_a_celeba_left_half_unpacked_is_unpacked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_celeba(tmp_path, monkeypatch)
    folder = tmp_path / "celeba"
    with ZipFile(folder / "img_align_celeba.zip", "w") as archive:
        for path in (folder / "img_align_celeba").iterdir():
            archive.write(path, f"img_align_celeba/{path.name}")
    (folder / "img_align_celeba" / "000002.jpg").unlink()
    monkeypatch.setattr(
        torchvision.datasets.celeba, "download_file_from_google_drive", lambda *arguments: None
    )
    download("celeba", tmp_path)
    assert is_present("celeba", tmp_path)
    assert len(load("celeba", tmp_path)) == 2
