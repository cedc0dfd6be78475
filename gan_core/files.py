"""Files that are whole or not there: atomic writes, JSON, and where to write at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def state_dir() -> Path:
    """Where things are kept for this person: ``GAN_STATE_DIR``, else the XDG state folder."""
    folder = os.environ.get("GAN_STATE_DIR")
    if folder:
        return Path(folder)
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "ganscope"


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file beside itself and rename it into place: readers see the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as sink:
            sink.write(content)
            sink.flush()
            os.fsync(sink.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def link_atomic(path: Path, other: Path) -> None:
    """Give a file another name beside its own, at once; where there are no links, copy it."""
    other.parent.mkdir(exist_ok=True)
    temporary = other.with_name(f".{other.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        os.link(path, temporary)
    except OSError:  # a file system without hard links
        write_atomic(other, path.read_bytes())
        return
    temporary.replace(other)


def written(*paths: Path) -> tuple[int, ...]:
    """When files were last written, in nanoseconds, 0 where there is none: what is kept of their
    content is kept by this."""
    return tuple(_write_time(path) for path in paths)


def _write_time(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def dump_json(value: Any) -> str:
    """JSON as it is written into run folders: indented, never NaN or infinity."""
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


def printable(text: str) -> str:
    """A text that any screen, file and address can hold: halves of a character replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")
