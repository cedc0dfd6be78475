from pathlib import Path

import pytest

from gan_core.errors import CheckpointError
from gan_core.runs.frames import Frames, is_kept


def test_frames_lie_close_at_first_and_wider_apart_later() -> None:
    kept = [step for step in range(4001) if is_kept(step)]
    assert kept[:66] == [*range(64), 64, 66]
    assert kept[-3:] == [3840, 3904, 3968]
    assert len(kept) == 255


def test_frames_are_kept_in_one_file(tmp_path: Path) -> None:
    frames = Frames(tmp_path / "plane")
    assert frames.steps() == []
    frames.cut(0)
    for step in (0, 1, 20):
        frames.append(step, f"frame {step}".encode())
    assert frames.steps() == [0, 1, 20]
    assert frames.read(20) == b"frame 20"
    frames.cut(1)
    assert frames.steps() == [0, 1]
    with pytest.raises(CheckpointError, match="no frame of step 20"):
        frames.read(20)


def test_an_entry_cut_short_is_left_out_and_overwritten(tmp_path: Path) -> None:
    frames = Frames(tmp_path)
    frames.append(0, b"first")
    whole = frames.path.read_bytes()
    frames.append(1, b"second")
    for length in range(len(whole), len(frames.path.read_bytes())):
        frames.path.write_bytes((whole + b"\x01\0\0\0\x06\0\0\0second")[:length])
        assert frames.steps() == [0]
    frames.append(2, b"third")
    assert frames.steps() == [0, 2]
    assert frames.read(2) == b"third"
