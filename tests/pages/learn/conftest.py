from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.screen import laboratory


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder
