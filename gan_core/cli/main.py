"""The command line; :data:`COMMANDS` lists what it can do.

torch is imported inside the commands that need it, so that ``--help`` and ``list presets`` are
quick. What a person gave wrong is answered with one sentence and exit code 2, a training that
fails with exit code 1, one that a signal ended with 128 and its number (Ctrl-C: 130).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from gan_core import __version__
from gan_core.cli.app import app
from gan_core.cli.data import download, train_classifier
from gan_core.cli.drawing import interpolate, sample
from gan_core.cli.endings import say
from gan_core.cli.evaluation import evaluate
from gan_core.cli.exporting import export, onnx, page
from gan_core.cli.importing import import_
from gan_core.cli.logs import curves, tensorboard
from gan_core.cli.settings import config
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
    examples: tuple[str, str]  # what may stand behind its name


COMMANDS: dict[str, Command] = {
    "app": Command(
        app,
        "Open the app in a browser.",
        ("", "--port 8600 --runs-dir ~/gan-runs --headless"),
    ),
    "train": Command(
        train,
        "Train a recipe, or go on with a run.\n\n"
        "Ctrl-C, kill and a closed terminal save first, and say how to go on.\n\n"
        "The last line of the output is the run's folder.",
        (
            "dcgan-mnist --seed 1 --set steps=2000 lr_g=0.001",
            "--resume 20261120-1412-dcgan-mnist",
        ),
    ),
    "fork": Command(
        fork,
        "Train a run on from one of its saved steps with other settings, as a run of its own.\n\n"
        "The noise and the order of the real images stay the same, so two forks of one state "
        "differ by what was changed alone. The last line of the output is the new run's folder.",
        (
            "20261120-1412-dcgan-mnist --at 1000 --set lr_g=0.0005",
            "20261120-1412-dcgan-mnist --may-act stop",
        ),
    ),
    "sample": Command(
        sample,
        "Draw pictures from a generator.",
        (
            "dcgan-mnist --n 100 --seed 7 --out grid.png",
            "cgan-mnist --label 7 --n 1000 --out sevens/",
        ),
    ),
    "interpolate": Command(
        interpolate,
        "Walk through latent space from key point to key point.",
        (
            "dcgan-mnist --seeds 1,2,3 --out strip.png",
            "acgan-mnist --label 3 --steps 30 --out walk.mp4",
        ),
    ),
    "evaluate": Command(
        evaluate,
        "Measure a generator's samples against the images that a data set keeps for tests.\n\n"
        "Beside the result stand the ceiling, the test images against themselves, and the floor, "
        "training images against the test images, which a perfect generator would reach.",
        ("dcgan-mnist --n 10000", "samples.npy --dataset mnist"),
    ),
    "export": Command(
        export,
        "Copy a run as a checkpoint to share: all but its training state, with some of its grids, "
        "and a model card in README.md.",
        (
            "20261120-1412-dcgan-mnist --out my-dcgan",
            "runs/20261120-1412-dcgan-mnist --out my-dcgan --grids 10",
        ),
    ),
    "onnx": Command(
        onnx,
        "Write a generator as an ONNX file, which other programs run without torch.\n\n"
        "Its inputs are the noise z and, where it takes labels, the class y; its output is images.",
        ("cgan-mnist --out cgan.onnx", "runs/20261120-1412-dcgan-mnist"),
    ),
    "import": Command(
        import_,
        "Make a run of weights that were trained elsewhere.\n\n"
        "The file holds a state dict, and nothing in it is run. With its discriminator, in the "
        "same file or in another, the run can be trained on; the last line of the output is its "
        "folder.",
        (
            "netG_epoch_24.pth --as pytorch-dcgan --discriminator netD_epoch_24.pth",
            "generator.pth --as mlp-norm --set dataset=fashion_mnist",
        ),
    ),
    "curves": Command(
        curves,
        "Write a run's curves, and what was measured while it trained, as a table.",
        (
            "20261120-1412-dcgan-mnist --out curves.csv",
            "checkpoints/dcgan-mnist --out shipped.csv",
        ),
    ),
    "tensorboard": Command(
        tensorboard,
        "Write runs as TensorBoard's event files: curves, measurements and grids.\n\n"
        "With --follow it goes on while they train. No package is needed to write them.",
        ("--follow", "20261120-1412-dcgan-mnist --logdir tensorboard"),
    ),
    "config": Command(
        config,
        "Write the settings of a recipe or a run, less what is set otherwise, as TOML or JSON.",
        ("dcgan-mnist", "wgan-gp-mnist --set lr_g=0.0005 --out my.toml"),
    ),
    "list": Command(
        list_, "List what there is to choose from.", ("presets", "architectures --json")
    ),
    "download": Command(
        download, "Fetch a data set.", ("mnist", "fashion_mnist --data-dir ~/data")
    ),
    "page": Command(
        page,
        "Write a generator as one HTML file to play with, which opens from disk in any browser.\n\n"
        "It draws in the browser itself, and shows the run's pictures, curves and measurements.",
        ("dcgan-mnist --out dcgan.html", "20261120-1412-cgan-mnist"),
    ),
    "train-classifier": Command(
        train_classifier,
        "Train the digit classifier that generated digits are judged with, on MNIST.",
        ("--out my-classifier", "--out my-classifier --epochs 12 --seed 1"),
    ),
}


def program() -> str:
    """What a person typed to get here: the installed command, or the module."""
    name = Path(sys.argv[0]).stem
    return name if name == "ganscope" else "python -m gan_core"


def _examples(name: str, command: Command) -> str:
    lines = (f"{program()} {name} {words}".rstrip() for words in command.examples)
    return "\n\n".join(["Examples:", *lines])  # an empty line is what keeps them on lines


commands = typer.Typer(
    help="Train generative adversarial networks, and draw from them.",
    no_args_is_help=True,
    add_completion=program() == "ganscope",  # a shell completes commands, not modules
    pretty_exceptions_enable=False,
)
for name, command in COMMANDS.items():
    epilog = _examples(name, command)
    commands.command(name, help=command.help, epilog=epilog)(command.run)


def _show_version(wish: bool) -> None:
    if wish:
        say(f"GANscope {__version__}")
        raise typer.Exit()


@commands.callback()
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
        commands(arguments, prog_name=program())
    except GanError as error:
        say(error, err=True)
    except OSError as error:
        say(describe_os_error(error), err=True)
    raise SystemExit(2)
