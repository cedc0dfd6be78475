from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import onnxruntime
import pytest
import torch
import torchvision.datasets
from PIL import Image

from gan_core import catalog, presets
from gan_core.cli.main import main
from gan_core.config import SETTINGS
from gan_core.data.table import DATASETS
from gan_core.errors import GanError
from gan_core.images import pixels
from gan_core.latent import paths, vectors
from gan_core.networks.sampling import sample
from gan_core.objectives.base import Batch, CriticCall, Loss
from gan_core.objectives.classic import NonSaturatingGAN
from gan_core.objectives.table import OBJECTIVES
from gan_core.quality.digit_classifier import open_classifier
from gan_core.runs import generators
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import load_training, open_generator
from gan_core.runs.store import RunStore
from gan_core.training import doctor, findings
from tests.gan_core import helpers
from tests.gan_core.data.files import write_mnist
from tests.gan_core.helpers import differences

ROOT = Path(__file__).resolve().parents[3]
TINY = ["dataset=tiny", "architecture=mlp-small", "latent_dim=4", "batch_size=8", "log_every=2"]
LOG_LINE = re.compile(
    r"\[\d+/\d+\]\[\d+/\d+\] Loss_D \d+\.\d{3} Loss_G \d+\.\d{3} "
    r"D\(x\) \d\.\d{3} D\(G\(z\)\) \d\.\d{3} / \d\.\d{3}"
)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GAN_DATA_DIR", raising=False)
    monkeypatch.delenv("GAN_RUNS_DIR", raising=False)


def call(*arguments: str | Path) -> int:
    """The exit code."""
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    assert isinstance(caught.value.code, int)
    return caught.value.code


def train(*arguments: str, steps: int = 6) -> int:
    return call("train", "digits", "--device", "cpu", "--set", f"steps={steps}", *TINY, *arguments)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The one sentence that answers what cannot be done, with exit code 2."""
    assert call(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    return err.strip()


# train


def test_train_prints_lines_and_the_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert train() == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\S+: 40 images, 6 steps, CPU, 1 thread", lines[0])
    assert all(LOG_LINE.fullmatch(line) for line in lines[1:-1])
    assert [line.split(" ")[0] for line in lines[1:-1]] == [
        "[1/2][2/5]",
        "[1/2][4/5]",
        "[2/2][1/5]",
    ]
    run = RunFolder(Path(lines[-1]))
    assert run.path.parent == Path("runs")
    assert run.status().phase == "finished"
    assert run.config().preset == "digits"
    open_generator(run.path)


def test_options_of_train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert train("--runs-dir", "elsewhere", "--seed", "5", "--set", "beta1=0.25") == 0
    (run,) = RunStore(tmp_path / "elsewhere").list()
    config = run.config()
    assert (config.seed, config.beta1, config.lr_g) == (5, 0.25, presets.digits().lr_g)
    monkeypatch.setenv("GAN_RUNS_DIR", "from-environment")
    assert train() == 0
    assert len(RunStore(tmp_path / "from-environment").list()) == 1


def test_every_key_is_set_on_its_own_or_in_a_row(tmp_path: Path) -> None:
    words = [w for setting in TINY for w in ("--set", setting)]
    assert call("train", *words, "digits", "--set", "epochs=1", "batch_size=20") == 0
    (run,) = RunStore(tmp_path / "runs").list()
    assert (run.config().steps, run.config().batch_size) == (2, 20)


def test_a_bar_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    assert train() == 0
    out = capsys.readouterr().out
    assert "6/6" in out
    assert "images/s" in out
    assert re.search(r"D \d\.\d{3}  G \d\.\d{3}", out)
    assert not LOG_LINE.search(out)
    assert out.splitlines()[-1].startswith("runs/")


def test_resume_by_name_and_by_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(steps=10)
    train(steps=4)
    whole, run = RunStore(tmp_path / "runs").list()
    capsys.readouterr()
    assert call("train", "--resume", run.name, "--set", "steps=6") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" ")[0] for line in lines[1:-1]] == ["[2/2][1/5]"]  # nothing twice
    assert call("train", "--resume", f"runs/{run.name}", "--set", "steps=8") == 0
    assert call("train", "--runs-dir", "other", "--resume", run.path, "steps=10") == 0
    one, other = load_training(whole, helpers.CPU), load_training(run, helpers.CPU)
    assert set(differences(one, other)) == {"seconds"}


def test_what_resume_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(steps=4)
    (run,) = RunStore(tmp_path / "runs").list()
    capsys.readouterr()
    resume = ("train", "--resume", run.name)
    assert "has done all its 4 steps" in refused(capsys, *resume)
    message = refused(capsys, *resume, "--set", "steps=9", "lr_g=0.5", "--seed", "3")
    assert message.startswith(f"lr_g, seed cannot change when {run.name} is resumed")
    assert refused(capsys, *resume, "gan-mnist").startswith("preset cannot change")
    assert "'gone'" in refused(capsys, "train", "--resume", "gone")
    (tmp_path / "empty").mkdir()
    assert "empty is no run or checkpoint" in refused(capsys, "train", "--resume", "empty")
    (run.path / "training.pt").unlink()
    message = refused(capsys, *resume, "--set", "steps=9")
    assert message == f"{run.name} cannot be resumed: it has no training.pt."
    assert call("train", "--resume", run.name, "digits", "--set", "steps=9") == 2
    assert "preset" not in capsys.readouterr().err


def test_fork(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train("save_every=2", steps=6)
    (parent,) = RunStore(tmp_path / "runs").list()
    capsys.readouterr()
    assert call("fork", parent.name, "--at", "4", "--device", "cpu", "--set", "lr_g=0.5") == 0
    child = RunFolder(Path(capsys.readouterr().out.splitlines()[-1]))
    assert (child.info().parent, child.info().forked_at) == (parent.name, 4)
    assert (child.config().lr_g, child.status().step) == (0.5, 6)
    again = ("fork", f"runs/{parent.name}", "--device", "cpu")
    assert call(*again, "--set", "steps=7", "lr_d=0.5") == 0
    child = RunFolder(Path(capsys.readouterr().out.splitlines()[-1]))
    assert (child.info().forked_at, child.status().step) == (6, 7)
    assert "has done all its 6 steps; set steps to more" in refused(capsys, *again)
    message = refused(capsys, *again, "--at", "3")
    assert message == f"at is 3; {parent.name} keeps the states of steps 0, 2, 4, 6."
    assert "latent_dim cannot change" in refused(capsys, *again, "--set", "latent_dim=9")
    assert refused(capsys, "fork", "lr_g=1").startswith("Give the run that is to be forked")
    assert len(RunStore(tmp_path / "runs").list()) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], r"preset is 'nonsense'; choose one of gan-mnist, .*digits\."),
        ([], r"Give a preset \(gan-mnist, .*\), or --resume RUN\."),
        (["digits", "gan-mnist"], "one preset is trained at a time, not digits and gan-mnist"),
        (["digits", "--set", "lr_g=7"], r"lr_g is 7\.0; it must be a number from 0 to 1\."),
        (["digits", "--set", "speed=7"], "'speed' is not a setting; the settings are .*lr_g"),
        (["digits", "--set", "steps"], "'steps' is not of the form key=value"),
        (["digits", "--set", "dataset=cats"], "dataset is 'cats'; choose one of digits, mnist"),
        (["digits", "--set", "architecture=x"], "architecture is 'x'; choose one of mlp"),
        (["digits", "--set", "objective=x"], "objective is 'x'; choose one of gan"),
        (["digits", "--set", "image_size=9"], "image_size is 9; .*28 x 28"),
        (["digits", "--seed", "-1"], "seed is -1; it must be a number from 0 to 2,147,483,647"),
        (["digits", "--device", "tpu"], "device is 'tpu'; choose one of auto, cpu, cuda"),
        (["gan-mnist", "--data-dir", "gone"], "MNIST cannot be read from gone .*'digits'"),
    ],
)
def test_what_train_refuses(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], message: str
) -> None:
    assert re.match(message, refused(capsys, "train", *arguments))
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())


def test_a_training_that_fails_ends_with_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Poison(NonSaturatingGAN):
        def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
            loss = super().g_loss(critic, real, fake)
            return Loss(loss.total * float("inf"), loss.parts)

    monkeypatch.setitem(OBJECTIVES, "poison", Poison)
    assert train("objective=poison") == 1
    out, err = capsys.readouterr()
    assert re.match("[dg]/loss became NaN or infinite at step 2: ", err)
    assert "Traceback" not in err
    assert RunFolder(Path(out.splitlines()[-1])).status().phase == "failed"


def test_skipped_pictures_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (8, 8), 9).save(tmp_path / "good.png")
    (tmp_path / "broken.png").write_text("no picture")
    assert train("dataset=folder", "image_size=8", "--data-dir", str(tmp_path)) == 0
    assert "skipped: broken.png" in capsys.readouterr().err


# Processes that are killed and interrupted


def pictures(folder: Path) -> Path:
    """A folder of pictures, which a process reads faster than the digits."""
    folder.mkdir()
    for number, picture in enumerate(helpers.tiny_data(40).images.permute(0, 2, 3, 1).numpy()):
        (folder / f"{number:02}.png").write_bytes(pixels.png(picture))
    return folder


def process(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gan_core", "train", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_step(root: Path, step: int, worker: subprocess.Popen[str]) -> RunFolder:
    """The one run in the store, once its curves have come so far."""
    deadline = time.monotonic() + 120
    while True:
        for run in RunStore(root).list():
            if max((row["step"] for row in run.rows()), default=-1) >= step:
                return run
        assert worker.poll() is None, worker.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_training_that_is_killed_again_and_again_ends_with_the_same_weights(
    tmp_path: Path,
) -> None:
    changes = {
        "dataset": "folder", "folder": str(pictures(tmp_path / "pictures")), "image_size": 8,
        "channels": 1, "steps": 300, "log_every": 3, "sample_every": 5, "save_every": 7,
    }  # fmt: skip
    settings = helpers.tiny_config(**changes).to_dict()
    del settings["epochs"], settings["preset"]
    words = [f"{key}={value}" for key, value in settings.items()]
    command: list[str | Path] = ["digits", "--set", *words, "--runs-dir", tmp_path / "runs"]
    chance = random.Random(2)
    for earliest in (20, 110, 200):
        worker = process(*command)
        run = wait_for_step(tmp_path / "runs", earliest + chance.randrange(50), worker)
        time.sleep(chance.random() * 0.03)
        worker.kill()
        worker.communicate()
        assert worker.returncode == -signal.SIGKILL
        assert sample(open_generator(run.path).generator, vectors.noise(2, 4, 0)).isfinite().all()
        assert 0 <= load_training(run, helpers.CPU)["step"] < 300
        command = ["--resume", run.path]
    helpers.finish(helpers.resume(run.path))
    (tmp_path / "whole").mkdir()
    whole = helpers.trained(tmp_path / "whole" / run.name, **changes, preset="digits")
    one, other = (load_training(each, helpers.CPU) for each in (run, whole))
    assert set(differences(one, other)) == {"seconds"}
    assert run.grids() == whole.grids()
    kept, expected = run.curves(), whole.curves()
    assert all(np.array_equal(kept[name], expected[name]) for name in expected if name != "seconds")


def test_an_interrupted_training_is_saved_and_says_how_to_go_on(tmp_path: Path) -> None:
    settings = ["architecture=mlp-small", "image_size=8", "batch_size=8", "log_every=3"]
    folder = pictures(tmp_path / "pictures")
    worker = process(
        "digits", "--set", "dataset=folder", f"folder={folder}", "steps=1000000", *settings
    )
    run = wait_for_step(Path("runs"), 30, worker)
    worker.send_signal(signal.SIGINT)
    out, err = worker.communicate(timeout=60)
    assert worker.returncode == 130
    assert "Traceback" not in err
    status = run.status()
    assert status.phase == "stopped"
    assert load_training(run, helpers.CPU)["step"] == status.step >= 30
    assert f"Saved at step {status.step:,}." in err
    assert f"python -m gan_core train --resume {run.path}" in err
    lines = out.splitlines()
    assert lines[-1] == str(run.path)
    assert all(LOG_LINE.fullmatch(line) for line in lines[1:-1])
    assert call("train", "--resume", run.path, "--set", f"steps={status.step + 2}") == 0


def severe(*history: object) -> tuple[findings.Finding, ...]:
    """What the doctor finds where everything collapsed at once."""
    return (findings.Finding("collapse", "Mode collapse", "severe", 3, "One.", "It is.", "Do."),)


def test_the_doctor_stops_a_training_that_it_may_stop(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "examine", severe)
    assert train("--may-act", "stop", steps=1_000_000) == 130
    out, err = capsys.readouterr()
    status = RunFolder(Path(out.splitlines()[-1])).status()
    assert (status.phase, status.may_act) == ("stopped", "stop")
    assert f"The doctor stopped the training at step {status.step:,}: Mode collapse" in err
    assert "Doctor: Mode collapse (severe, since step 3). One. Do." in err


def test_the_doctor_only_tells_where_it_may_do_no_more(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "examine", severe)
    assert train() == 0
    assert "Doctor: Mode collapse" in capsys.readouterr().err
    assert "stop, rollback" in refused(capsys, "train", "digits", "--may-act", "heal")


# sample and interpolate


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS, "tiny", helpers.tiny_spec())
        return helpers.trained(folder).path


def drawn(checkpoint: Path, z: object) -> np.ndarray:
    return pixels.to_uint8(sample(open_generator(checkpoint).generator, z))  # type: ignore[arg-type]


def test_sample_writes_arrays(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("sample", checkpoint, "--n", "5", "--seed", "3", "--out", "samples.npy") == 0
    assert capsys.readouterr().out == "samples.npy\n"
    array = np.load("samples.npy", allow_pickle=False)
    assert array.dtype == np.uint8
    assert array.shape == (5, 8, 8, 1)
    assert np.array_equal(array, drawn(checkpoint, vectors.noise(5, 4, 3)))


def test_sample_writes_grids(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("sample", checkpoint) == 0
    expected = pixels.grid(drawn(checkpoint, vectors.noise(64, 4, 0)))
    assert np.array_equal(pixels.from_png(Path("grid.png").read_bytes()), expected)
    monkeypatch.setattr(generators, "CHECKPOINTS_DIR", checkpoint.parent)
    assert call("sample", "tiny", "--n", "64", "--seed", "0", "--out", "other.PNG") == 0
    assert Path("other.PNG").read_bytes() == Path("grid.png").read_bytes()


def test_many_samples_are_drawn_in_parts(checkpoint: Path) -> None:
    assert call("sample", checkpoint, "--n", "5000", "--out", "many.npy") == 0
    assert np.load("many.npy").shape == (5000, 8, 8, 1)


def test_interpolate_writes_a_strip(checkpoint: Path) -> None:
    arguments = ("--seeds", "1,2,3", "--steps", "4", "--method", "lerp", "--out", "strip.png")
    assert call("interpolate", checkpoint, *arguments) == 0
    keys = torch.cat([vectors.noise(1, 4, seed) for seed in (1, 2, 3)])
    frames = drawn(checkpoint, paths.path(keys, 4, "lerp"))
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
    with Image.open(f"walk.{kind}") as opened:
        assert opened.format == kind.upper()
        assert getattr(opened, "n_frames", 1) == 17
        assert opened.size == (224, 224)


def test_interpolate_writes_an_mp4_at_a_scale(checkpoint: Path) -> None:
    arguments = ("--seeds", "4,5", "--steps", "4", "--out", "walk.mp4", "--scale", "3")
    assert call("interpolate", checkpoint, *arguments) == 0
    with av.open("walk.mp4", "r") as opened:
        shapes = [(frame.height, frame.width) for frame in opened.decode(video=0)]
    assert shapes == [(24, 24)] * 5


def test_interpolate_enlarges_a_strip(checkpoint: Path) -> None:
    arguments = ("--seeds", "4,5", "--steps", "4", "--scale", "2")
    assert call("interpolate", checkpoint, *arguments) == 0
    with Image.open("strip.png") as opened:
        assert opened.size == (2 * (5 * 10 - 2), 16)


def test_onnx(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("onnx", checkpoint, "--out", "tiny.onnx") == 0
    assert capsys.readouterr().out.strip() == "tiny.onnx"
    session = onnxruntime.InferenceSession("tiny.onnx")
    (z,) = session.get_inputs()
    (made,) = session.run(None, {"z": np.zeros((2, z.shape[1]), np.float32)})
    assert made.shape == (2, 1, 8, 8)
    assert "must end in .onnx" in refused(capsys, "onnx", checkpoint, "--out", "tiny.pt")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sample", "CHECKPOINT", "--out", "a.jpg"], r"out is 'a\.jpg'; .* \.png or \.npy\."),
        (["sample", "CHECKPOINT", "--out", "gone/a.png"], "there is no folder 'gone'"),
        (["sample", "CHECKPOINT", "--out", "folder.png"], "which is a folder"),
        (["sample", "gone"], "'gone' is neither a folder nor a shipped checkpoint"),
        (["sample", "folder.png"], r"folder\.png is no run or checkpoint"),
        (["sample", "x" * 300], "cannot be used|neither a folder"),
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


def test_a_write_that_fails_is_a_sentence(
    capsys: pytest.CaptureFixture[str], checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("grid.png").write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert refused(capsys, "sample", checkpoint) == (
        "A file cannot be used (No space left on device)."
    )
    assert Path("grid.png").read_text() == "old"


# evaluate


def test_evaluate_measures_a_run_and_the_same_pictures_from_a_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert train("dataset=digits", "measure_every=0") == 0
    run = Path(capsys.readouterr().out.splitlines()[-1])
    assert call("evaluate", run.name, "--n", "60", "--seed", "5", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["dataset"], told["samples"], told["seed"]) == ("digits", 60, 5)
    assert told["ceiling"]["fd"] == pytest.approx(0, abs=1e-6)
    assert told["result"]["fd"] > 1 > told["result"]["coverage"]
    assert not (run / "evaluation.json").exists()  # too few samples to keep

    assert call("sample", run, "--n", "60", "--seed", "5", "--out", "samples.npy") == 0
    capsys.readouterr()
    assert call("evaluate", "samples.npy", "--dataset", "digits", "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert again["result"]["readable"] == told["result"]["readable"]
    assert again["result"]["fd"] == pytest.approx(told["result"]["fd"], rel=0.05)

    assert call("evaluate", run.name, "--n", "60") == 0
    assert "digit-classifier features" in capsys.readouterr().out


def test_what_evaluate_refuses(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken.npy").write_bytes(b"no array")
    assert "--dataset" in refused(capsys, "evaluate", "broken.npy")
    assert "broken.npy" in refused(capsys, "evaluate", "broken.npy", "--dataset", "digits")
    assert "'gone'" in refused(capsys, "evaluate", "gone")
    assert "'nothing'" in refused(capsys, "evaluate", checkpoint, "--dataset", "nothing")


# export, list, download, help


def test_export(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("export", checkpoint, "--out", "shared", "--grids", "2") == 0
    assert capsys.readouterr().out == "shared\n"
    shared = RunFolder(Path("shared"))
    assert (shared.resumable, len(shared.grids())) == (False, 2)
    assert call("sample", "shared") == 0
    capsys.readouterr()
    assert "exists already" in refused(capsys, "export", checkpoint, "--out", "shared")
    assert "'gone'" in refused(capsys, "export", "gone", "--out", "other")


@pytest.mark.parametrize("table", catalog.TABLES)
def test_list(capsys: pytest.CaptureFixture[str], table: str) -> None:
    names = [name for name in catalog.TABLES[table] if name != "tiny"]
    assert call("list", table) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines if not line.startswith("tiny")] == names
    assert call("list", table, "--json") == 0
    entries = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in entries if entry["name"] != "tiny"] == names
    assert all(entry["title"] and entry["source"] for entry in entries)
    if table == "presets":
        assert all(set(entry["settings"]) == set(SETTINGS) for entry in entries)


def test_train_classifier(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ("train-classifier", "--out", "judge", "--epochs", "1", "--seed", "3")
    assert "MNIST cannot be read from data" in refused(capsys, *command)
    assert not Path("judge").exists()
    write_mnist(tmp_path / "data", images=200)
    assert call(*command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\d+\.\d\d% of 200 test images named correctly", lines[0])
    assert lines[1] == "judge"
    facts = open_classifier(Path("judge")).facts
    assert (facts.seed, facts.steps, facts.test_images) == (3, 1, 200)
    Path("file").touch()
    assert "which is a file" in refused(capsys, "train-classifier", "--out", "file")


def test_download_says_how_it_went(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])
    message = refused(capsys, "download", "mnist", "--data-dir", "data")
    assert message.startswith("MNIST could not be downloaded")
    assert "'digits'" in message
    assert "needs no download" in refused(capsys, "download", "digits")
    assert "dataset is 'cats'; choose one of digits" in refused(capsys, "download", "cats")

    def fetch(self: torchvision.datasets.MNIST) -> None:
        (Path(self.raw_folder) / "all.gz").parent.mkdir(parents=True, exist_ok=True)
        (Path(self.raw_folder) / "all.gz").write_bytes(bytes(11_594_722))
        time.sleep(0.5)

    monkeypatch.setattr(torchvision.datasets.MNIST, "download", fetch)
    monkeypatch.setattr(torchvision.datasets.MNIST, "_check_exists", lambda self: True)
    monkeypatch.setattr(torchvision.datasets.MNIST, "_load_data", lambda self: (0, 0))
    assert call("download", "mnist") == 0
    assert capsys.readouterr().out.splitlines() == ["MNIST: 100% of 12 MB", "MNIST is in data."]


@pytest.mark.parametrize(
    "command",
    ["train", "sample", "interpolate", "export", "onnx", "list", "download", "train-classifier"],
)
def test_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert call(command, "--help") == 0
    assert "Usage:" in capsys.readouterr().out
    assert call(command, "--nonsense") == 2
    assert "--nonsense" in capsys.readouterr().err
    assert call("--help") == 0
    assert command in capsys.readouterr().out


def test_help_and_presets_load_no_torch() -> None:
    code = (
        "import sys\nfrom gan_core.cli.main import main\n"
        "for words in ('--help', 'train --help', 'list presets', 'list datasets'):\n"
        "    try: main(words.split())\n"
        "    except SystemExit as end: assert end.code == 0\n"
        "assert not {'torch', 'torchvision', 'sklearn', 'streamlit'} & set(sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)


def test_errors_are_for_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> Path:
        raise GanError("One sentence.")

    monkeypatch.setattr("gan_core.cli.drawing.find_checkpoint", fail)
    assert refused(capsys, "sample", "x") == "One sentence."
