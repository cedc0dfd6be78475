from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pages.shared.widgets.feature_maps import feature_maps as widget
from tests.pages.explore.screen import button, choose_class, state
from tests.pages.screen import open_page
from tests.tiny import train


def test_the_layers_are_those_of_the_point(
    lab: Path, panels: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(widget, "_component", lambda key, data: calls.append(data))
    train(lab / "runs", "told", steps=1, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/told", tool="Layers")
    assert not at.exception
    button(at, "New random point")
    choose_class(at, "7")
    assert [row["kind"] for row in calls[-1]["layers"]][-1] == "Tanh"
    assert calls[-1]["point"]["base"] == state(at).point.vector.tolist()
    assert "y=7" in calls[-1]["url"]
    # The address by which the panel says whose point it is that moves.
    assert [f" {calls[-1]['follows']}"] == panels[-1]
