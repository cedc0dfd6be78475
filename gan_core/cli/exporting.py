"""``export``, ``onnx`` and ``page``: a generator to take elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gan_core.cli.options import Checkpoint, RunsDir, check_output, find_run
from gan_core.files import write_atomic
from gan_core.quality.card import FILE as CARD
from gan_core.quality.card import model_card
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import export_checkpoint, find_checkpoint, open_generator


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's name, or its folder.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="A folder that does not exist yet.")],
    runs_dir: RunsDir = Path("runs"),
    grids: Annotated[int, typer.Option(min=1, help="How many of its grids to keep.")] = 48,
) -> None:
    """Copy a run as a checkpoint to share: all but its training state, with some of its grids and
    a model card."""
    folder = find_run(run, runs_dir)
    conditional = bool(open_generator(folder.path).generator.n_classes)
    card = model_card(folder, conditional=conditional).encode()
    typer.echo(export_checkpoint(folder, out, grids, {CARD: card}).path)


def onnx(
    checkpoint: Checkpoint,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Ends in .onnx.")] = Path(
        "generator.onnx"
    ),
) -> None:
    """Write a generator as an ONNX file, which other programs run without torch."""
    check_output(out, (".onnx",))
    model = open_generator(find_checkpoint(checkpoint))

    from gan_core.runs.onnx import to_onnx

    write_atomic(out, to_onnx(model))
    typer.echo(out)


def page(
    checkpoint: Checkpoint,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Ends in .html.")] = Path(
        "generator.html"
    ),
) -> None:
    """Write a generator as one HTML file to play with, which opens from disk in any browser."""
    check_output(out, (".html",))
    folder = find_checkpoint(checkpoint)
    model = open_generator(folder)

    from gan_core.html.explorer import write_explorer

    write_atomic(out, write_explorer(RunFolder(folder), model).encode())
    typer.echo(out)
