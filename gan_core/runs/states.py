"""The training states that a run keeps along the way, each with the generator of its moment.

    states/000500.pt           the training state as it was saved at step 500
    states/000500.safetensors  the generator of that moment
    states/000500/             what is found out about that generator

They are bounded in number and in bytes (:data:`MAX_STATES_BYTES`): of more than that the one goes
whose neighbours lie nearest together, so that those left are spread over the training. The latest
state is not among them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from gan_core.files import link_atomic

_STEP_NAME = re.compile(r"[0-9]{6,9}")  # no digits of other scripts
MAX_STATES_BYTES = 256 * 2**20  # of one run's states, beside the latest


@dataclass(frozen=True)
class States:
    """The states in one folder, which need not exist."""

    path: Path

    def steps(self) -> list[int]:
        """The steps whose state is here, in rising order."""
        return sorted({step for step, path in self._files() if path.suffix == ".pt"})

    def state_path(self, step: int) -> Path:
        """Where the training state of a step is, if it is here."""
        return self.path / f"{step:06d}.pt"

    def generator_path(self, step: int) -> Path:
        """Where the generator of a step is, if it is here."""
        return self.path / f"{step:06d}.safetensors"

    def notes_path(self, step: int) -> Path:
        """The folder for what is found out about the generator of a step."""
        return self.path / f"{step:06d}"

    def keep(self, step: int, state: Path, generator: Path, most: int) -> None:
        """Keep these two files, which another save will replace, as those of a step.

        It costs no time to speak of: the files get a second name, and are never written again.
        Of more than ``most``, or of more than :data:`MAX_STATES_BYTES`, some are dropped.
        """
        # The state last: a step counts as here once its state is.
        pairs = ((generator, self.generator_path(step)), (state, self.state_path(step)))
        for path, name in pairs:
            if most and path.is_file() and not name.exists():
                link_atomic(path, name)
        self.thin(most)

    def thin(self, most: int) -> None:
        """Drop states until there are no more than so many, and no more bytes than may be."""
        sizes: dict[int, int] = {}
        for step, path in self._files():
            sizes[step] = sizes.get(step, 0) + path.stat().st_size
        while sizes and (len(sizes) > most or sum(sizes.values()) > MAX_STATES_BYTES):
            step = _least_missed(sorted(sizes))
            self._drop({step})
            del sizes[step]

    def drop_after(self, step: int) -> None:
        """Drop the states of later steps, which a resumed training will come to again."""
        self._drop({later for later, _ in self._files() if later > step})

    def _files(self) -> list[tuple[int, Path]]:
        """All files with their steps, each state before its generator."""
        paths = sorted(self.path.glob("*.*"))
        return [(int(path.stem), path) for path in paths if _STEP_NAME.fullmatch(path.stem)]

    def _drop(self, steps: Container[int]) -> None:
        for step, path in self._files():
            if step in steps:
                path.unlink(missing_ok=True)
                shutil.rmtree(self.notes_path(step), ignore_errors=True)


def _least_missed(steps: list[int]) -> int:
    """Of the steps in rising order, the one whose neighbours lie nearest together.

    The first and the last have one neighbour only and stay as long as there are others.
    """
    if len(steps) < 3:
        return steps[0]
    inner = range(1, len(steps) - 1)
    return steps[min(inner, key=lambda i: steps[i + 1] - steps[i - 1])]
