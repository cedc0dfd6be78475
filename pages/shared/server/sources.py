"""Runs and shipped checkpoints, by ids that are safe in an address."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gan_core.errors import CheckpointError
from gan_core.places import CHECKPOINTS_DIR
from gan_core.runs.folder import RunFolder
from gan_core.runs.store import RunStore
from pages.shared.server import process


@dataclass(frozen=True)
class Source:
    """A run or a shipped checkpoint, by an id that is safe in a URL: ``runs/NAME``; and which of
    its saved generators is meant."""

    kind: str  # "runs" or "checkpoints"
    name: str
    step: int | None = None  # of its kept steps; None for the latest

    @property
    def id(self) -> str:
        """The id, as it stands in links."""
        return f"{self.kind}/{self.name}"

    @property
    def label(self) -> str:
        """The name that a person reads."""
        return f"{self.name} (shipped)" if self.kind == "checkpoints" else self.name

    @property
    def title(self) -> str:
        """The label, and the step where it is not the latest."""
        return self.label if self.step is None else f"{self.label}, step {self.step:,}"

    def at(self, step: int | None) -> Source:
        """The same as it was saved at one of its kept steps, or the latest."""
        return replace(self, step=step)

    @property
    def folder(self) -> RunFolder:
        """Its folder.

        Raises:
            CheckpointError: it is gone.
        """
        return store(self.kind).get(self.name)


def store(kind: str) -> RunStore:
    """The store of own runs, or of shipped checkpoints.

    Raises:
        CheckpointError: another kind.
    """
    if kind == "runs":
        return RunStore(process.options().runs_dir)
    if kind == "checkpoints":
        return RunStore(CHECKPOINTS_DIR)
    raise CheckpointError(f"{kind!r} is neither 'runs' nor 'checkpoints'.")


def parse_source(source_id: str) -> Source:
    """What an id names, whether it is there or not."""
    kind, _, name = source_id.partition("/")
    return Source(kind, name)


def find_source(source_id: str) -> Source:
    """The run or checkpoint of that id.

    Raises:
        CheckpointError: there is none.
    """
    source = parse_source(source_id)
    store(source.kind).get(source.name)
    return source


def list_sources() -> list[Source]:
    """All generators: the shipped ones first, then own runs, the newest first."""
    checkpoints = [Source("checkpoints", run.name) for run in store("checkpoints").list()]
    runs = [Source("runs", run.name) for run in reversed(store("runs").list())]
    return checkpoints + runs
