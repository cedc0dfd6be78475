"""Whether a training survives what ends it: real signals at random moments, output that nobody
reads, a full disk behind the log, and kills.

    python benchmarks/signals.py [--tries 100] [--seed 0]

Each try trains a tiny network in a process of its own, which is ended in one of the ways of
:data:`WAYS` after a random time. A try has survived where what was trained can go on: the training
state is there, whole, and of the step that the status names; the status does not claim that it
still runs; and nothing is left half written. A process killed at once (SIGKILL) cannot say how it
ended: there the last saved state must be whole. Prints a table of the ways: tries, survived, lost.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_core.errors import GanError
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import load_training
from gan_core.runs.status import Phase
from gan_core.runs.store import RunStore

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = ("architecture=mlp", "steps=1000000", "log_every=5", "sample_every=20", "save_every=20")
MOMENTS = (1.0, 9.0)  # seconds after the start between which a training is ended
PATIENCE = 60.0  # seconds for a training to save and end


@dataclass(frozen=True)
class Way:
    """A way to end a training: signals, one after the other, and where its output goes."""

    signals: tuple[signal.Signals, ...]
    output: str = "file"  # or "closed": nobody reads the pipe any more; or "full": a full disk

    @property
    def kills(self) -> bool:
        return signal.SIGKILL in self.signals


INT, TERM, HUP, KILL = signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL
WAYS = {
    "Ctrl-C": Way((INT,)),
    "Ctrl-C twice": Way((INT, INT)),
    "terminate": Way((TERM,)),
    "the terminal is closed": Way((HUP,), "closed"),
    "Ctrl-C, the reader of the output gone": Way((INT,), "closed"),
    "terminate, the reader of the output gone": Way((TERM,), "closed"),
    "Ctrl-C, the log's disk full": Way((INT,), "full"),
    "terminate while Ctrl-C saves": Way((INT, TERM)),
    "kill": Way((KILL,)),
    "kill while Ctrl-C saves": Way((INT, KILL)),
}


def end_one(way: Way, runs: Path, moment: float) -> None:
    """Train into a folder, and end it so after so many seconds."""
    command = [sys.executable, "-m", "gan_core", "train", "digits", "--runs-dir", str(runs)]
    command += ["--device", "cpu", "--set", *SETTINGS]
    with tempfile.TemporaryFile() as file, Path("/dev/full").open("wb") as full:
        sinks = {"file": file.fileno(), "full": full.fileno()}
        sink = sinks.get(way.output, subprocess.PIPE)
        process = subprocess.Popen(command, cwd=ROOT, stdout=sink, stderr=subprocess.STDOUT)
        time.sleep(moment / 2)
        if process.stdout is not None:
            process.stdout.close()
        time.sleep(moment / 2)
        for number in way.signals:
            process.send_signal(number)
            time.sleep(0.05)
        process.wait(PATIENCE)


def fault(way: Way, runs: Path) -> str:
    """What was lost, in words; empty where nothing was."""
    for folder in RunStore(runs).list():
        status = folder.status()
        if status.damage or (status.phase.active and not way.kills):
            return f"its status is {status.phase.value} {status.damage}"
        if not folder.resumable:
            if status.phase is Phase.STOPPED:
                return "there is no training state"
            continue
        try:
            state = load_training(RunFolder(folder.path), torch.device("cpu"))
        except GanError as error:
            return str(error)
        if state["step"] != status.step and not way.kills:
            return f"the state is of step {state['step']}, the status says {status.step}"
    if way.kills:  # what is half written then is swept at the next start
        RunStore(runs).sweep(older_than=0)
    rests = [path.name for path in runs.rglob(".*.tmp")]
    halves = [path.name for path in runs.iterdir()] if runs.is_dir() else []
    halves = [name for name in halves if name not in {run.name for run in RunStore(runs).list()}]
    return f"left behind: {', '.join(rests + halves)}" if (rests or halves) else ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Try all ways in turn, and print what became of the trainings."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tries", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    moments = random.Random(options.seed)
    tries: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for index in range(options.tries):
        name = list(WAYS)[index % len(WAYS)]
        moment = moments.uniform(*MOMENTS)
        with tempfile.TemporaryDirectory() as folder:
            runs = Path(folder) / "runs"
            end_one(WAYS[name], runs, moment)
            words = fault(WAYS[name], runs)
        tries[name] += 1
        lost[name] += bool(words)
        if words:
            print(f"{name}, after {moment:.2f} s: {words}", file=sys.stderr, flush=True)
    print("| ended by | tries | survived | lost |\n|---|--:|--:|--:|")
    for name, count in tries.items():
        print(f"| {name} | {count} | {count - lost[name]} | {lost[name]} |")
    total = sum(lost.values())
    print(f"| *all* | {options.tries} | {options.tries - total} | {total} |")


if __name__ == "__main__":
    main()
