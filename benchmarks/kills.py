"""What a process that is killed in the middle of work on runs leaves behind.

    python benchmarks/kills.py [--tries 60] [--seed 0]

Each try begins with a finished run and its zip in a folder of its own, and starts a process that
imports, deletes, renames or forks until it is killed (SIGKILL) at a random moment. Then what the
next start does is done, the sweep, and all is looked at: whatever is listed must open, with a
training state that can be gone on from; the run that was there must be there, under one of its
names; and nothing else may be left. Prints a table of the actions: tries, survived, lost.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_core.config import TrainConfig
from gan_core.data.dataset import ignore_progress
from gan_core.errors import GanError
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import load_training, open_generator
from gan_core.runs.store import RunStore
from gan_core.training import forks, opening

CPU = torch.device("cpu")
NAME = "mine"
ZIP = "mine.zip"  # beside the runs
READY = "ready"
MOMENTS = 1.0  # seconds of work, within which it is killed


def _import(store: RunStore, home: Path) -> None:
    store.import_zip((home / ZIP).read_bytes())


def _delete(store: RunStore, home: Path) -> None:
    _import(store, home)
    store.delete(f"{NAME}-2")


def _rename(store: RunStore, home: Path) -> None:
    store.rename(NAME, "other")
    store.rename("other", NAME)


def _fork(store: RunStore, home: Path) -> None:
    parent = store.get(NAME)
    child = forks.new_fork(store, parent, 4, {})
    opening.fork(child, parent, 4, {}, home, CPU, ignore_progress).close()


ACTIONS: dict[str, Callable[[RunStore, Path], None]] = {
    "import": _import,
    "delete": _delete,
    "rename": _rename,
    "fork": _fork,
}


def work(action: str, home: Path) -> None:
    """Do it over and over, and say when the first begins."""
    store = RunStore(home / "runs")
    print(READY, flush=True)
    while True:
        ACTIONS[action](store, home)


def prepare(home: Path) -> None:
    """A run of a few steps that can be gone on from, and its zip."""
    store = RunStore(home / "runs")
    run = RunFolder(store.root / NAME)
    run.path.mkdir(parents=True)
    config = TrainConfig.from_dict(
        {"dataset": "digits", "architecture": "mlp", "steps": 8, "save_every": 4}
    )
    session = opening.start(run, config, home, CPU, ignore_progress)
    while session.step < 6:
        session.advance(0)
    session.save()
    session.close()
    (home / ZIP).write_bytes(store.export_zip(NAME, states=True))


def kill_one(action: str, home: Path, moment: float) -> None:
    """Start the work in a process of its own, and kill it after so many seconds of it."""
    command = [sys.executable, str(Path(__file__).resolve()), "--work", action, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(moment)
        process.kill()


def fault(action: str, home: Path) -> str:
    """What was lost or left, in words; empty where nothing was."""
    store = RunStore(home / "runs")
    store.sweep(older_than=0)
    runs = store.list()
    for run in runs:
        try:
            state = load_training(run, CPU)
            open_generator(run.path)
            for step in run.saved_steps():
                load_training(run, CPU, step)
        except GanError as error:
            return str(error)
        if state["step"] != run.status().step:
            return f"{run.name}: the state is of step {state['step']}, not {run.status().step}"
    names = {run.name for run in runs}
    if not names & {NAME, "other"}:
        return "the run is gone"
    rests = [path.name for path in store.root.iterdir() if path.name not in names]
    rests += [path.name for path in store.root.rglob(".*.tmp")]
    return f"left behind: {', '.join(rests)}" if rests else ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Try all actions in turn, and print what became of the runs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tries", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", nargs=2, metavar=("ACTION", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    if options.work:
        work(options.work[0], Path(options.work[1]))
    moments = random.Random(options.seed)
    tries: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        original = Path(folder) / "original"
        prepare(original)
        for index in range(options.tries):
            action = list(ACTIONS)[index % len(ACTIONS)]
            home = Path(folder) / str(index)
            shutil.copytree(original, home)
            moment = moments.uniform(0, MOMENTS)
            kill_one(action, home, moment)
            words = fault(action, home)
            tries[action] += 1
            lost[action] += bool(words)
            if words:
                print(f"{action}, after {moment:.3f} s: {words}", file=sys.stderr, flush=True)
            shutil.rmtree(home)
    print("| killed during | tries | survived | lost |\n|---|--:|--:|--:|")
    for action, count in tries.items():
        print(f"| {action} | {count} | {count - lost[action]} | {lost[action]} |")


if __name__ == "__main__":
    main()
