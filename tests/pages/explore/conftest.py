"""Explore with runs and data in folders of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pages.explore.widgets.latent_panel import latent_panel as panel
from tests.pages.screen import laboratory


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


@pytest.fixture
def panels(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names below the panel's pictures and their addresses, of each run of the page."""
    runs: list[list[str]] = []
    real = panel._component

    def note(**arguments: Any) -> Any:
        runs.append([f"{p['label']} {p['url']}" for p in arguments["data"]["pictures"]])
        return real(**arguments)

    monkeypatch.setattr(panel, "_component", note)
    return runs
