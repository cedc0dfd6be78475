"""Under which names the server answers, and to whom."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request
from streamlit import config, net_util

from pages.shared.server import access


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Streamlit's options, as they stand when this project's app is started as it ships."""
    options: dict[str, Any] = {
        "server.address": "localhost",
        "server.allowedHosts": [],
        "server.corsAllowedOrigins": [],
        "server.enableCORS": True,
        "browser.serverAddress": "localhost",
    }
    monkeypatch.setattr(config, "get_option", options.__getitem__)
    monkeypatch.setattr(config, "set_option", options.__setitem__)
    monkeypatch.setattr(
        config, "is_manually_set", lambda name: options.get(name) not in (None, "localhost", [])
    )
    monkeypatch.setattr(net_util, "get_internal_ip", lambda: "192.168.0.9")
    monkeypatch.setattr(net_util, "get_external_ip", lambda: None)  # asks the network else
    return options


def allows(host: str | None, origin: str | None) -> bool:
    sent = {"host": host, "origin": origin}
    headers = [(name.encode(), value.encode()) for name, value in sent.items() if value]
    return access.is_allowed(Request({"type": "http", "headers": headers}))


@pytest.mark.parametrize(
    ("host", "origin", "allowed"),
    [
        ("localhost:8501", None, True),  # a picture on the page, or curl
        ("localhost:8501", "http://localhost:8501", True),
        ("127.0.0.1:8501", "http://127.0.0.1:8501", True),
        ("[::1]:8501", "http://[::1]:8501", True),
        ("localhost:8501", "http://evil.example", False),
        ("localhost:8501", "null", False),  # a sandboxed frame
        ("evil.example:8501", "http://evil.example:8501", False),  # DNS rebinding
        ("evil.example:8501", None, False),
        ("localhost.evil.example", None, False),
        ("localhost@evil.example", None, False),
        (None, None, False),
    ],
)
def test_a_server_of_this_machine_answers_under_its_names_alone(
    options: dict[str, Any], host: str | None, origin: str | None, allowed: bool
) -> None:
    access.limit_hosts()
    assert allows(host, origin) is allowed


@pytest.mark.parametrize(
    ("option", "value", "host"),
    [
        ("server.address", "0.0.0.0", "gan.example"),
        ("server.address", None, "gan.example"),
        ("server.allowedHosts", ["gan.example"], "gan.example"),
        ("server.enableCORS", False, "gan.example"),
        ("server.corsAllowedOrigins", ["https://gan.example"], "gan.example"),
        ("browser.serverAddress", "gan.example", "gan.example"),
        ("server.address", "127.0.1.1", "127.0.1.1:8501"),
    ],
)
def test_what_a_person_set_is_kept(
    options: dict[str, Any], option: str, value: object, host: str
) -> None:
    access.limit_hosts()
    assert not allows(host, None)
    options["server.allowedHosts"] = []
    options[option] = value
    access.limit_hosts()
    assert allows(host, None)
