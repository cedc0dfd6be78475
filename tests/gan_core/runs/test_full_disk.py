"""Everything that writes runs, on a disk that takes no more: what is said, and what is left."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gan_core.errors import ArchiveError
from gan_core.runs.generators import export_checkpoint
from gan_core.runs.store import RunStore


def an_import(store: RunStore, target: Path) -> None:
    content = store.export_zip("my-run")
    with pytest.MonkeyPatch.context() as patch:
        fail(patch)
        store.import_zip(content)


def an_export(store: RunStore, target: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        fail(patch)
        export_checkpoint(store.get("my-run"), target)


def fail(patch: pytest.MonkeyPatch) -> None:
    """From the third file on there is no room."""
    files: list[Path] = []
    plain = Path.open

    def full(path: Path, mode: str = "r", *rest: Any, **options: Any) -> Any:
        if "w" in mode:
            files.append(path)
        if "w" in mode and len(files) > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return plain(path, mode, *rest, **options)

    patch.setattr(Path, "open", full)


@pytest.mark.parametrize("act", [an_import, an_export])
def test_what_is_half_written_does_not_stay(
    act: Callable[[RunStore, Path], None], store: RunStore, tmp_path: Path
) -> None:
    def everything() -> list[Path]:
        return sorted(path for path in tmp_path.rglob("*") if path.name != ".lock")

    before, target = everything(), tmp_path / "shared"
    with pytest.raises(OSError) as caught:
        act(store, target)
    assert caught.value.filename == str(target if act is an_export else store.root)
    assert caught.value.errno == errno.ENOSPC
    assert everything() == before


def test_a_zip_that_is_damaged_is_no_matter_of_the_disk(store: RunStore) -> None:
    content = bytearray(store.export_zip("my-run"))
    content[60:90] = bytes(30)
    with pytest.raises(ArchiveError, match="damaged"):
        store.import_zip(bytes(content))
