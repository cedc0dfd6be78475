from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gan_core.libraries import on_first_use


def test_a_module_is_loaded_when_something_of_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "heavy_thing.py").write_text("WEIGHT = 7\n__all__ = []\n")
    monkeypatch.syspath_prepend(tmp_path)
    heavy = on_first_use("heavy_thing")
    assert not hasattr(heavy, "__all__")  # who only looks around loads nothing
    assert "heavy_thing" not in sys.modules
    assert heavy.WEIGHT == 7
    assert "heavy_thing" in sys.modules
    with pytest.raises(AttributeError, match="HEIGHT"):
        _ = heavy.HEIGHT
