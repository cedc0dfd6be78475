"""Where what comes with the library is: beside it in the source tree, below ``ganscope_app`` where
it was installed from a wheel (``pyproject.toml`` says what goes there)."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parents[1]  # the folder that gan_core is in


def _shipped() -> Path:
    installed = _HERE / "ganscope_app"
    return installed if installed.is_dir() else _HERE


CHECKPOINTS_DIR = _shipped() / "checkpoints"
APP = _shipped() / "app.py"
