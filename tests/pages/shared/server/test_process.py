"""What the server loads, and when."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import streamlit as st
from starlette.types import Message, Receive, Scope, Send

from pages.shared.server import process

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def new_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when nobody has asked for a page yet."""
    for name in ("_page_asked", "_page_shown", "_torch_wanted", "_leaving"):
        monkeypatch.setattr(process, name, threading.Event())
    monkeypatch.setattr(process, "_FIRST_VISIT", 60)
    monkeypatch.setattr(process, "_DRAWING", 0)
    monkeypatch.setattr(process, "_LOADED_LATER", ())


def ask_for(path: str, kind: str = "http") -> list[str]:
    """A request through the middleware; the paths that came through."""
    passed: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append(scope["path"])

    async def receive() -> Message:
        return {}

    async def send(message: Message) -> None:
        pass

    asyncio.run(process.Foresight(app)({"type": kind, "path": path}, receive, send))
    return passed


@pytest.mark.usefixtures("new_server")
def test_torch_is_loaded_at_once_where_the_page_asked_for_needs_it() -> None:
    loading = threading.Thread(target=process.warm_up)
    loading.start()
    while not process.warming_up():
        time.sleep(0.01)
    assert ask_for("/explore") == ["/explore"]
    while process.warming_up():
        time.sleep(0.01)
    assert loading.is_alive()  # what is not for the page waits until it is shown
    with process.showing_page():
        pass
    loading.join(30)
    assert not loading.is_alive()


@pytest.mark.usefixtures("new_server")
@pytest.mark.parametrize("asked", [False, True])
def test_a_server_that_ends_waits_for_no_page(asked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_FIRST_PAGE", 60)
    monkeypatch.setattr(process, "_DRAWING", 60)
    loading = threading.Thread(target=process.warm_up)
    loading.start()
    if asked:
        ask_for("/explore")
    process.stop_warming_up()
    loading.join(30)
    assert not loading.is_alive()


@pytest.mark.usefixtures("new_server")
@pytest.mark.parametrize(
    "path", ["/", "/home", "/runs", "/train", "/static/js/explore", "/api/explore"]
)
def test_other_requests_load_nothing(path: str) -> None:
    assert ask_for(path) == [path]
    assert ask_for("/explore", kind="websocket") == ["/explore"]
    assert not process._torch_wanted.is_set()


@pytest.mark.usefixtures("new_server")
def test_what_the_first_page_imports_is_loaded_while_its_files_are_fetched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(process, "import_module", loaded.append)
    monkeypatch.setattr(st, "get_option", lambda name: "/lab/")
    for path in ("/lab/learn", "/lab/runs"):
        ask_for(path)
    for thread in threading.enumerate():
        if thread.name == "foresight":
            thread.join(30)
    assert "pages.learn.objectives" in loaded
    assert "pandas" in loaded
    assert not [name for name in loaded if name.startswith("pages.runs")]  # it is not the first


DRAW = """
import sys
from streamlit.testing.v1 import AppTest
from pages.shared.server import process

process._warming_up.set()  # torch is still to come
at = AppTest.from_file("{main}").run(timeout=60)
for name in ("runs", "train", "plane", "compare", "leaderboard", "learn"):
    at.switch_page(name + "/page.py").run(timeout=60)
    assert not at.exception
    print("torch" in sys.modules, at.title[0].value)
"""


def test_the_pages_that_need_no_torch_draw_without(tmp_path: Path) -> None:
    folders = {"GAN_RUNS_DIR": str(tmp_path / "runs"), "GAN_DATA_DIR": str(tmp_path)}
    code = DRAW.format(main=ROOT / "pages" / "main.py")
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT), **folders},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    titles = ["Runs", "Train", "Plane", "Compare", "Leaderboard", "Learn"]
    assert shown.splitlines() == [f"False {title}" for title in titles]
