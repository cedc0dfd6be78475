"""``curves`` and ``tensorboard``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gan_core.runs.folder import HISTORY
from tests.gan_core import helpers
from tests.gan_core.cli.commands import ROOT, call, refused


def test_curves(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("curves", checkpoint, "--out", "a.csv") == 0
    assert capsys.readouterr().out == "a.csv\n"
    head, *rows = Path("a.csv").read_text().splitlines()
    assert head.startswith("step,images,seconds,d/loss,")
    assert [row.split(",")[0] for row in rows] == ["0", "2", "4", "5", "6", "8", "10"]
    assert "must end in .csv" in refused(capsys, "curves", checkpoint, "--out", "a.txt")


def test_tensorboard(
    checkpoint: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan_core.cli.logs.find_spec", lambda name: None)
    assert call("tensorboard", checkpoint, "--logdir", "log") == 0
    out, err = capsys.readouterr()
    assert out.strip() == str(Path("log/tiny"))
    assert err.strip() == (
        "Look at them with: tensorboard --logdir log (TensorBoard is not installed here: pip "
        "install tensorboard)"
    )
    assert len(list(Path("log/tiny").iterdir())) == 1
    assert call("tensorboard", "--runs-dir", checkpoint.parent) == 0
    assert Path("tensorboard/tiny").is_dir()
    capsys.readouterr()
    assert "There are no runs in 'runs'" in refused(capsys, "tensorboard")
    Path("file").touch()
    assert "is a file" in refused(capsys, "tensorboard", checkpoint, "--logdir", "file")


def test_it_follows_until_ctrl_c(tmp_path: Path) -> None:
    run = helpers.trained(tmp_path / "runs" / "tiny")
    command = [sys.executable, "-m", "gan_core", "tensorboard", "--follow", "--logdir", "log"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (path,) = Path("log/tiny").iterdir()
        deadline = time.monotonic() + 60
        while b"g/loss" not in path.read_bytes():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        before = path.stat().st_size
        with (run.path / HISTORY).open("a") as rows:
            rows.write('{"step": 12, "images": 96, "seconds": 9.0, "d/loss": 0.5}\n')
        while path.stat().st_size == before:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
