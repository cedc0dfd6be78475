"""``sample`` and ``interpolate``: pictures from a generator."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image

from gan_core.data.table import DATASETS
from gan_core.images import pixels
from gan_core.latent import paths, vectors
from gan_core.networks.sampling import sample
from gan_core.runs import generators
from gan_core.runs.generators import open_generator
from tests.gan_core import helpers
from tests.gan_core.cli.commands import call, refused


def draw(checkpoint: Path, z: object) -> np.ndarray:
    return pixels.to_uint8(sample(open_generator(checkpoint).generator, z))  # type: ignore[arg-type]


def test_sample_writes_arrays(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("sample", checkpoint, "--n", "5", "--seed", "3", "--out", "samples.npy") == 0
    assert capsys.readouterr().out == "samples.npy\n"
    array = np.load("samples.npy", allow_pickle=False)
    assert array.dtype == np.uint8
    assert array.shape == (5, 8, 8, 1)
    assert np.array_equal(array, draw(checkpoint, vectors.noise(5, 4, 3)))


def test_sample_writes_grids(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("sample", checkpoint) == 0
    expected = pixels.grid(draw(checkpoint, vectors.noise(64, 4, 0)))
    assert np.array_equal(pixels.from_png(Path("grid.png").read_bytes()), expected)
    monkeypatch.setattr(generators, "CHECKPOINTS_DIR", checkpoint.parent)
    assert call("sample", "tiny", "--n", "64", "--seed", "0", "--out", "other.PNG") == 0
    assert Path("other.PNG").read_bytes() == Path("grid.png").read_bytes()


def test_sample_writes_single_pictures(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("sample", checkpoint, "--n", "3", "--seed", "3", "--out", "pictures/") == 0
    names = sorted(path.name for path in Path("pictures").iterdir())
    assert names == ["00000.png", "00001.png", "00002.png"]
    expected = draw(checkpoint, vectors.noise(3, 4, 3))
    assert np.array_equal(pixels.from_png(Path("pictures/00002.png").read_bytes()), expected[2])
    capsys.readouterr()
    assert "exists already" in refused(capsys, "sample", checkpoint, "--out", "pictures/")
    assert "there is no folder" in refused(capsys, "sample", checkpoint, "--out", "gone/a/")


def test_single_pictures_tell_their_class(tmp_path: Path) -> None:
    conditional = helpers.trained(tmp_path / "cgan", objective="cgan").path
    assert call("sample", conditional, "--n", "3", "--out", "pictures/") == 0
    names = sorted(path.name for path in Path("pictures").iterdir())
    assert names == ["00000-0.png", "00001-1.png", "00002-0.png"]


def test_many_samples_are_drawn_in_parts(checkpoint: Path) -> None:
    assert call("sample", checkpoint, "--n", "5000", "--out", "many.npy") == 0
    assert np.load("many.npy").shape == (5000, 8, 8, 1)


def test_interpolate_writes_a_strip(checkpoint: Path) -> None:
    arguments = ("--seeds", "1,2,3", "--steps", "4", "--method", "lerp", "--out", "strip.png")
    assert call("interpolate", checkpoint, *arguments) == 0
    keys = torch.cat([vectors.noise(1, 4, seed) for seed in (1, 2, 3)])
    frames = draw(checkpoint, paths.path(keys, 4, "lerp"))
    assert len(frames) == 9
    strip = pixels.from_png(Path("strip.png").read_bytes())
    assert np.array_equal(strip, pixels.grid(frames, columns=9))
    assert call("interpolate", checkpoint, "--steps", "4", "--out", "arc.png") == 0
    assert not np.array_equal(pixels.from_png(Path("arc.png").read_bytes()), strip)


@pytest.fixture(scope="module")
def conditional(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generator of two classes on uniform noise."""
    folder = tmp_path_factory.mktemp("runs") / "told"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS, "tiny", helpers.tiny_spec())
        return helpers.trained(folder, objective="cgan", noise="uniform").path


def drawn_as(checkpoint: Path, z: torch.Tensor, y: list[int]) -> np.ndarray:
    generator = open_generator(checkpoint).generator
    return pixels.to_uint8(sample(generator, z, torch.tensor(y)))


def test_balanced_samples_and_their_labels(
    conditional: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for extra in ((), ("--labels", "balanced")):
        assert call("sample", conditional, "--n", "5", "--out", "samples.npy", *extra) == 0
        assert capsys.readouterr().out == "samples.npy\n"
        labels = np.load("samples.labels.npy", allow_pickle=False)
        assert (labels.dtype, labels.tolist()) == (np.int64, [0, 1, 0, 1, 0])
        expected = drawn_as(conditional, vectors.noise(5, 4, 0, "uniform"), labels.tolist())
        assert np.array_equal(np.load("samples.npy"), expected)


def test_samples_of_one_class(conditional: Path) -> None:
    z = vectors.noise(5, 4, 3, "uniform")
    for label, index in (("1", 1), ("class 1", 1), ("Class 0", 0)):
        arguments = ("--n", "5", "--seed", "3", "--label", label, "--out")
        assert call("sample", conditional, *arguments, "some.npy") == 0
        assert np.load("some.labels.npy").tolist() == [index] * 5
        expected = drawn_as(conditional, z, [index] * 5)
        assert np.array_equal(np.load("some.npy"), expected)
        assert call("sample", conditional, *arguments, "some.png") == 0
        sheet = pixels.from_png(Path("some.png").read_bytes())
        assert np.array_equal(sheet, pixels.grid(expected))


def test_many_labelled_samples_are_drawn_in_parts(conditional: Path) -> None:
    assert call("sample", conditional, "--n", "4100", "--out", "many.npy") == 0
    assert np.load("many.npy").shape == (4100, 8, 8, 1)
    expected = drawn_as(conditional, vectors.noise(4100, 4, 0, "uniform"), [0, 1] * 2050)
    assert np.array_equal(np.load("many.npy"), expected)


def test_a_conditional_grid_has_a_column_for_each_class(conditional: Path) -> None:
    assert call("sample", conditional, "--n", "6", "--out", "sheet.png") == 0
    z, y, columns = vectors.sheet(6, 4, 0, "uniform", 2)
    assert (y is not None, columns) == (True, 2)
    expected = pixels.grid(pixels.to_uint8(sample(open_generator(conditional).generator, z, y)), 2)
    assert np.array_equal(pixels.from_png(Path("sheet.png").read_bytes()), expected)
    assert not list(Path().glob("*.npy"))


def test_a_grid_has_as_many_pictures_as_were_asked_for(conditional: Path) -> None:
    whole = pixels.grid(
        drawn_as(conditional, vectors.sheet(6, 4, 0, "uniform", 2).z, [0, 1] * 3), 2
    )
    for n, (height, width) in {1: (8, 8), 2: (8, 18), 3: (18, 18), 5: (28, 18)}.items():
        assert call("sample", conditional, "--n", str(n), "--out", "sheet.png") == 0
        sheet = pixels.from_png(Path("sheet.png").read_bytes())
        expected = whole[:height, :width].copy()
        if n % 2 and n > 1:
            expected[-8:, 10:] = 128  # nothing there
        assert np.array_equal(sheet, expected)


def test_a_key_point_is_the_first_picture_of_its_seed(checkpoint: Path) -> None:
    assert call("interpolate", checkpoint, "--seeds", "5,6", "--steps", "1", "--out", "w.png") == 0
    strip = pixels.from_png(Path("w.png").read_bytes())
    for n in (1, 3, 5):
        assert call("sample", checkpoint, "--n", str(n), "--seed", "5", "--out", "s.png") == 0
        sheet = pixels.from_png(Path("s.png").read_bytes())
        assert np.array_equal(sheet[:8, :8], strip[:8, :8])


def test_labels_of_an_earlier_sample_do_not_stay(checkpoint: Path, conditional: Path) -> None:
    assert call("sample", conditional, "--n", "5", "--out", "some.npy") == 0
    assert Path("some.labels.npy").is_file()
    assert call("sample", checkpoint, "--n", "5", "--out", "some.npy") == 0
    assert not Path("some.labels.npy").exists()


@pytest.mark.parametrize("again", ["checkpoint", "conditional"])
def test_a_sample_that_cannot_be_written_leaves_the_earlier_one_with_its_labels(
    conditional: Path,
    again: str,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert call("sample", conditional, "--n", "5", "--out", "some.npy") == 0
    before = {path: path.read_bytes() for path in Path().iterdir()}
    monkeypatch.setattr(os, "fsync", full)
    assert call("sample", request.getfixturevalue(again), "--n", "6", "--out", "some.npy") == 2
    assert {path: path.read_bytes() for path in Path().iterdir()} == before


def test_interpolate_stays_in_one_class(conditional: Path) -> None:
    keys = torch.cat([vectors.noise(1, 4, seed, "uniform") for seed in (1, 2)])
    walk = paths.path(keys, 4)
    for label, index in (((), 0), (("--label", "class 1"), 1)):
        assert call("interpolate", conditional, "--seeds", "1,2", "--steps", "4", *label) == 0
        expected = pixels.grid(drawn_as(conditional, walk, [index] * 5), columns=5)
        assert np.array_equal(pixels.from_png(Path("strip.png").read_bytes()), expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sample", "PLAIN", "--label", "1"], "tiny takes no labels, because its objective 'gan'"),
        (["sample", "PLAIN", "--labels", "balanced"], "tiny takes no labels"),
        (["interpolate", "PLAIN", "--label", "1"], "tiny takes no labels"),
        (
            ["sample", "TOLD", "--label", "2"],
            r"label is '2'; .* from 0 to 1 .* \(class 0, class 1\)\.",
        ),
        (["sample", "TOLD", "--label", "-1"], "label is '-1'; choose a class of told"),
        (["sample", "TOLD", "--label", "prime"], "label is 'prime'; choose a class of told"),
        (["interpolate", "TOLD", "--label", "9" * 5000], "label is '9"),
        (["sample", "TOLD", "--labels", "random"], "labels is 'random'; it must be balanced"),
        (["sample", "TOLD", "--label", "1", "--labels", "balanced"], "exclude each other"),
    ],
)
def test_labels_that_are_refused(
    capsys: pytest.CaptureFixture[str],
    checkpoint: Path,
    conditional: Path,
    arguments: list[str],
    message: str,
) -> None:
    places = {"PLAIN": str(checkpoint), "TOLD": str(conditional)}
    assert re.search(message, refused(capsys, *(places.get(word, word) for word in arguments)))
    assert not list(Path().iterdir())


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_interpolate_writes_animations(checkpoint: Path, kind: str) -> None:
    assert call("interpolate", checkpoint, "--seeds", "4, 5", "--out", f"walk.{kind}") == 0
    with Image.open(f"walk.{kind}") as film:
        assert film.format == kind.upper()
        assert getattr(film, "n_frames", 1) == 17
        assert film.size == (224, 224)


def test_interpolate_writes_an_mp4_at_a_scale(checkpoint: Path) -> None:
    arguments = ("--seeds", "4,5", "--steps", "4", "--out", "walk.mp4", "--scale", "3")
    assert call("interpolate", checkpoint, *arguments) == 0
    with av.open("walk.mp4", "r") as film:
        shapes = [(frame.height, frame.width) for frame in film.decode(video=0)]
    assert shapes == [(24, 24)] * 5


def test_interpolate_enlarges_a_strip(checkpoint: Path) -> None:
    arguments = ("--seeds", "4,5", "--steps", "4", "--scale", "2")
    assert call("interpolate", checkpoint, *arguments) == 0
    with Image.open("strip.png") as film:
        assert film.size == (2 * (5 * 10 - 2), 16)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sample", "CHECKPOINT", "--out", "a.jpg"], r"out is 'a\.jpg'; .* \.png or \.npy\."),
        (["sample", "CHECKPOINT", "--out", "gone/a.png"], "there is no folder 'gone'"),
        (["sample", "CHECKPOINT", "--out", "folder.png"], "which is a folder"),
        (["sample", "gone"], "'gone' is neither a folder nor a shipped checkpoint"),
        (["sample", "folder.png"], r"folder\.png is no run or checkpoint"),
        (["sample", "x" * 300], "too long for a name here|neither a folder"),
        (["interpolate", "CHECKPOINT", "--out", "a.npy"], r"\.png or \.gif or \.webp or \.mp4"),
        (
            ["interpolate", "CHECKPOINT", "--steps", "1000", "--out", "a.gif", "--scale", "32"],
            "take a scale of at most 22",
        ),
        (["interpolate", "CHECKPOINT", "--method", "cubic"], "choose one of slerp, lerp"),
        (["interpolate", "CHECKPOINT", "--seeds", "1"], "seeds is '1'; give two or more"),
        (["interpolate", "CHECKPOINT", "--seeds", "1,x"], "seeds is '1,x'; give two or more"),
        (["interpolate", "CHECKPOINT", "--seeds", "1,-2"], "seeds is '1,-2'; give two or more"),
        (["interpolate", "gone"], "'gone' is neither a folder nor a shipped checkpoint"),
    ],
)
def test_what_drawing_refuses(
    capsys: pytest.CaptureFixture[str], checkpoint: Path, arguments: list[str], message: str
) -> None:
    Path("folder.png").mkdir()
    words = [str(checkpoint) if word == "CHECKPOINT" else word for word in arguments]
    assert re.search(message, refused(capsys, *words))
    assert [path.name for path in Path().iterdir()] == ["folder.png"]
