"""Streamlit's own files, answered from memory."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

import pytest
import streamlit as st
from starlette.types import Message, Receive, Scope, Send

from pages.shared.server.assets import Assets


class Answer(NamedTuple):
    passed_on: bool  # to Streamlit
    headers: dict[str, str]
    content: bytes


def ask(assets: Assets, path: str, method: str = "GET", **headers: str) -> Answer:
    """What a request is answered."""
    sent: list[Message] = []
    passed: list[Scope] = []

    async def streamlit(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append(scope)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    assets.app = streamlit
    pairs = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": pairs}
    asyncio.run(assets(scope, receive, send))
    told = {name.decode(): text.decode() for one in sent for name, text in one.get("headers", ())}
    return Answer(bool(passed), told, b"".join(one.get("body", b"") for one in sent))


async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError


def file_of(assets: Assets, ending: str) -> tuple[str, Path]:
    return next(item for item in assets.files.items() if item[0].endswith(ending))


def test_a_file_comes_whole_and_may_be_kept_for_ever() -> None:
    assets = Assets(nobody)
    for ending, kind in ((".js", "javascript"), (".css", "text/css"), (".woff2", "font/woff2")):
        address, path = file_of(assets, ending)
        answer = ask(assets, address)
        assert answer.content == path.read_bytes()
        assert kind in answer.headers["content-type"]
        assert answer.headers["cache-control"] == "public, immutable, max-age=31536000"
        assert answer.headers["content-length"] == str(len(answer.content))


def test_what_only_streamlit_can_answer_is_passed_on() -> None:
    assets = Assets(nobody)
    address, _ = file_of(assets, ".js")
    folder = address.rpartition("/")[0]
    for path in ("/", "/train", folder, f"{folder}/no.js", f"{folder}/../../index.html"):
        assert ask(assets, path).passed_on
    assert ask(assets, address, range="bytes=0-9").passed_on
    assert ask(assets, address, if_none_match='"a"').passed_on
    assert ask(assets, address, method="HEAD").passed_on


def test_the_base_path_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "get_option", lambda name: "/lab/")
    assets = Assets(nobody)
    address, path = file_of(assets, ".js")
    assert address.startswith("/lab/static/")
    assert ask(assets, address).content == path.read_bytes()
    assert ask(assets, address.removeprefix("/lab")).passed_on
