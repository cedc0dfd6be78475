"""``app``: the app in a browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from gan_core.cli import app
from tests.gan_core.cli.commands import ROOT, call, refused


def test_it_becomes_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda program, words: became.append(words))
    assert call("app", "--port", "8600", "--runs-dir", "my-runs", "--headless") == 0
    (words,) = became
    assert words[:5] == [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]
    options, own = words[5 : words.index("--")], words[words.index("--") + 1 :]
    assert options[:4] == ["--server.port", "8600", "--server.address", "localhost"]
    assert options[4:] == ["--server.headless", "true"]
    assert own == ["--data-dir", "data", "--runs-dir", "my-runs", "--device", "auto"]


def test_without_the_app_it_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "APP", Path("gone.py"))
    assert refused(capsys, "app").startswith("The app is not installed here; install it with")
