from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.shared.forms.explorer_page import write_page_or_reason
from pages.shared.server.sources import Source
from tests.pages.screen import laboratory
from tests.tiny import train


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


def test_a_page_of_a_run_and_of_one_of_its_kept_steps(lab: Path) -> None:
    train(lab / "runs", "one", save_every=10)
    source = Source("runs", "one")
    latest, earlier = write_page_or_reason(source), write_page_or_reason(source.at(10))
    assert "<title>one</title>" in latest
    assert latest != earlier


def test_where_there_is_none_it_says_why(lab: Path) -> None:
    train(lab / "runs", "one")
    (lab / "runs" / "one" / "generator.safetensors").unlink()
    page = write_page_or_reason(Source("runs", "one"))
    assert "<p>No page: one has no generator.safetensors" in page
    assert "No page: " in write_page_or_reason(Source("runs", "gone"))
