"""The command line: train, fork, sample, interpolate, evaluate, export, onnx, list, download and
train-classifier.

torch is imported inside the commands that need it, so that ``--help`` and ``list presets`` are
quick. What a person gave wrong is answered with one sentence and exit code 2, a training that
fails with exit code 1, one that a signal ended with 128 and its number (Ctrl-C: 130).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from gan_core import __version__
from gan_core.cli.data import download, train_classifier
from gan_core.cli.drawing import interpolate, sample
from gan_core.cli.endings import say
from gan_core.cli.evaluation import evaluate
from gan_core.cli.exporting import export, onnx
from gan_core.cli.tables import list_
from gan_core.cli.training import fork, train
from gan_core.errors import GanError

COMMANDS: dict[str, Callable[..., None]] = {
    "train": train,
    "fork": fork,
    "sample": sample,
    "interpolate": interpolate,
    "evaluate": evaluate,
    "export": export,
    "onnx": onnx,
    "list": list_,
    "download": download,
    "train-classifier": train_classifier,
}
app = typer.Typer(
    help="Train generative adversarial networks, and draw from them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for name, command in COMMANDS.items():
    app.command(name)(command)


def _show_version(wish: bool) -> None:
    if wish:
        say(f"GANscope {__version__}")
        raise typer.Exit()


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """What may stand before a command."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends with SystemExit, whose code is 0, 1, 2 or 130."""
    try:
        app(arguments)
    except GanError as error:
        say(error, err=True)
    except OSError as error:
        say(f"{error.filename or 'A file'} cannot be used ({error.strerror}).", err=True)
    raise SystemExit(2)
