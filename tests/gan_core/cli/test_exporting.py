"""``export``, ``onnx`` and ``page``: a generator to take elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from gan_core.runs.folder import RunFolder
from tests.gan_core.cli.commands import call, refused


def test_onnx(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("onnx", checkpoint, "--out", "tiny.onnx") == 0
    assert capsys.readouterr().out.strip() == "tiny.onnx"
    session = onnxruntime.InferenceSession("tiny.onnx")
    (z,) = session.get_inputs()
    (images,) = session.run(None, {"z": np.zeros((2, z.shape[1]), np.float32)})
    assert images.shape == (2, 1, 8, 8)
    assert "must end in .onnx" in refused(capsys, "onnx", checkpoint, "--out", "tiny.pt")


def test_a_write_that_fails_is_a_sentence(
    capsys: pytest.CaptureFixture[str], checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("grid.png").write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert refused(capsys, "sample", checkpoint) == (
        "The disk is full: grid.png cannot be written. Make room (old runs can go) and try again."
    )
    assert Path("grid.png").read_text() == "old"


def test_export(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("export", checkpoint, "--out", "shared", "--grids", "2") == 0
    assert capsys.readouterr().out == "shared\n"
    shared = RunFolder(Path("shared"))
    assert (shared.resumable, len(shared.grids())) == (False, 2)
    assert (shared.path / "README.md").read_text().startswith("---\nlibrary_name: ganscope\n")
    assert call("sample", "shared") == 0
    capsys.readouterr()
    assert "exists already" in refused(capsys, "export", checkpoint, "--out", "shared")
    assert "'gone'" in refused(capsys, "export", "gone", "--out", "other")


def test_page(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("page", checkpoint, "--out", "tiny.html") == 0
    assert capsys.readouterr().out.strip() == "tiny.html"
    assert Path("tiny.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert "must end in .html" in refused(capsys, "page", checkpoint, "--out", "tiny.pdf")
