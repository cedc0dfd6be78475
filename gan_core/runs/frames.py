"""The frames that a run on points of the plane keeps; see :mod:`gan_core.plane.frame`.

    plane/frames.bin  entries one after another: uint32 step, uint32 length, the frame's message
    plane/real.bin    real points (N, 2), float16

They lie close together at the beginning, where most happens, and wider apart the longer a training
runs: 32 for each doubling of its steps, which are 250 for 4,000 steps and 400 for 100,000. A last
entry cut short by a crash is left out, and goes when the next is written.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from gan_core.errors import CheckpointError
from gan_core.files import write_atomic

MAX_BYTES = 64 * 2**20  # of all frames of a run; a file that holds more is none of ours
_ENTRY = struct.Struct("<II")
_EACH_DOUBLING = 32


def is_kept(step: int) -> bool:
    """Whether the frame of a step is one of those that are kept."""
    spacing = 1 << max(0, (step // _EACH_DOUBLING).bit_length() - 1)
    return step % spacing == 0


@dataclass(frozen=True)
class Frames:
    """The frames in one folder, which need not exist."""

    folder: Path

    @property
    def path(self) -> Path:
        """The file that holds them."""
        return self.folder / "frames.bin"

    @property
    def real_path(self) -> Path:
        """Where the real points are."""
        return self.folder / "real.bin"

    def steps(self) -> list[int]:
        """The steps whose frame is here, in rising order."""
        return sorted(self._places())

    def read(self, step: int) -> bytes:
        """The message of a step; of several, which a crash can leave, the last.

        Raises:
            CheckpointError: there is none.
        """
        place = self._places().get(step)
        if place is None:
            raise CheckpointError(f"There is no frame of step {step:,}.")
        first, length = place
        with self.path.open("rb") as source:
            source.seek(first)
            return source.read(length)

    def append(self, step: int, message: bytes) -> None:
        """Keep a frame as that of a step.

        Raises:
            OSError: it cannot be written.
        """
        self.folder.mkdir(exist_ok=True)
        whole = max((first + length for first, length in self._places().values()), default=0)
        with self.path.open("ab") as sink:
            if sink.tell() > whole:
                sink.truncate(whole)
            sink.write(_ENTRY.pack(step, len(message)) + message)

    def cut(self, step: int) -> None:
        """Leave only the frames up to a step: a resumed training will come to the later ones again.

        Raises:
            OSError: the file cannot be written.
        """
        if not self.path.is_file():
            return
        kept = [at for at in self.steps() if at <= step]
        entries = ((at, self.read(at)) for at in kept)
        content = b"".join(_ENTRY.pack(at, len(message)) + message for at, message in entries)
        write_atomic(self.path, content)

    def _places(self) -> dict[int, tuple[int, int]]:
        """Where each step's message begins, and its length."""
        places: dict[int, tuple[int, int]] = {}
        try:
            size = self.path.stat().st_size
            if size > MAX_BYTES:
                return {}
            # Unbuffered: of each entry eight bytes are wanted, and not those behind them.
            with self.path.open("rb", buffering=0) as source:
                at = 0
                while at + _ENTRY.size <= size:
                    source.seek(at)
                    step, length = _ENTRY.unpack(source.read(_ENTRY.size))
                    at += _ENTRY.size + length
                    if at <= size:
                        places[step] = (at - length, length)
        except (OSError, struct.error):  # not there, or just being replaced
            return places
        return places
