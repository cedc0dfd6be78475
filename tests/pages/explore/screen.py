"""What the tests of Explore do on the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gan_core.images import pixels
from gan_core.latent import vector_files
from gan_core.latent import vectors as latent_vectors
from gan_core.runs.folder import RunFolder
from pages.explore.latent_state import Exploration
from pages.shared.server import generators, sources
from tests.pages.screen import open_page
from tests.tiny import train

EVERY = 5
KEPT = [0, EVERY, 2 * EVERY, 3 * EVERY]
Z = vector_files.to_text(latent_vectors.noise(1, 16, 9)[0].numpy())


def version_of(source_id: str) -> generators.SavedVersion:
    return generators.saved_version(sources.find_source(source_id))


def button(at: AppTest, label: str) -> None:
    (match,) = [b for b in at.button if b.label == label]
    match.click()
    at.run()
    assert not at.exception


def state(at: AppTest, latent_dim: int = 16, noise: str = "normal") -> Exploration:
    return at.session_state["explore"][latent_dim, noise]


def open_tool(at: AppTest, name: str) -> None:
    at.session_state["tool"] = name
    at.run()
    assert not at.exception


def saves(at: AppTest, key: str) -> list[str]:
    """What the buttons say that hand a file over."""
    return [button.label for button in at.download_button if button.key == f"{key}_save"]


def upload(at: AppTest, name: str, content: bytes) -> None:
    at.file_uploader[0].upload(name, content, "application/octet-stream")
    at.run()
    assert not at.exception


def choose_class(at: AppTest, name: str) -> None:
    at.segmented_control("class").set_value(name).run()
    assert not at.exception


def pick_once(monkeypatch: pytest.MonkeyPatch, component_of: str, pick: int) -> list[Any]:
    """That component of Explore answers once with a pick; its arguments are collected."""
    calls: list[Any] = []

    def component(*arguments: Any, **options: Any) -> int | None:
        calls.append((*arguments, options))
        return pick if len(calls) == 1 else None

    monkeypatch.setattr(f"pages.explore.{component_of}", component)
    return calls


def png_of(picture: np.ndarray) -> bytes:
    return pixels.png(picture)


def walk_of_two(lab: Path) -> AppTest:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    at.text_input("explore_typed").set_value("1 2").run()
    button(at, "Add seeds")
    return at


def scale_of(at: AppTest, kind: str) -> Any:
    return at.selectbox(f"explore_walk_file_scale_{kind}")


def keep_states(lab: Path, name: str = "long", **changes: Any) -> RunFolder:
    """A run with four states kept beside the latest."""
    run = train(lab / "runs", name, architecture="mlp-small", save_every=EVERY, **changes)
    assert run.kept_steps() == KEPT
    return run


def selectbox(at: AppTest, label: str) -> Any:
    (box,) = [box for box in at.selectbox if box.label == label]
    return box


def labels(at: AppTest) -> list[str]:
    return [box.label for box in at.selectbox]


def in_address(at: AppTest, key: str) -> str | None:
    value = at.query_params.get(key)
    return value[0] if isinstance(value, list) else value


def link(at: AppTest) -> dict[str, str]:
    (code,) = at.code
    return dict(parse_qsl(urlsplit(code.value).query, strict_parsing=True))
