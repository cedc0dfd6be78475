"""The command line: train, fork, sample, interpolate, evaluate, export, onnx, page, list, download
and train-classifier.

torch is imported inside the commands that need it, so that ``--help`` and ``list presets`` are
quick. What a person gave wrong is answered with one sentence and exit code 2, a training that
fails with exit code 1, one that a signal ended with 128 and its number (Ctrl-C: 130).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from gan_core import __version__
from gan_core.cli.data import download, train_classifier
from gan_core.cli.drawing import interpolate, sample
from gan_core.cli.endings import say
from gan_core.cli.evaluation import evaluate
from gan_core.cli.exporting import export, onnx, page
from gan_core.cli.tables import list_
from gan_core.cli.training import fork, train
from gan_core.errors import GanError
from gan_core.files import describe_os_error
from gan_core.wait_policy import adapt_wait_policy


@dataclass(frozen=True)
class Command:
    """A command, and what ``--help`` says of it: docstrings are not there under ``python -OO``."""

    run: Callable[..., None]
    help: str


COMMANDS: dict[str, Command] = {
    "train": Command(
        train,
        "Train a recipe, or go on with a run.\n\n"
        "Ctrl-C, kill and a closed terminal save first, and say how to go on.\n\n"
        "The last line of the output is the run's folder.",
    ),
    "fork": Command(
        fork,
        "Train a run on from one of its saved steps with other settings, as a run of its own.\n\n"
        "The noise and the order of the real images stay the same, so two forks of one state "
        "differ by what was changed alone. The last line of the output is the new run's folder.",
    ),
    "sample": Command(sample, "Draw pictures from a generator."),
    "interpolate": Command(interpolate, "Walk through latent space from key point to key point."),
    "evaluate": Command(
        evaluate,
        "Measure a generator's samples against the images that a data set keeps for tests.\n\n"
        "Beside the result stand the ceiling, the test images against themselves, and the floor, "
        "training images against the test images, which a perfect generator would reach.",
    ),
    "export": Command(
        export,
        "Copy a run as a checkpoint to share: all but its training state, with some of its grids.",
    ),
    "onnx": Command(
        onnx,
        "Write a generator as an ONNX file, which other programs run without torch.\n\n"
        "Its inputs are the noise z and, where it takes labels, the class y; its output is images.",
    ),
    "page": Command(
        page,
        "Write a generator as one HTML file to play with, which opens from disk in any browser.\n\n"
        "It draws in the browser itself, and shows the run's pictures, curves and measurements.",
    ),
    "list": Command(list_, "List what there is to choose from."),
    "download": Command(download, "Fetch a data set."),
    "train-classifier": Command(
        train_classifier,
        "Train the digit classifier that generated digits are judged with, on MNIST.",
    ),
}
app = typer.Typer(
    help="Train generative adversarial networks, and draw from them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for name, command in COMMANDS.items():
    app.command(name, help=command.help)(command.run)


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
    adapt_wait_policy()
    try:
        app(arguments)
    except GanError as error:
        say(error, err=True)
    except OSError as error:
        say(describe_os_error(error), err=True)
    raise SystemExit(2)
