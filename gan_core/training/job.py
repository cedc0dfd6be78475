"""One training in the background, or two side by side.

A :class:`TrainingJob` trains its sessions in a daemon thread. Watchers read
:attr:`TrainingJob.snapshots`, immutable values that the thread replaces; they never touch live
tensors and never make the thread wait.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gan_core import catalog
from gan_core.config import TrainConfig
from gan_core.data.dataset import Progress
from gan_core.errors import BusyError, GanError
from gan_core.runs.events import Player
from gan_core.runs.folder import RunFolder
from gan_core.runs.status import MayAct, Phase
from gan_core.training.background import explain
from gan_core.training.showing import Look, Showing
from gan_core.training.snapshot import Snapshot

if TYPE_CHECKING:
    from gan_core.training.session import TrainingSession

_SLICE_SECONDS = 0.1  # how long the thread trains before it looks for a wish
Act = Callable[["TrainingSession"], None]


@dataclass(frozen=True)
class Work:
    """A training that a job is to do."""

    run: RunFolder
    config: TrainConfig
    open: Callable[[Progress], TrainingSession]
    is_new: bool = True  # whether its folder was made for it, and goes where it does not begin


@dataclass(frozen=True)
class Wishes:
    """What a job was asked for and has not done yet."""

    pause: bool = False  # until it is withdrawn
    stop: bool = False
    save: bool = False
    may_act: MayAct | None = None
    acts: tuple[tuple[int, Act], ...] = ()  # upon the session of that number, in this order
    pace: float = 0.0  # steps a second, until it is withdrawn; 0 is as fast as it can
    looks: int = 0  # how often somebody began to watch in another way


class TrainingJob:
    """Sessions trained in one daemon thread, a slice of time each in turn."""

    def __init__(self, works: Sequence[Work]) -> None:
        self._works = works
        self._sessions: list[TrainingSession] = []
        self._condition = threading.Condition()
        self._wishes = Wishes()
        self._asked = self._answered = 0  # how many wishes there were, and how many are done
        self._at = 0  # the session that is being worked on
        self._showings = tuple(Showing() for _ in works)
        self._listeners: tuple[Callable[[], None], ...] = ()
        self._snapshots = tuple(
            Snapshot(work.run.name, Phase.LOADING, work.config, total=work.config.steps)
            for work in works
        )
        # Thread.join is not used: up to Python 3.12 one that Ctrl-C interrupts takes the thread for
        # ended while it still runs.
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """The latest state of each session; never blocks."""
        return self._snapshots

    @property
    def snapshot(self) -> Snapshot:
        """The latest state of the first session."""
        return self._snapshots[0]

    @property
    def phase(self) -> Phase:
        """The phase of the whole job: active as long as one session is."""
        phases = [snapshot.phase for snapshot in self._snapshots]
        return next((p for p in phases if p.active), phases[0])

    @property
    def may_act(self) -> MayAct:
        """What the doctor may do, the latest wish included."""
        return self._wishes.may_act or self.snapshot.may_act

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def pause(self) -> None:
        """Hold after the current slice, with everything saved."""
        self._wish(pause=True)

    def resume(self) -> None:
        """Go on after a pause."""
        self._wish(pause=False)

    def save(self) -> None:
        """Save now."""
        self._wish(save=True)

    def stop(self, timeout: float | None = None) -> bool:
        """Save and end; wait so long for it. Returns whether the thread has ended."""
        self._wish(stop=True)
        if timeout is not None:
            self.wait(timeout)
        return self._end.is_set()

    def wait(self, timeout: float | None = None) -> None:
        """Wait for the thread to end."""
        self._end.wait(timeout)

    def settle(self, timeout: float) -> None:
        """Wait until all is done that was asked for so far, no longer than so many seconds."""
        with self._condition:
            asked = self._asked
            self._condition.wait_for(lambda: self._answered >= asked or self._end.is_set(), timeout)

    def allow(self, may_act: MayAct) -> None:
        """Let the doctor do this about what is severe."""
        self._wish(may_act=may_act)

    @property
    def pace(self) -> float:
        """Steps a second that it holds itself to; 0 where it trains as fast as it can."""
        return self._wishes.pace

    def slow_down(self, steps_per_second: float) -> None:
        """Train no faster than that, which changes nothing else; 0 is as fast as it can."""
        self._wish(pace=max(0.0, steps_per_second))

    def change(self, run: str, settings: Mapping[str, float]) -> None:
        """Train a run of this job on with other values of some settings, as events of its step.

        Raises:
            ConfigError: one cannot change while a run trains, or not to that value. None is.
        """
        index = self._index(run)
        config = self._snapshots[index].settings
        for name, value in settings.items():
            config = catalog.changed(config, name, value)

        def act(session: TrainingSession) -> None:
            for name, value in settings.items():
                session.change(name, value)

        self._ask(index, act)

    def turn(self, run: str, player: Player) -> None:
        """One update of one player alone, in a run of this job; best while it is paused."""
        self._ask(self._index(run), lambda session: session.turn(player))

    def play_round(self, run: str) -> None:
        """Train a run of this job that is paused to the beginning of its next round."""
        self._ask(self._index(run), lambda session: session.play_round())

    def newest_frame(self, run: str, look: Look, seen: int, timeout: float) -> bytes:
        """The newest frame of a run of this job that learns points, once there is another than the
        one of that number; empty where there is none in so many seconds. To ask is to watch: it is
        made from now on, for some seconds.

        Raises:
            BusyError: this job does not train the run.
        """
        showing = self._showings[self._index(run)]
        with self._condition:
            if showing.ask(look, timeout):
                self._wishes = replace(self._wishes, looks=self._wishes.looks + 1)
                self._condition.notify_all()
            self._condition.wait_for(
                lambda: showing.number not in (0, seen) or self._end.is_set(), timeout
            )
            return showing.message if showing.number != seen else b""

    @contextmanager
    def telling(self, listener: Callable[[], None]) -> Iterator[None]:
        """Within, that is called whenever there is a new frame, and at the end: in the training's
        thread, which it must not hold up."""
        with self._condition:
            self._listeners = (*self._listeners, listener)
        try:
            yield
        finally:
            with self._condition:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

    def _show(self, index: int, *, at_once: bool = False) -> None:
        """Show how a session looks, where somebody watches."""
        if self._showings[index].show(self._sessions[index], at_once=at_once):
            self._tell()

    def _tell(self) -> None:
        """Wake those who wait for a frame."""
        with self._condition:
            self._condition.notify_all()
        for listener in self._listeners:
            listener()

    def _slice(self) -> float:
        """Seconds to train before the next frame is due, or the next wish is looked for."""
        now = time.monotonic()
        pauses = (showing.pause_before(now) for showing in self._showings)
        return min([_SLICE_SECONDS, *(pause for pause in pauses if pause is not None)])

    def _index(self, run: str) -> int:
        names = [snapshot.run for snapshot in self._snapshots]
        if run not in names:
            raise BusyError(f"{run} is not being trained here.")
        return names.index(run)

    def _ask(self, index: int, act: Act) -> None:
        with self._condition:
            self._wish(acts=(*self._wishes.acts, (index, act)))

    def _wish(self, **changes: Any) -> None:
        with self._condition:
            self._wishes = replace(self._wishes, **changes)
            self._asked += 1
            self._condition.notify_all()

    def _answer(self, asked: int) -> None:
        """So many wishes are done."""
        with self._condition:
            if self._answered < asked:
                self._answered = asked
                self._condition.notify_all()

    def _run(self) -> None:
        try:
            self._open()
            with self._threads():
                self._train()
        except BaseException as error:  # a daemon thread has nobody else to tell
            self._fail(error)
        finally:
            for session in self._sessions:
                session.close()
            self._end.set()
            self._tell()

    def _threads(self) -> AbstractContextManager[None]:
        """As many of the processor's threads as the whole job is computed on, where that is known:
        to change their number at each slice and each frame may take longer than the frame."""
        if all(session.is_tiny for session in self._sessions):
            from gan_core.training.threads import on_one_thread

            return on_one_thread()
        return nullcontext()

    def _open(self) -> None:
        for index, work in enumerate(self._works):

            def progress(share: float, doing: str, index: int = index) -> None:
                self._publish(index, doing=doing, share=share)
                if self._wishes.stop:
                    raise GanError("Stopped before the training began.")

            self._at = index
            self._sessions.append(work.open(progress))
        for index in range(len(self._sessions)):
            self._observe(index, Phase.RUNNING)

    def _train(self) -> None:
        paused = False
        while True:
            with self._condition:
                wishes, asked = self._wishes, self._asked
                self._wishes = replace(wishes, save=False, acts=())
            if wishes.may_act is not None:
                self._allow(wishes.may_act)
                with self._condition:
                    if self._wishes.may_act == wishes.may_act:  # else there is a newer wish
                        self._wishes = replace(self._wishes, may_act=None)
            if wishes.stop:
                self._show_all()
                self._save_all(Phase.STOPPED)
                return
            for index, act in wishes.acts:
                self._at = index
                act(self._sessions[index])
                self._observe(index, self._phase_of(index, paused=paused))
                self._show(index, at_once=True)
            if wishes.save and not paused:
                self._save_all(Phase.RUNNING)
            if all(session.is_over for session in self._sessions):
                self._show_all()
                return
            if wishes.pause != paused:
                paused = wishes.pause
                self._hold(paused=paused)
            self._answer(asked)
            handled = replace(wishes, save=False, may_act=None, acts=())
            if paused:
                self._show_all()
                self._wait(handled)
                continue
            begun = time.monotonic()
            for index, session in enumerate(self._sessions):
                if not session.is_over:
                    self._at = index
                    session.advance(0 if wishes.pace else self._slice())
                    self._observe(index, session.phase)
                    self._show(index)
            if wishes.pace:
                self._wait(handled, begun + 1 / wishes.pace - time.monotonic())

    def _show_all(self) -> None:
        """Show how all sessions look that somebody has watched, as they stand."""
        for index in range(len(self._sessions)):
            self._show(index, at_once=True)

    def _hold(self, *, paused: bool) -> None:
        """Save and stand still, or go on."""
        if paused:
            self._save_all(Phase.PAUSED)
            return
        for index, session in enumerate(self._sessions):
            if not session.is_over:
                session.write_status(Phase.RUNNING)
                self._observe(index, Phase.RUNNING)

    def _wait(self, handled: Wishes, seconds: float | None = None) -> None:
        """Wait for wishes other than those that are handled, so long at most."""
        with self._condition:
            self._condition.wait_for(lambda: self._wishes != handled, seconds)

    def _phase_of(self, index: int, *, paused: bool) -> Phase:
        session = self._sessions[index]
        return Phase.PAUSED if paused and not session.is_over else session.phase

    def _allow(self, may_act: MayAct) -> None:
        for index, session in enumerate(self._sessions):
            if not session.is_over:
                session.may_act = may_act
                session.write_status(self._snapshots[index].phase)
                self._publish(index, may_act=may_act)

    def _save_all(self, phase: Phase) -> None:
        for index, session in enumerate(self._sessions):
            if not session.is_over:
                self._at = index
                session.save(phase)
                self._observe(index, phase)

    def _observe(self, index: int, phase: Phase) -> None:
        session = self._sessions[index]
        config, speed = session.config, session.images_per_second
        images_left = config.images_at(config.steps) - config.images_at(session.step)
        seconds_left = images_left / speed if speed else None
        if seconds_left is not None:
            # Taking turns stretches the time that is left by the number of those at work.
            seconds_left *= sum(not other.is_over for other in self._sessions) or 1
        if self._wishes.pace:
            slow = (config.steps - session.step) / self._wishes.pace
            seconds_left = max(slow, seconds_left or 0.0)
        self._publish(
            index,
            phase=phase,
            config=session.begun_with,
            events=session.events.past,
            images=session.trainer.images_seen,
            step=session.step,
            total=config.steps,
            seconds=session.seconds,
            images_per_second=speed,
            seconds_left=seconds_left,
            dataset_size=session.info.dataset_size,
            curves=session.history.view(),
            quality=session.quality.view(),
            grids=session.grids,
            notice=" ".join(filter(None, [session.notice, session.treatment])),
            saved_step=session.saved_step,
            may_act=session.may_act,
        )

    def _publish(self, index: int, **changes: Any) -> None:
        snapshots = list(self._snapshots)
        snapshots[index] = replace(snapshots[index], **changes)
        self._snapshots = tuple(snapshots)

    def _fail(self, error: BaseException) -> None:
        """Say what happened to the session it happened to, and save what the others did."""
        loading = len(self._sessions) < len(self._works)
        name = self._snapshots[self._at].run
        for index, work in enumerate(self._works):
            if self._snapshots[index].phase is Phase.FINISHED:
                continue
            if self._wishes.stop and loading:
                self._leave(index, Phase.STOPPED, "", saving=False)
            elif index == self._at:
                words = explain(error, self._kept_words(index))
                self._leave(index, Phase.FAILED, words, saving=False)
            else:
                self._leave(index, Phase.STOPPED, f"Stopped because {name} failed.", saving=True)
            if not work.run.is_run and (work.is_new or not work.run.resumable):
                shutil.rmtree(work.run.path, ignore_errors=True)

    def _kept_words(self, index: int) -> str:
        """What a training that failed can be gone on from, in a sentence."""
        run = self._works[index].run
        if index < len(self._sessions) and run.resumable:
            step = self._sessions[index].saved_step
            return f"What was saved at step {step:,} is kept, and can be resumed."
        return "Nothing of it was saved." if self._works[index].is_new else ""

    def _leave(self, index: int, phase: Phase, message: str, *, saving: bool) -> None:
        if index < len(self._sessions):
            session = self._sessions[index]
            try:
                if saving:
                    session.save(phase, message)
                else:
                    session.write_status(phase, message)
            except (OSError, GanError):
                pass  # the message is in the snapshot; the disk may be what failed
            self._publish(index, saved_step=session.saved_step)
        if phase is Phase.FAILED:
            self._publish(index, phase=phase, error=message)
        else:
            self._publish(index, phase=phase, notice=message)
