"""``curves`` and ``tensorboard``: what was logged, for other programs."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from gan_core.cli.endings import say, wish_to_end
from gan_core.cli.options import TICK_SECONDS, RunsDir, check_output, find_run
from gan_core.errors import ConfigError
from gan_core.files import write_atomic
from gan_core.runs.curves_file import curves_csv
from gan_core.runs.store import RunStore
from gan_core.runs.tensorboard import EventExport

_LOOK_EVERY = 2.0  # seconds


def curves(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's name, or its folder.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Ends in .csv.")] = Path("curves.csv"),
    runs_dir: RunsDir = Path("runs"),
) -> None:
    """Write a run's curves, and what was measured while it trained, as a table."""
    check_output(out, (".csv",))
    write_atomic(out, curves_csv(find_run(run, runs_dir)).encode())
    typer.echo(out)


def tensorboard(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN ...", help="Names of runs, or their folders; all without."),
    ] = None,
    logdir: Annotated[
        Path, typer.Option(metavar="FOLDER", help="For the event files, a folder a run.")
    ] = Path("tensorboard"),
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on writing while runs train, until Ctrl-C.")
    ] = False,
    runs_dir: RunsDir = Path("runs"),
) -> None:
    """Write runs as TensorBoard's event files."""
    if logdir.exists() and not logdir.is_dir():
        raise ConfigError(f"logdir is '{logdir}', which is a file; give the name of a folder.")
    store = RunStore(runs_dir)
    chosen = [find_run(name, runs_dir) for name in names or ()] or store.list()
    if not chosen and not follow:
        raise ConfigError(f"There are no runs in '{runs_dir}'.")
    exports: dict[Path, EventExport] = {}
    with wish_to_end() as wish:
        while True:
            for run in filter(lambda run: run.is_run, chosen):  # not deleted meanwhile
                if run.path not in exports:
                    exports[run.path] = EventExport(run, logdir / run.name)
                    say(logdir / run.name)
                exports[run.path].update()
            if not follow or wish.count:
                break
            until = time.monotonic() + _LOOK_EVERY
            while not wish.count and time.monotonic() < until:
                time.sleep(TICK_SECONDS)
            chosen = chosen if names else store.list()
    hint = f"Look at them with: tensorboard --logdir {logdir}"
    if find_spec("tensorboard") is None:
        hint += " (TensorBoard is not installed here: pip install tensorboard)"
    say(hint, err=True)
