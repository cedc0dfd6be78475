"""``app``: the app in a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from gan_core.cli.options import DataDir, Device, RunsDir
from gan_core.errors import MissingToolError
from gan_core.places import APP


def app(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it listens.")] = 8501,
    address: Annotated[
        str,
        typer.Option(
            metavar="HOST",
            help="localhost answers this machine alone; 0.0.0.0 whoever reaches it, without a "
            "password.",
        ),
    ] = "localhost",
    headless: Annotated[
        bool, typer.Option("--headless", help="Open no browser, as on a server.")
    ] = False,
    data_dir: DataDir = Path("data"),
    runs_dir: RunsDir = Path("runs"),
    device: Device = "auto",
) -> None:
    """Open the app in a browser."""
    if find_spec("streamlit") is None or not APP.is_file():
        raise MissingToolError(
            "The app is not installed here; install it with 'pip install ganscope', or run it from "
            "the source tree."
        )
    command = [sys.executable, "-m", "streamlit", "run", str(APP)]
    command += ["--server.port", str(port), "--server.address", address]
    command += ["--server.headless", "true"] if headless else []
    command += ["--", "--data-dir", str(data_dir), "--runs-dir", str(runs_dir), "--device", device]
    sys.stdout.flush()
    if os.name == "nt":  # where a process cannot become another one
        raise typer.Exit(subprocess.call(command))
    os.execv(sys.executable, command)
