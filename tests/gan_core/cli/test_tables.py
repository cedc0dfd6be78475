"""``list``: what there is to choose from."""

from __future__ import annotations

import json

import pytest

from gan_core import catalog
from tests.gan_core.cli.commands import call


@pytest.mark.parametrize("table", catalog.TABLES)
def test_list(capsys: pytest.CaptureFixture[str], table: str) -> None:
    names = [name for name in catalog.TABLES[table]() if name != "tiny"]
    assert call("list", table) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines if not line.startswith("tiny")] == names
    assert call("list", table, "--json") == 0
    entries = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in entries if entry["name"] != "tiny"] == names
    assert all(entry["title"] and entry["source"] for entry in entries)
    if table == "presets":
        for entry in entries:
            explanations = catalog.settings(entry["settings"]["objective"])
            assert set(entry["settings"]) == set(explanations)
