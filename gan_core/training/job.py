"""Training in the background: the only module that imports threading.

A :class:`TrainingJob` runs one recording, or two side by side, in a daemon thread. Watchers read
:attr:`TrainingJob.snapshots`, immutable values that the thread replaces; they never touch live
tensors and never make the thread wait.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from gan_core.config import TrainConfig
from gan_core.data.dataset import Progress
from gan_core.errors import GanError
from gan_core.runs.folder import RunFolder
from gan_core.training.background import explain
from gan_core.training.session import TrainingSession
from gan_core.training.snapshot import Phase, Snapshot

_SLICE_SECONDS = 0.1  # how long the thread trains before it looks for a request


Maker = Callable[[Progress], TrainingSession]
Work = tuple[RunFolder, TrainConfig, Maker]


class TrainingJob:
    """Recordings trained in one daemon thread, a slice of time each in turn.

    Args:
        makers: the run's name, its settings, and the function that opens its recording.
    """

    def __init__(self, makers: Sequence[Work]) -> None:
        self._makers = makers
        self._recordings: list[TrainingSession] = []
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


def _phase_of(opened: TrainingSession) -> Phase:
    if opened.finished:
        return Phase.FINISHED
    return Phase.STOPPED if opened.ended else Phase.RUNNING
