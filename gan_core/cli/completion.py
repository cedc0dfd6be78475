"""Names that a shell completes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from gan_core import catalog
from gan_core.data.table import DATASETS
from gan_core.places import CHECKPOINTS_DIR
from gan_core.presets import PRESETS
from gan_core.runs.store import RunStore

Completion = Callable[[str], Iterator[tuple[str, str]]]  # what was typed -> names and their words


def _of(names: Callable[[], Iterable[tuple[str, str]]]) -> Completion:
    def complete(incomplete: str) -> Iterator[tuple[str, str]]:
        return (entry for entry in names() if entry[0].startswith(incomplete))

    return complete


recipes = _of(lambda: ((name, recipe.title) for name, recipe in PRESETS.items()))
datasets = _of(lambda: ((name, spec.title) for name, spec in DATASETS.items()))
checkpoints = _of(lambda: ((run.name, "") for run in RunStore(CHECKPOINTS_DIR).list()))
layouts = _of(
    lambda: (
        (name, entry.title)
        for table in (catalog.layouts(), catalog.architectures())
        for name, entry in table.items()
        if name != "own"
    )
)
