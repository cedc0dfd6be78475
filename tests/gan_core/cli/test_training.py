from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core import presets
from gan_core.files import written
from gan_core.latent import vectors
from gan_core.networks.sampling import sample
from gan_core.objectives.base import Batch, CriticCall, Loss
from gan_core.objectives.classic import NonSaturatingGAN
from gan_core.objectives.table import OBJECTIVES
from gan_core.places import CHECKPOINTS_DIR
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import load_training, open_generator
from gan_core.runs.status import Phase
from gan_core.runs.store import RunStore
from gan_core.training import doctor, findings
from tests.gan_core import helpers
from tests.gan_core.cli.commands import ROOT, TINY, call, pictures, refused, train
from tests.gan_core.helpers import differences
from tests.warm import WarmProcess

LOG_LINE = re.compile(
    r"\[\d+/\d+\]\[\d+/\d+\] Loss_D \d+\.\d{3} Loss_G \d+\.\d{3} "
    r"D\(x\) \d\.\d{3} D\(G\(z\)\) \d\.\d{3} / \d\.\d{3}"
)


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
    assert run.status().phase is Phase.FINISHED
    assert run.config().preset == "digits"
    open_generator(run.path)


def test_options_of_train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert train("--runs-dir", "elsewhere", "--seed", "5", "--set", "beta1=0.25") == 0
    (run,) = RunStore(tmp_path / "elsewhere").list()
    config = run.config()
    assert (config.seed, config.beta1, config.lr_g) == (5, 0.25, presets.preset("digits").lr_g)
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


EVENTS = (
    '{"step": 2, "event": "set", "name": "lr_g", "new": 0.01}\n'
    '{"step": 3, "event": "turn", "name": "d"}\n'
)


def test_a_run_with_events_is_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.jsonl").write_text(EVENTS)
    assert train("--events", "plan.jsonl", steps=4) == 0
    (run,) = RunStore(tmp_path / "runs").list()
    lines = capsys.readouterr().out.splitlines()
    told = [line for line in lines if line.startswith("By hand")]
    assert told == [
        "By hand at step 2: lr_g from 0.002 to 0.01",
        "By hand at step 3: a step of the discriminator alone",
    ]
    assert call("train", "--repeat", run.name) == 0
    (copy,) = (other for other in RunStore(tmp_path / "runs").list() if other != run)
    one, other = load_training(run, helpers.CPU), load_training(copy, helpers.CPU)
    assert set(differences(one, other)) == {"seconds"}
    assert copy.events() == run.events()
    assert call("train", "--repeat", f"runs/{run.name}", "--set", "seed=3") == 0
    assert {kept.config().seed for kept in RunStore(tmp_path / "runs").list()} == {0, 3}
    capsys.readouterr()
    assert call("fork", run.name, "--at", "4", "--set", "steps=6") == 0
    fork = RunFolder(Path(capsys.readouterr().out.splitlines()[-1]))
    message = refused(capsys, "train", "--repeat", fork.name)
    assert message.startswith(f"{fork.name} is a fork of {run.name} at step 4: to repeat it,")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("lr_g = 3", "plan.jsonl, line 1, is no JSON."),
        (EVENTS.replace("turn", "jump"), "plan.jsonl, line 2: event must be one of"),
        (EVENTS.replace("0.01", "7"), "The event of step 2 cannot be: lr_g is 7; it must be"),
        (EVENTS.replace("lr_g", "seed"), "The event of step 2 cannot be: seed cannot change"),
    ],
)
def test_events_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    (tmp_path / "plan.jsonl").write_text(content + "\n")
    assert refused(capsys, "train", "digits", "--events", "plan.jsonl").startswith(message)
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())


def test_what_was_done_after_the_saved_state_can_be_forgotten(tmp_path: Path) -> None:
    train(steps=4)
    (run,) = RunStore(tmp_path / "runs").list()
    later = '{"step": 5, "event": "set", "name": "lr_g", "new": 0.01}\n'
    (run.path / "events.jsonl").write_text(later)
    copy = RunFolder(Path(shutil.copytree(run.path, run.path.with_name("copy"))))
    assert call("train", "--resume", run.name, "--set", "steps=6") == 0
    assert call("train", "--resume", "copy", "--forget-later", "--set", "steps=6") == 0
    assert [len(kept.events()) for kept in (run, copy)] == [1, 0]


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
        (["nonsense"], r"preset is 'nonsense'; choose one of gan-mnist, .*digits, .*\."),
        ([], r"Give a preset \(gan-mnist, .*\), --config FILE, --resume RUN or --repeat RUN\."),
        (["--repeat", "a", "--resume", "b"], "--repeat begins anew and --resume goes on; give one"),
        (["digits", "--repeat", "a"], "--repeat takes the recipe of the run; give no preset"),
        (["--repeat", "a", "--events", "b"], "--events is for a new training"),
        (["digits", "--events", "gone.jsonl"], "events is 'gone.jsonl', but there is no such file"),
        (["digits", "--forget-later"], "--forget-later is for a training that goes on"),
        (["--repeat", "gone"], "There is no run named 'gone'"),
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
        (["digits", "--set", "folder=x"], "folder is 'x', but the data set 'digits' is not"),
        (["gan-mnist", "--data-dir", "gone"], "MNIST cannot be read from gone. .*'digits'"),
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
    assert RunFolder(Path(out.splitlines()[-1])).status().phase is Phase.FAILED


def test_skipped_pictures_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (8, 8), 9).save(tmp_path / "good.png")
    (tmp_path / "broken.png").write_text("no picture")
    assert train("dataset=folder", "image_size=8", "--data-dir", str(tmp_path)) == 0
    assert "that cannot be read: broken.png" in capsys.readouterr().err


def process(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gan_core", "train", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_step(root: Path, step: int, worker: subprocess.Popen[str] | WarmProcess) -> RunFolder:
    """The one run in the store, once its curves have come so far."""
    deadline = time.monotonic() + 120
    while True:
        for run in RunStore(root).list():
            if max((row["step"] for row in run.rows()), default=-1) >= step:
                return run
        assert worker.poll() is None, (
            worker.log.read_text() if isinstance(worker, WarmProcess) else worker.communicate()
        )
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
    command = ["digits", "--set", *words, "--runs-dir", str(tmp_path / "runs")]
    chance = random.Random(2)
    for earliest in (20, 110, 200):
        worker = WarmProcess(
            "gan_core", ["train", *command], os.environ, log=tmp_path / "its-words.txt"
        )
        run = wait_for_step(tmp_path / "runs", earliest + chance.randrange(50), worker)
        time.sleep(chance.random() * 0.03)
        worker.kill()
        assert worker.wait() == -signal.SIGKILL
        assert sample(open_generator(run.path).generator, vectors.noise(2, 4, 0)).isfinite().all()
        assert 0 <= load_training(run, helpers.CPU)["step"] < 300
        command = ["--resume", str(run.path)]
    helpers.finish(helpers.resume(run.path))
    (tmp_path / "whole").mkdir()
    whole = helpers.trained(tmp_path / "whole" / run.name, **changes, preset="digits")
    one, other = (load_training(each, helpers.CPU) for each in (run, whole))
    assert set(differences(one, other)) == {"seconds"}
    assert run.grids() == whole.grids()
    curves = run.curves()
    for name, column in whole.curves().items():
        assert name == "seconds" or np.array_equal(curves[name], column)


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
    assert status.phase is Phase.STOPPED
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
    assert (status.phase, status.may_act) == (Phase.STOPPED, "stop")
    assert f"The doctor stopped the training at step {status.step:,}: Mode collapse" in err
    assert "Doctor: Mode collapse (severe, since step 3). One. Do." in err


def test_the_doctor_only_tells_where_it_may_do_no_more(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "examine", severe)
    assert train() == 0
    assert "Doctor: Mode collapse" in capsys.readouterr().err
    assert "stop, rollback" in refused(capsys, "train", "digits", "--may-act", "heal")


def test_a_shipped_checkpoint_is_not_resumed_and_stays_as_it_came(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "shipped" / "gan-mnist"
    shutil.copytree(CHECKPOINTS_DIR / "gan-mnist", folder)
    before = {path: written(path) for path in folder.rglob("*")}
    assert "it has no training.pt" in refused(capsys, "train", "--resume", str(folder))
    assert {path: written(path) for path in folder.rglob("*")} == before
