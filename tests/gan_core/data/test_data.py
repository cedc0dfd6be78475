from __future__ import annotations

import hashlib
import struct
from itertools import chain, islice
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch
import torchvision.datasets
from PIL import Image
from scipy.io import savemat

from gan_core.data.dataset import Batches, ImageData, to_unit_range
from gan_core.data.loading import default_data_dir, download, downloaded_bytes, is_present, load
from gan_core.data.table import DATASETS
from gan_core.errors import ConfigError, DataError, DownloadError
from tests.gan_core.helpers import random_states, tiny_data

NOWHERE = "http://127.0.0.1:9/"  # a port where nothing listens


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return load("digits", Path("nowhere"))


def write_mnist(data_dir: Path, images: int = 3) -> np.ndarray:
    """MNIST's four files as torchvision unpacks them, with so many images in each split.

    The test images are the training images with black and white exchanged.
    """
    raw = data_dir / "MNIST" / "raw"
    raw.mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (images, 28, 28), dtype=np.uint8)
    header = struct.pack(">IIII", 0x803, images, 28, 28)
    labels = struct.pack(">II", 0x801, images) + bytes(i % 10 for i in range(images))
    for split, content in (("train", pixels), ("t10k", 255 - pixels)):
        (raw / f"{split}-images-idx3-ubyte").write_bytes(header + content.tobytes())
        (raw / f"{split}-labels-idx1-ubyte").write_bytes(labels)
    return pixels


def write_celeba(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, smiles: tuple[int, ...] = (1, -1, 1, 1)
) -> None:
    """CelebA's files as torchvision unpacks them, whose checksums it is told.

    Each picture has a red square in its middle with a white corner, and blue above and below, which
    the crop takes away. Those after the first two belong to the test split.
    """
    folder = data_dir / "celeba"
    pictures = folder / "img_align_celeba"
    pictures.mkdir(parents=True)
    names = [f"{number:06d}.jpg" for number in range(1, len(smiles) + 1)]
    for name in names:
        picture = Image.new("RGB", (178, 218), (0, 0, 255))
        picture.paste((255, 0, 0), (0, 20, 178, 198))
        picture.paste((255, 255, 255), (0, 20, 89, 109))
        picture.save(pictures / name, quality=95, subsampling=0)
    count = str(len(names))
    splits = [0 if index < 2 else 2 for index in range(len(names))]
    rows = list(zip(names, smiles, strict=True))
    files = {
        "list_attr_celeba.txt": [count, "Young Smiling", *(f"{n} -1 {s:2}" for n, s in rows)],
        "identity_CelebA.txt": [f"{name} 7" for name in names],
        "list_bbox_celeba.txt": [count, "image_id x", *(f"{name} 1 2 3 4" for name in names)],
        "list_landmarks_align_celeba.txt": [count, "lefteye_x", *(f"{name} 1" for name in names)],
        "list_eval_partition.txt": [f"{n} {s}" for n, s in zip(names, splits, strict=True)],
    }
    known = [("", "", "img_align_celeba.zip")]
    for name, lines in files.items():
        content = "".join(f"{line}\n" for line in lines).encode()
        (folder / name).write_bytes(content)
        known.append(("", hashlib.md5(content).hexdigest(), name))
    monkeypatch.setattr(torchvision.datasets.CelebA, "file_list", known)


def write_mat(data_dir: Path, **changes: np.ndarray | None) -> dict[str, np.ndarray]:
    """A mnist_all.mat with one row of zero, two of one and so on; None leaves an array out."""
    arrays = {}
    for split, offset in (("train", 0), ("test", 100)):
        for digit in range(10):
            rows = np.zeros((digit + 1, 784), np.uint8)
            rows[:, 1] = offset + digit  # the second pixel of the first line
            arrays[f"{split}{digit}"] = rows
    arrays |= changes  # type: ignore[arg-type]
    kept = {key: rows for key, rows in arrays.items() if rows is not None}
    savemat(data_dir / "mnist_all.mat", kept, do_compression=True)
    return kept


def write_picture(path: Path, colour: tuple[int, ...], mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (12, 8), colour).save(path)


def test_digits_need_no_files(digits: ImageData) -> None:
    assert is_present("digits", Path("nowhere"))
    assert len(digits) == 1797
    assert digits.image_shape == (1, 28, 28)
    assert digits.images.dtype == torch.uint8
    assert digits.labels.bincount().tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert digits.classes == tuple("0123456789")
    # White on black: the left edge is ground, the strokes reach full white.
    assert digits.images[:, :, :, 0].float().mean() < 5
    assert digits.images.max() == 255


def test_channels_and_size_follow_the_request(digits: ImageData) -> None:
    coloured = load("digits", Path("nowhere"), channels=3)
    assert coloured.image_shape == (3, 28, 28)
    assert torch.equal(coloured.images[:, 2], digits.images[:, 0])
    assert load("digits", Path("nowhere"), image_size=16).image_shape == (1, 16, 16)


def test_equal_data_has_equal_fingerprints(digits: ImageData) -> None:
    assert load("digits", Path("elsewhere")).fingerprint == digits.fingerprint
    assert load("digits", Path("nowhere"), channels=3).fingerprint != digits.fingerprint


def test_mnist_is_read_from_torchvisions_files(tmp_path: Path) -> None:
    pixels = write_mnist(tmp_path)
    assert is_present("mnist", tmp_path)
    data = load("mnist", tmp_path)
    assert np.array_equal(data.images[:, 0].numpy(), pixels)
    assert data.labels.tolist() == [0, 1, 2]


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
        with pytest.raises(DataError) as caught:
            load(name, tmp_path)
        message = str(caught.value)
        assert DATASETS[name].title in message
        assert str(tmp_path) in message
        assert "GAN_DATA_DIR" in message
        assert "'digits'" in message
        assert "\n" not in message


def test_a_truncated_file_is_an_error_in_words(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    path = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    whole = path.read_bytes()
    for content in (whole[:1000], whole[:20], whole[:10], b"", bytes(20), b"\xff" * 20):
        path.write_bytes(content)
        assert not is_present("mnist", tmp_path)
        with pytest.raises(DataError, match="MNIST cannot be read"):
            load("mnist", tmp_path)


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


def test_the_matlab_file(tmp_path: Path) -> None:
    write_mat(tmp_path)
    assert is_present("mat", tmp_path)
    for split, offset in (("train", 0), ("test", 100)):
        data = load("mat", tmp_path, split=split)  # type: ignore[arg-type]
        assert data.images.shape == (55, 1, 28, 28)
        assert data.labels.bincount().tolist() == list(range(1, 11))
        assert data.classes == tuple("0123456789")
        # a row of the array is a picture line by line
        assert torch.equal(data.images[:, 0, 0, 1].long(), data.labels + offset)
        assert data.images.flatten(1).count_nonzero(1).max() == 1


def test_a_matlab_file_that_is_not_there(tmp_path: Path) -> None:
    assert not is_present("mat", tmp_path)
    with pytest.raises(DataError, match=r"There is no mnist_all\.mat in .*'digits'") as caught:
        load("mat", tmp_path)
    assert str(tmp_path) in str(caught.value)
    with pytest.raises(ConfigError, match="'mat' needs no download"):
        download("mat", tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train3": None}, "is not MNIST: it has no array train3"),
        ({"train3": np.zeros((5, 700), np.uint8)}, r"train3 is uint8 of the shape \(5, 700\)"),
        ({"train3": np.zeros((0, 784), np.uint8)}, "train3 is uint8 of the shape"),
        ({"train3": np.zeros((5, 784))}, "train3 is float64 .* it must be uint8"),
    ],
)
def test_a_matlab_file_of_something_else(
    tmp_path: Path, changes: dict[str, np.ndarray | None], message: str
) -> None:
    write_mat(tmp_path, **changes)
    assert not is_present("mat", tmp_path)
    with pytest.raises(DataError, match=message) as caught:
        load("mat", tmp_path)
    assert "\n" not in str(caught.value)


def test_a_matlab_file_that_is_damaged(tmp_path: Path) -> None:
    write_mat(tmp_path)
    path = tmp_path / "mnist_all.mat"
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 4] ^= 0xFF
    for content in (whole[: len(whole) // 4], whole[:130], whole[:100], b"", b"no" * 400):
        path.write_bytes(content)
        assert not is_present("mat", tmp_path)
        with pytest.raises(DataError, match=r"damaged or no MATLAB file|has no array"):
            load("mat", tmp_path)
    path.write_bytes(flipped)
    with pytest.raises(DataError, match="damaged or no MATLAB file"):
        load("mat", tmp_path)
    path.write_bytes(whole[:-40])
    assert not is_present("mat", tmp_path)


def test_an_unknown_data_set_is_answered_with_all_known_ones(tmp_path: Path) -> None:
    for ask in (load, download):
        with pytest.raises(ConfigError, match="dataset is 'imagenet'; choose one of digits, mnist"):
            ask("imagenet", tmp_path)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "kmnist", "cifar10"])
def test_no_network_is_said_and_the_bundled_digits_are_offered(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = getattr(torchvision.datasets, DATASETS[name].torchvision_class or "")
    monkeypatch.setattr(kind, "mirrors", [NOWHERE], raising=False)
    monkeypatch.setattr(kind, "url", NOWHERE, raising=False)
    with pytest.raises(DownloadError) as caught:
        download(name, tmp_path / "data")
    message = str(caught.value)
    assert message.startswith(f"{DATASETS[name].title} could not be downloaded")
    assert "network" in message
    assert "'digits'" in message
    assert not is_present(name, tmp_path / "data")


def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DownloadError, match="MNIST could not be downloaded"):
        download("mnist", tmp_path / "file" / "data")


def test_a_damaged_copy_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path)
    (tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte").write_bytes(b"\0" * 20)
    asked: list[str] = []

    def fetch(self: torchvision.datasets.MNIST) -> None:
        if not self._check_exists():
            asked.append(self.raw_folder)
            Path(self.raw_folder).rmdir()
            write_mnist(tmp_path)

    monkeypatch.setattr(torchvision.datasets.MNIST, "download", fetch)
    download("mnist", tmp_path)
    assert len(asked) == 1
    assert is_present("mnist", tmp_path)
    download("mnist", tmp_path)
    assert len(asked) == 1


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


def test_a_folder_takes_its_classes_from_its_subfolders(tmp_path: Path) -> None:
    write_picture(tmp_path / "cats" / "a.png", (255, 0, 0))
    write_picture(tmp_path / "dogs" / "b.JPG", (0, 0, 255))
    (tmp_path / "dogs" / "notes.txt").write_text("no picture")
    data = load("folder", tmp_path, image_size=6)
    assert data.images.shape == (2, 3, 6, 6)
    assert data.classes == ("cats", "dogs")
    assert data.labels.tolist() == [0, 1]
    assert data.images[0].flatten(1).float().mean(1).tolist() == [255, 0, 0]
    assert data.skipped == ()
    assert load("folder", tmp_path.parent, folder=tmp_path.name).image_shape == (3, 64, 64)
    assert load("folder", Path("nowhere"), folder=str(tmp_path)).image_shape == (3, 64, 64)


def test_pictures_in_grey_and_with_transparency(tmp_path: Path) -> None:
    write_picture(tmp_path / "clear.png", (255, 0, 0, 0), "RGBA")
    write_picture(tmp_path / "grey.png", (200,), "L")
    data = load("folder", tmp_path, image_size=4, channels=1)
    assert data.images.shape == (2, 1, 4, 4)
    assert data.images[0].unique().tolist() == [255]  # on white
    assert data.images[1].unique().tolist() == [200]


def test_a_broken_picture_is_skipped_and_named(tmp_path: Path) -> None:
    write_picture(tmp_path / "good.png", (9, 9, 9))
    good = (tmp_path / "good.png").read_bytes()
    (tmp_path / "empty.png").touch()
    (tmp_path / "half.png").write_bytes(good[: len(good) // 2])
    data = load("folder", tmp_path, image_size=4)
    assert len(data) == 1
    assert [name.split(" ")[0] for name in data.skipped] == ["empty.png", "half.png"]


def test_folders_that_hold_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="gone is not a folder"):
        load("folder", tmp_path, folder="gone")
    with pytest.raises(DataError, match=r"holds no pictures; put .*\.png"):
        load("folder", tmp_path)
    (tmp_path / "broken.png").write_text("no picture")
    with pytest.raises(DataError, match=r"None of the 1 pictures .* can be read: broken\.png"):
        load("folder", tmp_path)


def numbered(images: int) -> ImageData:
    """Images that are their own numbers."""
    pictures = torch.arange(images, dtype=torch.uint8).view(-1, 1, 1, 1)
    return ImageData("numbered", pictures, torch.arange(images), (), "")


def numbers(batches: Batches, count: int, start: int = 0) -> list[list[int]]:
    return [labels.tolist() for _, labels in islice(batches.starting_at(start), count)]


def test_every_image_comes_once_an_epoch_in_a_new_order() -> None:
    batches = Batches(numbered(24), 6, seed=1)
    drawn = numbers(batches, 12)
    epochs = [list(chain(*drawn[i : i + 4])) for i in (0, 4, 8)]
    assert all(sorted(epoch) == list(range(24)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_an_incomplete_last_batch_is_left_out() -> None:
    drawn = numbers(Batches(numbered(25), 6, seed=1), 4)
    assert len(set(chain(*drawn))) == 24


def test_batches_go_on_in_the_middle_of_an_epoch() -> None:
    batches = Batches(numbered(24), 6, seed=1)
    drawn = numbers(batches, 12)
    for start in range(12):
        assert numbers(batches, 12 - start, start) == drawn[start:]


def test_the_order_follows_from_the_seed_alone() -> None:
    before = random_states()
    drawn = numbers(Batches(numbered(24), 6, seed=1), 8)
    assert random_states() == before
    torch.manual_seed(5)
    assert numbers(Batches(numbered(24), 6, seed=1), 8) == drawn
    assert numbers(Batches(numbered(24), 6, seed=2), 8) != drawn


def test_fewer_images_than_a_batch_are_repeated() -> None:
    drawn = numbers(Batches(numbered(5), 12, seed=1), 3)
    assert all(len(batch) == 12 and set(batch) == set(range(5)) for batch in drawn)


def test_images_and_labels_stay_together() -> None:
    data = tiny_data()
    images, labels = next(iter(Batches(data, 8, seed=0)))
    assert images.dtype == torch.float32
    for image, label in zip(images, labels, strict=True):
        same = [i for i in range(len(data)) if torch.equal(to_unit_range(data.images[i]), image)]
        assert [int(data.labels[i]) for i in same] == [int(label)]


def test_the_unit_range() -> None:
    assert to_unit_range(torch.tensor([0, 255], dtype=torch.uint8)).tolist() == [-1, 1]
