"""A training in a notebook: a bar and the last grid while it runs, and a model at its end."""

from __future__ import annotations

import base64
import html
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gan_core.cli.settings import base_settings
from gan_core.config import TrainConfig
from gan_core.data.loading import default_data_dir
from gan_core.errors import ConfigError, GanError
from gan_core.notebook.model import Model
from gan_core.presets import PRESETS
from gan_core.runs.folder import RunFolder
from gan_core.runs.status import Phase
from gan_core.runs.store import RunStore, default_runs_dir
from gan_core.training.job import TrainingJob
from gan_core.training.snapshot import Snapshot
from gan_core.training.trainings import Trainings

_TICK = 0.5  # seconds
_GRID_WIDTH = 320  # pixels


def train(
    what: str | Path | TrainConfig | Mapping[str, Any],
    *,
    runs_dir: str | Path | None = None,
    data_dir: str | Path | None = None,
    device: str = "auto",
    **changes: Any,
) -> Model:
    """Train a new run, and return its generator. An interrupt saves it first.

    Args:
        what: a recipe by its name, settings, or a file of settings in TOML or JSON.
        changes: settings that are to be otherwise, as in ``steps=500``.

    Raises:
        GanError: settings that do not fit, a data set that is not there, or a training that failed;
            the sentence says which.
        KeyboardInterrupt: it was interrupted, and saved.
    """
    config = _config(what).with_settings(changes)
    trainings = _trainings(runs_dir, data_dir, device)
    return _follow(trainings.start([config]), trainings)


def resume(
    run: str | Path,
    *,
    runs_dir: str | Path | None = None,
    data_dir: str | Path | None = None,
    device: str = "auto",
    **changes: Any,
) -> Model:
    """Train a run on, and return its generator.

    Args:
        run: its name, or its folder.
        changes: its length and its intervals may change.

    Raises:
        GanError: as :func:`train`.
        KeyboardInterrupt: it was interrupted, and saved.
    """
    path = Path(run)
    if path.is_dir():
        run, runs_dir = path.resolve().name, path.resolve().parent
    trainings = _trainings(runs_dir, data_dir, device)
    return _follow(trainings.resume(str(run), changes), trainings)


def _config(what: str | Path | TrainConfig | Mapping[str, Any]) -> TrainConfig:
    if isinstance(what, TrainConfig):
        return what
    if isinstance(what, Mapping):
        return TrainConfig.from_dict(what)
    if isinstance(what, str) and what in PRESETS:
        return base_settings(what, None)
    if Path(what).suffix:
        return base_settings("", Path(what))
    raise ConfigError(f"{str(what)!r} is no recipe; choose one of {', '.join(PRESETS)}.")


def _trainings(runs_dir: str | Path | None, data_dir: str | Path | None, device: str) -> Trainings:
    store = RunStore(default_runs_dir() if runs_dir is None else Path(runs_dir))
    return Trainings(store, default_data_dir() if data_dir is None else Path(data_dir), device)


def _follow(job: TrainingJob, trainings: Trainings) -> Model:
    """Show a training until it ends."""
    view = _View(trainings.store)
    try:
        for snapshot in _snapshots(job):
            view.show(snapshot)
    except KeyboardInterrupt:
        job.stop()
        job.wait()
        view.show(job.snapshot)
        end = job.snapshot
        if end.curves is not None:
            print(f"Saved at step {end.step:,}. Go on with: gan.resume({end.run!r})")  # noqa: T201
        raise
    end = job.snapshot
    if end.phase is Phase.FAILED:
        raise GanError(end.error or "It is not known why the training failed.")
    return Model(RunFolder(trainings.store.root / end.run))


def _snapshots(job: TrainingJob) -> Iterator[Snapshot]:
    while job.phase.active:
        yield job.snapshot
        job.wait(_TICK)
    job.wait()
    yield job.snapshot


class _View:
    """Where a training stands: drawn anew in its place in a notebook, else lines of text."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._handle: Any = None
        self._said = -1  # tenths of the training

    def show(self, snapshot: Snapshot) -> None:
        ipython = sys.modules.get("IPython")
        if ipython is None or ipython.get_ipython() is None:
            self._say(snapshot)
            return
        content = {"text/html": self._html(snapshot), "text/plain": _words(snapshot)}
        if self._handle is None:
            show = ipython.display.display
            self._handle = show(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)

    def _say(self, snapshot: Snapshot) -> None:
        tenths = 10 * snapshot.step // max(1, snapshot.total)
        if snapshot.curves is not None and tenths > self._said:
            self._said = tenths
            print(_words(snapshot))  # noqa: T201

    def _html(self, snapshot: Snapshot) -> str:
        loading = snapshot.curves is None
        done, total = (snapshot.share, 1) if loading else (snapshot.step, snapshot.total)
        bar = f'<progress value="{done}" max="{total}" style="width:{_GRID_WIDTH}px"></progress>'
        lines = [f"<div>{bar} {html.escape(_words(snapshot))}</div>"]
        if snapshot.grids:
            run = RunFolder(self._store.root / snapshot.run)
            try:
                picture = base64.b64encode(run.grid_path(snapshot.grids[-1]).read_bytes()).decode()
            except OSError:  # cleared away meanwhile
                picture = ""
            style = f"width:{_GRID_WIDTH}px;image-rendering:pixelated"
            lines.append(
                f'<img alt="Samples" style="{style}" src="data:image/png;base64,{picture}">'
            )
        return "".join(lines)


def _words(snapshot: Snapshot) -> str:
    """Where it stands, on one line."""
    if snapshot.curves is None and snapshot.phase.active:
        return snapshot.doing or "Loading"
    words = [f"{snapshot.run}: step {snapshot.step:,} of {snapshot.total:,}"]
    for name in ("d/loss", "g/loss"):
        column = (snapshot.curves or {}).get(name)
        if column is not None and len(column):
            words.append(f"{name} {column[-1]:.3f}")
    if snapshot.phase.active and snapshot.seconds_left is not None:
        words.append(f"{snapshot.seconds_left:,.0f} s left")
    return ", ".join(words)
