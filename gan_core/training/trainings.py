"""The trainings of a process: at most one at a time.

torch is loaded when something begins, so that pages can ask what is under way without it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_core import catalog
from gan_core.config import TrainConfig
from gan_core.data.dataset import Progress
from gan_core.errors import BusyError, CheckpointError
from gan_core.runs.events import Event, check_events
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import settle
from gan_core.runs.status import MayAct
from gan_core.runs.store import RunStore
from gan_core.training import forks
from gan_core.training.background import (
    BackgroundTask,
    DaemonExecutor,
    start_download,
    start_measurement,
)
from gan_core.training.job import TrainingJob, Work

if TYPE_CHECKING:
    import torch

    from gan_core.training.session import TrainingSession


class Trainings:
    """The jobs of this process: at most one active at a time.

    Args:
        store: the runs.
        data_dir: where data sets are.
        device: what to train on, by a name that :func:`gan_core.devices.choose_device` takes.
    """

    def __init__(self, store: RunStore, data_dir: Path, device: str = "auto") -> None:
        self.store = store
        self.data_dir = data_dir
        self._device = device
        self.downloads: dict[str, BackgroundTask] = {}  # the last of each data set, by its name
        self.measurement: BackgroundTask | None = None  # that is under way, or the last one
        self._executor = DaemonExecutor()
        self._job: TrainingJob | None = None
        self._lock = threading.Lock()

    @cached_property
    def device(self) -> torch.device:
        """What is trained on.

        Raises:
            ConfigError: there is no such device here.
        """
        from gan_core.devices import choose_device

        return choose_device(self._device)

    @property
    def job(self) -> TrainingJob | None:
        """The job that runs, or the last one that ran."""
        return self._job

    @property
    def active(self) -> TrainingJob | None:
        """The job that runs, if one does."""
        job = self._job
        return job if job is not None and job.phase.active else None

    def is_active(self, run: str) -> bool:
        """Whether the run of that name is being trained by this process."""
        job = self.active
        return job is not None and any(s.run == run and s.phase.active for s in job.snapshots)

    def start(
        self,
        configs: Sequence[TrainConfig],
        may_act: MayAct = "off",
        events: Sequence[Event] = (),
        kept_by: RunFolder | None = None,
    ) -> TrainingJob:
        """Train new runs; more than one take turns, a race.

        Args:
            may_act: what the doctor may do about a severe finding.
            events: what is to be done to each of them while it trains, at their steps.
            kept_by: a run that is repeated, and may keep what it trained on.

        Raises:
            ConfigError: settings or events that do not fit, or a device that is not there.
            BusyError: a training runs already.
        """
        from gan_core.training import opening

        device = self.device
        for config in configs:
            catalog.check(config)
            check_events(config, events)

        def work(config: TrainConfig) -> Work:
            run = opening.new_run(self.store, config)
            begin = partial(self._open_new, run, config, may_act, device, events, kept_by)
            return Work(run, config, begin)

        return self._begin(lambda: [work(config) for config in configs])

    def repeat(self, name: str, changes: Mapping[str, Any] | None = None) -> TrainingJob:
        """Train a run once more from its beginning, as a new one: with the same settings, and with
        what was done to it by hand done again at the same steps.

        Args:
            changes: settings that differ all the same.

        Raises:
            CheckpointError: there is no such run, it is damaged, or it is a fork, which begins as
                its parent was.
            ConfigError: settings that do not fit.
            BusyError: a training runs already.
        """
        run = self.store.get(name)
        info = run.info()
        if info.parent:
            raise CheckpointError(
                f"{name} is a fork of {info.parent} at step {info.forked_at:,}: to repeat it, fork "
                "that once more."
            )
        before = run.config()
        config = before.with_settings(changes or {})
        same_data = (config.dataset, config.folder) == (before.dataset, before.folder)
        kept_by = run if same_data else None
        return self.start([config], run.status().may_act, run.events(), kept_by)

    def resume(
        self, name: str, changes: Mapping[str, Any] | None = None, *, again: bool = True
    ) -> TrainingJob:
        """Go on with a saved run.

        Args:
            again: whether what was done to it by hand after its saved state is done again.

        Raises:
            CheckpointError: there is no such run.
            BusyError: a training runs already.
        """
        from gan_core.training import opening

        run = self.store.get(name)
        begin = partial(opening.resume, run, changes or {}, self.data_dir, self.device, again=again)
        work = Work(run, run.config(), begin, is_new=False)
        return self._begin(lambda: [work])

    def fork(self, name: str, step: int, changes: Sequence[Mapping[str, Any]]) -> TrainingJob:
        """Train a run on from a saved step with other settings; more than one fork take turns.

        Args:
            step: one of the run's saved steps.
            changes: for each fork the settings that differ; none where it repeats the parent.

        Raises:
            CheckpointError: there is no such run.
            ConfigError: a change that a fork cannot make.
            BusyError: a training runs already.
        """
        from gan_core.training import opening

        parent = self.store.get(name)
        settle(parent)
        configs = [forks.fork_settings(parent.settings_at(step), change) for change in changes]

        def work(config: TrainConfig, change: Mapping[str, Any]) -> Work:
            run = forks.new_fork(self.store, parent, step, change)
            begin = partial(opening.fork, run, parent, step, change, self.data_dir, self.device)
            return Work(run, config, begin)

        return self._begin(lambda: [*map(work, configs, changes)])

    @property
    def measuring(self) -> bool:
        """Whether a full measurement is under way."""
        return self.measurement is not None and self.measurement.active

    def measure(self, run: RunFolder) -> BackgroundTask:
        """Measure the generator of a run or checkpoint in full, one at a time.

        Raises:
            BusyError: another is being measured.
        """
        with self._lock:
            if self.measurement is not None and self.measurement.active:
                raise BusyError(f"{self.measurement.name} is being measured. Wait for its end.")
            self.measurement = start_measurement(run, self.data_dir, self._executor)
            return self.measurement

    def download(self, name: str) -> BackgroundTask:
        """Fetch a data set, or the download of it that is already under way."""
        with self._lock:
            current = self.downloads.get(name)
            if current is None or not current.active:
                current = start_download(name, self.data_dir, self._executor)
                self.downloads[name] = current
            return current

    def close(self, timeout: float = threading.TIMEOUT_MAX) -> bool:
        """Stop the job and save it, however long a step takes. Returns whether it ended in time."""
        job = self.active
        return job is None or job.stop(timeout)

    def _open_new(
        self,
        run: RunFolder,
        config: TrainConfig,
        may_act: MayAct,
        device: torch.device,
        events: Sequence[Event],
        kept_by: RunFolder | None,
        progress: Progress,
    ) -> TrainingSession:
        from gan_core.training import opening

        session = opening.start(run, config, self.data_dir, device, progress, events, kept_by)
        session.may_act = may_act
        return session

    def _begin(self, prepare: Callable[[], list[Work]]) -> TrainingJob:
        """Do what is prepared, its folders among it, unless a training runs."""
        with self._lock:
            active = self.active
            if active is not None:
                names = " and ".join(s.run for s in active.snapshots)
                raise BusyError(
                    f"{names} is being trained. Stop it, or wait for its end, before you start "
                    "another."
                )
            if self._job is not None:
                self._job.wait()  # its thread may still be letting go of the run's lock
            self.store.sweep()
            self._job = TrainingJob(prepare())
            self._job.start()
            return self._job
