from __future__ import annotations

from pathlib import Path

import pytest

from gan_core.errors import MissingToolError
from gan_core.runs import onnx
from tests.pages.explore.screen import (
    button,
    open_tool,
    saves,
)
from tests.pages.screen import open_page
from tests.tiny import train


def test_the_generator_is_taken_as_onnx(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    open_tool(at, "As ONNX")
    assert any("onnxruntime.InferenceSession" in code.value for code in at.code)
    monkeypatch.setattr(onnx, "to_onnx_apart", lambda opened, waiting: b"onnx" * 50_000)
    button(at, "Make the file")
    assert saves(at, "explore_onnx") == ["Save (200 kB)"]


def test_an_onnx_file_that_cannot_be_made_is_told(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    open_tool(at, "As ONNX")

    def fail(*arguments: object) -> bytes:
        raise MissingToolError("ONNX files need the packages onnx and onnxscript.")

    monkeypatch.setattr(onnx, "to_onnx_apart", fail)
    button(at, "Make the file")
    assert at.error[0].value == "ONNX files need the packages onnx and onnxscript."
