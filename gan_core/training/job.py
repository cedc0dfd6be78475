"""Training in the background: the only module that imports threading.

A :class:`TrainingJob` runs one recording, or two side by side, in a daemon thread. Watchers read
:attr:`TrainingJob.snapshots`, immutable values that the thread replaces; they never touch live
tensors and never make the thread wait.
"""

from __future__ import annotations

import errno
import re
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import torch

from gan_core import catalog
from gan_core.config import TrainConfig
from gan_core.data.loading import Progress, dataset_spec, download, downloaded_bytes
from gan_core.errors import BusyError, GanError
from gan_core.quality import evaluation
from gan_core.runs.folder import Curves, RunFolder, RunStore
from gan_core.training import forks, session
from gan_core.training.session import Recording

_SLICE_SECONDS = 0.1  # how long the thread trains before it looks for a request


class Phase(Enum):
    """Where a job stands."""

    LOADING = "loading"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def active(self) -> bool:
        """Whether the job's thread is at work or waits to go on."""
        return self in (Phase.LOADING, Phase.RUNNING, Phase.PAUSED)


@dataclass(frozen=True)
class Snapshot:
    """What watchers may know of one recording: plain immutable data, errors included."""

    run: str
    phase: Phase
    config: TrainConfig
    step: int = 0
    total: int = 0
    seconds: float = 0.0
    images_per_second: float = 0.0
    seconds_left: float | None = None
    dataset_size: int = 0
    curves: Curves | None = None
    quality: Curves | None = None
    grids: tuple[int, ...] = ()
    doing: str = ""  # while loading: what is being read
    share: float = 0.0  # while loading: from 0 to 1
    saved_step: int | None = None
    notice: str = ""  # something that the person should know, and that stopped nothing
    error: str | None = None
    may_act: str = "off"  # what the doctor may do about a severe finding


Maker = Callable[[Progress], Recording]
Work = tuple[RunFolder, TrainConfig, Maker]


class TrainingJob:
    """Recordings trained in one daemon thread, a slice of time each in turn.

    Args:
        makers: the run's name, its settings, and the function that opens its recording.
    """

    def __init__(self, makers: Sequence[Work]) -> None:
        self._makers = makers
        self._recordings: list[Recording] = []
        self._condition = threading.Condition()
        self._pause = self._stop = self._save = False
        self._may_act: str | None = None  # a wish that is yet to be heard
        self._at = 0  # the recording that is being worked on
        self._snapshots = tuple(
            Snapshot(run.name, Phase.LOADING, config, total=config.steps)
            for run, config, _ in makers
        )
        # Thread.join is not used: up to Python 3.12 one that Ctrl-C interrupts takes the thread for
        # ended while it still runs.
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """The latest state of each recording; never blocks."""
        return self._snapshots

    @property
    def snapshot(self) -> Snapshot:
        """The latest state of the first recording."""
        return self._snapshots[0]

    @property
    def phase(self) -> Phase:
        """The phase of the whole job: active as long as one recording is."""
        phases = [snapshot.phase for snapshot in self._snapshots]
        return next((p for p in phases if p.active), phases[0])

    @property
    def may_act(self) -> str:
        """What the doctor may do, the latest wish included."""
        return self._may_act or self.snapshot.may_act

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def pause(self) -> None:
        """Hold after the current slice, with everything saved."""
        self._request(pause=True)

    def resume(self) -> None:
        """Go on after a pause."""
        self._request(pause=False)

    def save(self) -> None:
        """Save now."""
        self._request(save=True)

    def stop(self, timeout: float | None = None) -> bool:
        """Save and end; wait so long for it. Returns whether the thread has ended."""
        self._request(stop=True)
        if timeout is not None:
            self.wait(timeout)
        return self._ended.is_set()

    def wait(self, timeout: float | None = None) -> None:
        """Wait for the thread to end."""
        self._ended.wait(timeout)

    def allow(self, may_act: str) -> None:
        """Let the doctor do this about what is severe: one of its ACTIONS."""
        self._request(may_act=may_act)

    def _request(self, **wishes: bool | str) -> None:
        with self._condition:
            for name, wish in wishes.items():
                setattr(self, f"_{name}", wish)
            self._condition.notify_all()

    def _run(self) -> None:
        try:
            self._open()
            self._train()
        except BaseException as error:  # a daemon thread has nobody else to tell
            self._fail(error)
        finally:
            for opened in self._recordings:
                opened.close()
            self._ended.set()

    def _open(self) -> None:
        for index, (_, _, make) in enumerate(self._makers):

            def progress(share: float, what: str, index: int = index) -> None:
                self._publish(index, doing=what, share=share)
                if self._stop:
                    raise GanError("Stopped before the training began.")

            self._at = index
            self._recordings.append(make(progress))
        for index in range(len(self._recordings)):
            self._observe(index, Phase.RUNNING)

    def _train(self) -> None:
        while True:
            with self._condition:
                pause, stop, save = self._pause, self._stop, self._save
                may_act = self._may_act
                self._save = False
            if may_act is not None:
                self._allow(may_act)
                with self._condition:
                    if self._may_act == may_act:  # else there is a newer wish
                        self._may_act = None
            if stop:
                self._save_all("stopped", Phase.STOPPED)
                return
            if save:
                self._save_all("running", Phase.RUNNING)
            if pause:
                self._save_all("paused", Phase.PAUSED)
                with self._condition:
                    self._condition.wait_for(
                        lambda: not self._pause or self._stop or self._may_act is not None
                    )
                for opened in self._recordings:
                    if not opened.ended:
                        opened.note("running")
                continue
            if all(opened.ended for opened in self._recordings):
                return
            for index, opened in enumerate(self._recordings):
                if not opened.ended:
                    self._at = index
                    opened.advance(_SLICE_SECONDS)
                    self._observe(index, _phase_of(opened))

    def _allow(self, may_act: str) -> None:
        for index, opened in enumerate(self._recordings):
            if not opened.ended:
                opened.may_act = may_act
                opened.note("running")
                self._publish(index, may_act=may_act)

    def _save_all(self, status: str, phase: Phase) -> None:
        for index, opened in enumerate(self._recordings):
            if not opened.ended:
                self._at = index
                opened.save(status)
                self._observe(index, phase)

    def _observe(self, index: int, phase: Phase) -> None:
        opened = self._recordings[index]
        speed = opened.images_per_second
        config = opened.config
        to_show = config.images_at(config.steps) - config.images_at(opened.step)
        left = to_show / speed if speed else None
        if left is not None:
            # Taking turns stretches the time that is left by the number of those at work.
            left *= sum(not other.ended for other in self._recordings) or 1
        self._publish(
            index,
            phase=phase,
            config=opened.config,
            step=opened.step,
            total=opened.config.steps,
            seconds=opened.seconds,
            images_per_second=speed,
            seconds_left=left,
            dataset_size=opened.info.dataset_size,
            curves=opened.history.view(),
            quality=opened.quality.view(),
            grids=opened.grids,
            notice=" ".join(filter(None, [opened.notice, opened.acted])),
            saved_step=opened.saved_step,
            may_act=opened.may_act,
        )

    def _publish(self, index: int, **changes: Any) -> None:
        updated = list(self._snapshots)
        updated[index] = replace(updated[index], **changes)
        self._snapshots = tuple(updated)

    def _fail(self, error: BaseException) -> None:
        """Tell what happened to the recording it happened to, and save what the others did."""
        loading = len(self._recordings) < len(self._makers)
        failed = self._snapshots[self._at].run
        for index, (run, _, _) in enumerate(self._makers):
            if self._snapshots[index].phase is Phase.FINISHED:
                continue
            if self._stop and loading:
                self._leave(index, Phase.STOPPED, "", saving=False)
            elif index == self._at:
                self._leave(index, Phase.FAILED, explain(error), saving=False)
            else:
                self._leave(index, Phase.STOPPED, f"Stopped because {failed} failed.", saving=True)
            if not (run.path / "config.json").is_file():
                shutil.rmtree(run.path, ignore_errors=True)

    def _leave(self, index: int, phase: Phase, message: str, *, saving: bool) -> None:
        if index < len(self._recordings):
            opened = self._recordings[index]
            try:
                if saving:
                    opened.save(phase.value, message)
                else:
                    opened.note(phase.value, message)
            except (OSError, GanError):
                pass  # the message is in the snapshot; the disk may be what failed
            self._publish(index, saved_step=opened.saved_step)
        if phase is Phase.FAILED:
            self._publish(index, phase=phase, error=message)
        else:
            self._publish(index, phase=phase, notice=message)


def _phase_of(opened: Recording) -> Phase:
    if opened.finished:
        return Phase.FINISHED
    return Phase.STOPPED if opened.ended else Phase.RUNNING


def explain(error: BaseException) -> str:
    """What happened and what to try, in words for the person at the screen."""
    if isinstance(error, GanError):
        return str(error)
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    out_of_memory = isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and re.search("(not enough|allocate) memory", str(error))
    )
    if out_of_memory:
        return (
            "Out of memory. The last saved state is kept; try a smaller batch size, a smaller "
            "network or smaller images."
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            "The disk is full. The last saved state is kept; make room (old runs can be deleted "
            "on the Runs page), then resume this run."
        )
    if isinstance(error, OSError):
        return (
            f"A file could not be written or read ({text}). The last saved state is kept; check "
            "the disk and its permissions, then resume this run."
        )
    return (
        f"Something unexpected stopped the training ({type(error).__name__}: {text}). The last "
        "saved state is kept; you can resume this run."
    )


class Download:
    """A data set being fetched in a daemon thread."""

    def __init__(self, name: str, data_dir: Path) -> None:
        self.name = name
        self.error: str | None = None
        self._data_dir = data_dir
        self._thread = threading.Thread(target=self._run, name=f"download-{name}", daemon=True)
        self._thread.start()

    @property
    def active(self) -> bool:
        """Whether it is still under way."""
        return self._thread.is_alive()

    @property
    def share(self) -> float:
        """How much has arrived, from 0 to 1."""
        total = dataset_spec(self.name).download_bytes
        return min(1.0, downloaded_bytes(self.name, self._data_dir) / max(1, total))

    def wait(self, timeout: float | None = None) -> None:
        """Wait for it to end."""
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            download(self.name, self._data_dir)
        except BaseException as error:  # a daemon thread has nobody else to tell
            self.error = explain(error)


class Measurement:
    """A full measurement of a run or checkpoint, made in a daemon thread and kept in its folder."""

    def __init__(self, run: RunFolder, data_dir: Path) -> None:
        self.name = run.name
        self.error: str | None = None
        self.share, self.doing = 0.0, "drawing samples"
        self._run_folder, self._data_dir = run, data_dir
        self._thread = threading.Thread(target=self._run, name=f"measure-{run.name}", daemon=True)
        self._thread.start()

    @property
    def active(self) -> bool:
        """Whether it is still under way."""
        return self._thread.is_alive()

    def wait(self, timeout: float | None = None) -> None:
        """Wait for it to end."""
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            evaluation.measure(self._run_folder, self._data_dir, self._progress)
        except BaseException as error:  # a daemon thread has nobody else to tell
            self.error = explain(error)

    def _progress(self, share: float, doing: str) -> None:
        self.share, self.doing = min(1.0, share), doing


class Trainings:
    """The jobs of this process: at most one active at a time."""

    def __init__(self, store: RunStore, data_dir: Path, device: torch.device) -> None:
        self.store = store
        self.data_dir = data_dir
        self.device = device
        self.downloads: dict[str, Download] = {}
        self.measurement: Measurement | None = None  # that is under way, or the last one
        self._job: TrainingJob | None = None
        self._lock = threading.Lock()

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

    def start(self, configs: Sequence[TrainConfig], may_act: str = "off") -> TrainingJob:
        """Train new runs; more than one take turns, a race.

        Args:
            may_act: what the doctor may do about a severe finding, one of its ACTIONS.

        Raises:
            ConfigError: settings that do not fit.
            BusyError: a training runs already.
        """
        for config in configs:
            catalog.check(config)

        def prepare() -> list[Work]:
            return [self._new(config, may_act) for config in configs]

        return self._begin(prepare)

    def resume(self, name: str, changes: Mapping[str, Any] | None = None) -> TrainingJob:
        """Go on with a saved run.

        Raises:
            CheckpointError: there is no such run.
            BusyError: a training runs already.
        """
        run = self.store.get(name)
        config = run.config()

        def make(progress: Progress) -> Recording:
            return session.resume(run, changes or {}, self.data_dir, self.device, progress)

        return self._begin(lambda: [(run, config, make)])

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
        parent = self.store.get(name)
        configs = [forks.settings(parent.config(), change) for change in changes]

        def child(config: TrainConfig, change: Mapping[str, Any]) -> Work:
            run = forks.new_run(self.store, parent, step, change)

            def make(progress: Progress) -> Recording:
                return forks.start(run, parent, step, change, self.data_dir, self.device, progress)

            return run, config, make

        return self._begin(lambda: [child(*one) for one in zip(configs, changes, strict=True)])

    @property
    def measuring(self) -> bool:
        """Whether a full measurement is under way."""
        return self.measurement is not None and self.measurement.active

    def measure(self, run: RunFolder) -> Measurement:
        """Measure the generator of a run or checkpoint in full, one at a time.

        Raises:
            BusyError: another is being measured.
        """
        with self._lock:
            if self.measurement is not None and self.measurement.active:
                raise BusyError(f"{self.measurement.name} is being measured. Wait for its end.")
            self.measurement = Measurement(run, self.data_dir)
            return self.measurement

    def download(self, name: str) -> Download:
        """Fetch a data set, or the download of it that is already under way."""
        with self._lock:
            current = self.downloads.get(name)
            if current is None or not current.active:
                current = self.downloads[name] = Download(name, self.data_dir)
            return current

    def close(self, timeout: float = 30.0) -> bool:
        """Stop the job and save it. Returns whether it ended in time."""
        job = self.active
        return job is None or job.stop(timeout)

    def _new(self, config: TrainConfig, may_act: str) -> Work:
        run = session.new_run(self.store, config)

        def make(progress: Progress) -> Recording:
            opened = session.start(run, config, self.data_dir, self.device, progress)
            opened.may_act = may_act
            return opened

        return run, config, make

    def _begin(self, prepare: Callable[[], list[Work]]) -> TrainingJob:
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
            self._job = TrainingJob(prepare())
            self._job.start()
            return self._job
