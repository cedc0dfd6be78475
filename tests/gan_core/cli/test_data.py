from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import torchvision.datasets

from gan_core.quality.digit_classifier import open_classifier
from tests.gan_core.cli.commands import call, refused
from tests.gan_core.data.files import write_mnist


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
        write_mnist(Path("data"))
        (Path(self.raw_folder) / "all.gz").write_bytes(bytes(11_594_722))
        time.sleep(0.5)

    monkeypatch.setattr(torchvision.datasets.MNIST, "download", fetch)
    assert call("download", "mnist") == 0
    assert capsys.readouterr().out.splitlines() == ["MNIST: 100% of 12 MB", "MNIST is in data."]
