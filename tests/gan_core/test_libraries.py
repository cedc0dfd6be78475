from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest

from gan_core.libraries import on_first_use, one_at_a_time


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


def test_nothing_is_collected_while_modules_come() -> None:
    assert gc.isenabled()
    with one_at_a_time, one_at_a_time:  # a thread that has it may take it again
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with one_at_a_time:
            pass
        assert not gc.isenabled()  # as it was before
    finally:
        gc.enable()
