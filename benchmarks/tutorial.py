"""A training as tutorials write it, as a script of its own: what ``whole_command.py`` runs.

    python benchmarks/tutorial.py PRESET [--seconds 30] [--data-dir D] [--states FOLDER]

Prints the seconds since the first step and the real images seen, about once a second; with --states
it writes the generator each time, named by those seconds.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.reference_loop import ReferenceLoop
from gan_core import catalog, presets
from gan_core.data import loading


def main() -> None:
    """Train until the time is over."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("preset")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--data-dir", type=Path, default=loading.default_data_dir())
    parser.add_argument("--states", type=Path)
    options = parser.parse_args()
    config = presets.preset(options.preset)
    data = loading.load(config.dataset, options.data_dir)  # as it is: the transforms resize
    loop = ReferenceLoop(config, data, torch.device("cpu"), side=catalog.image_size(config))
    start = shown = time.perf_counter()
    while shown - start < options.seconds:
        loop.step()
        now = time.perf_counter()
        if now - shown >= 1.0 or loop.steps_done == 1:
            shown = now
            print(f"{now - start:.3f} {config.images_at(loop.steps_done)}", flush=True)
            if options.states:
                torch.save(loop.generator.state_dict(), options.states / f"{now - start:09.3f}.pt")


if __name__ == "__main__":
    main()
