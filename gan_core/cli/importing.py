"""``import``: weights that were trained elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_core.cli import completion
from gan_core.cli.assignments import parse_assignments
from gan_core.cli.endings import say
from gan_core.cli.options import RunsDir
from gan_core.errors import CheckpointError
from gan_core.files import is_file
from gan_core.runs.archive import MAX_ARCHIVE_BYTES
from gan_core.runs.store import RunStore

if TYPE_CHECKING:
    from gan_core.training.importing import WeightFile


def import_(
    words: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="A state dict: .safetensors, .pt or .pth."),
    ],
    kind: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="ARCHITECTURE",
            help="Whose networks these are: a name of `list layouts`, or of `list architectures` "
            "to try all layouts of that.",
            autocompletion=completion.layouts,
        ),
    ],
    discriminator: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Its discriminator, where that is not in the same file: it can be trained on "
            "then.",
            show_default=False,
        ),
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE ...",
            help="What it was trained on and with, as in --set dataset=fashion_mnist lr_g=0.0001.",
        ),
    ] = None,
    runs_dir: RunsDir = Path("runs"),
) -> None:
    """Make a run of weights that were trained elsewhere."""
    files = [word for word in words if "=" not in word]
    if len(files) != 1:
        raise CheckpointError(
            f"One file is imported at a time, not {' and '.join(files) or 'none'}."
        )
    settings = parse_assignments([*(assignments or []), *(w for w in words if "=" in w)])
    file = _read(Path(files[0]))
    critic = None if discriminator is None else _read(discriminator)

    from gan_core.training.importing import import_weights

    imported = import_weights(RunStore(runs_dir), file, kind, settings, critic)
    say(imported.words, err=True)
    typer.echo(imported.run.path)


def _read(path: Path) -> WeightFile:
    """A file of weights.

    Raises:
        CheckpointError: it is not there, or larger than any that is taken.
        OSError: it cannot be read.
    """
    from gan_core.training.importing import WeightFile

    if not is_file(path):
        raise CheckpointError(f"There is no file '{path}'.")
    if path.stat().st_size > MAX_ARCHIVE_BYTES:
        raise CheckpointError(f"{path} is larger than {MAX_ARCHIVE_BYTES // 2**20} MiB.")
    return WeightFile(path.name, path.read_bytes())
