"""What the commands share: options, and checks of files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_core.cli import completion
from gan_core.errors import CheckpointError, ConfigError
from gan_core.runs.folder import RunFolder
from gan_core.runs.store import RunStore

if TYPE_CHECKING:
    from rich.console import Console


TICK_SECONDS = 0.2

DataDir = Annotated[
    Path, typer.Option(envvar="GAN_DATA_DIR", metavar="D", help="Where data sets are kept.")
]
Device = Annotated[
    str, typer.Option(metavar="[auto|cpu|cuda]", help="What to train on; auto prefers a GPU.")
]
RunsDir = Annotated[
    Path, typer.Option(envvar="GAN_RUNS_DIR", metavar="R", help="Where runs are kept.")
]
Checkpoint = Annotated[
    str,
    typer.Argument(
        metavar="CHECKPOINT",
        help="The folder of a run or checkpoint, or a shipped one's name.",
        autocompletion=completion.checkpoints,
    ),
]


def error_console() -> Console:
    """Where progress is shown: on standard error, beside what a pipe takes."""
    from rich.console import Console

    return Console(stderr=True)


def find_run(name_or_path: str, runs_dir: Path) -> RunFolder:
    """A run by its name in the runs folder, or by its path."""
    store = RunStore(runs_dir)
    try:
        return store.get(name_or_path)
    except CheckpointError:
        if Path(name_or_path).is_file():
            raise CheckpointError(
                f"{name_or_path} is a file; give the run's name, or its folder."
            ) from None
        if not Path(name_or_path).is_dir():
            raise
    folder = RunFolder(Path(name_or_path).resolve())
    folder.config()  # says what is wrong with a folder that holds no run
    return RunStore(folder.path.parent).get(folder.name)


def check_output(path: Path, endings: Sequence[str]) -> None:
    """Refuse a file that could not be written, before any work is done."""
    if path.suffix.lower() not in endings:
        raise ConfigError(f"out is '{path}'; its name must end in {' or '.join(endings)}.")
    if path.is_dir():
        raise ConfigError(f"out is '{path}', which is a folder; give the name of a file.")
    if not path.parent.is_dir():
        raise ConfigError(f"out is '{path}', but there is no folder '{path.parent}'.")
