"""Explore with runs and data in folders of the test's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gan_core.latent.directions import FAMILIES, ClassReader
from gan_core.latent.family import Directions
from gan_core.networks.base import Generator
from pages.explore.widgets.latent_panel import latent_panel as panel
from tests.pages.screen import laboratory


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


_KNOWN: dict[tuple[bytes, str], Directions] = {}


@pytest.fixture(autouse=True)
def principal_directions_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each copy of a run would find its directions anew: 0.2 s, for the same weights."""
    principal = FAMILIES["pca"]

    def find(generator: Generator, noise: str, reader: ClassReader | None) -> Directions:
        weights = hashlib.sha256()
        for tensor in generator.state_dict().values():
            weights.update(tensor.numpy().tobytes())
        key = weights.digest(), noise
        if key not in _KNOWN:
            _KNOWN[key] = principal.find(generator, noise, reader)
        return _KNOWN[key]

    monkeypatch.setitem(FAMILIES, "pca", replace(principal, find=find))


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
