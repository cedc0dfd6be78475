"""What was done to a training while it ran: events.jsonl, a line each, in the order of happening.

    {"step": 300, "event": "set", "name": "lr_g", "old": 0.0002, "new": 0.001}
    {"step": 310, "event": "turn", "name": "d"}
    {"step": 450, "event": "noise", "new": 460}

A setting took another value, a player took a turn alone, other noise is drawn from there on. The
step is the number of generator updates before it.

Events are what a training is given, like its settings: with the same settings, seed and events it
gives the same weights, bit for bit. So a line is on disk before what it says is done, and a
training that goes on from an earlier state meets the later events again at their steps, as it
meets its steps again. A saved state says how many of the lines lie behind it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from gan_core import catalog
from gan_core.config import MAX_SEED, TrainConfig
from gan_core.errors import ConfigError
from gan_core.files import describe_os_error, naming, printable, write_atomic
from gan_core.runs.fields import MAX_EVENTS, MAX_STEPS, MAX_TEXT, is_number

Player = Literal["d", "g"]  # the discriminator, the generator
Kind = Literal["set", "turn", "noise"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PLAYERS: Mapping[Player, str] = {"d": "discriminator", "g": "generator"}
_MAX_NOISE = MAX_SEED + MAX_STEPS  # a run's seed and a step


@dataclass(frozen=True)
class Event:
    """One of them.

    Attributes:
        step: generator updates done before it.
        name: the setting, or the player; empty for other noise.
        new: the value of the setting, or the seed of the noise.
        old: the value that the setting had; None where that is not known before it happens.
        run: the run that it happened in, where this one was forked from that later.
    """

    step: int
    kind: Kind
    name: str = ""
    new: float | None = None
    old: float | None = None
    run: str = ""

    @property
    def by(self) -> str:
        """Who did it: a person, by hand, or the doctor."""
        return "the doctor" if self.kind == "noise" else "hand"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as a line of events.jsonl holds them."""
        values = {
            "step": self.step,
            "event": self.kind,
            "name": self.name or None,
            "old": self.old,
            "new": self.new,
            "run": self.run or None,
        }
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_values(cls, values: object) -> Event:
        """The event that :meth:`to_dict` wrote.

        Raises:
            ConfigError: it is none, as the end of a sentence that names the place.
        """
        if not isinstance(values, dict):
            raise ConfigError("it holds no values by name")
        step, run = values.get("step"), values.get("run", "")
        kind = next((kind for kind in KINDS if kind == values.get("event")), None)
        name, new, old = values.get("name", ""), values.get("new"), values.get("old")
        if type(step) is not int or not 0 <= step <= MAX_STEPS:
            raise ConfigError(f"step must be a whole number from 0 to {MAX_STEPS:,}")
        if kind is None:
            raise ConfigError(f"event must be one of {', '.join(KINDS)}")
        if not isinstance(name, str) or not isinstance(run, str) or len(name + run) > MAX_TEXT:
            raise ConfigError("name and run must be short texts")
        if kind == "turn" and name not in PLAYERS:
            raise ConfigError("name must be d or g, the player whose turn it is")
        if kind == "set" and not (name and is_number(new)):
            raise ConfigError("name must be a setting, and new its value, a number")
        if kind == "noise" and not (type(new) is int and 0 <= new <= _MAX_NOISE):
            raise ConfigError("new must be the seed of the noise, a whole number")
        known = old if kind == "set" and is_number(old) else None
        return cls(step, kind, printable(name), new, known, printable(run))


class EventLog:
    """The events of one training: those that have happened, and those to come, in its file.

    Args:
        path: the file; it is begun by the first event.
        coming: those that it holds.
    """

    def __init__(self, path: Path, coming: Sequence[Event] = ()) -> None:
        self._path = path
        self.past: tuple[Event, ...] = ()  # those that have happened, in order
        self.coming = tuple(coming)  # those that will when their step is reached, in order

    def due(self, step: int) -> Event | None:
        """The next that is to happen before the training goes beyond that step."""
        return self.coming[0] if self.coming and self.coming[0].step <= step else None

    def plan(self, event: Event) -> None:
        """Let it be the next to happen. It is on disk when this returns.

        Raises:
            OSError: the file cannot be written; nothing is planned.
        """
        if self.coming:
            self._write([*self.past, event, *self.coming])
        else:
            with naming(self._path), self._path.open("a", encoding="utf-8") as sink:
                sink.write(_line(event))
                sink.flush()
                os.fsync(sink.fileno())
        self.coming = (event, *self.coming)

    def pass_by(self, event: Event) -> None:
        """The next one happens, and this is how: at that step, from that value.

        Raises:
            OSError: the file cannot be written.
        """
        rest = self.coming[1:]
        if event != self.coming[0]:
            self._write([*self.past, event, *rest])
        self.past, self.coming = (*self.past, event), rest

    def go_back(self, past: Sequence[Event], step: int) -> None:
        """Stand at a saved state of that step, behind these events: the others will happen again.

        Where the file tells of another past, a process was killed while it sent the training back.
        The state is what holds then.

        Raises:
            OSError: the file cannot be written.
        """
        known = (*self.past, *self.coming)
        same = known[: len(past)] == tuple(past)
        later = tuple(event for event in known[len(past) :] if same and event.step >= step)
        if (*past, *later) != known:
            self._write([*past, *later])
        self.past, self.coming = tuple(past), later

    def drop(self, count: int) -> None:
        """Let the next so many never happen.

        Raises:
            OSError: the file cannot be written.
        """
        if count:
            self._write([*self.past, *self.coming[count:]])
            self.coming = self.coming[count:]

    def write(self) -> None:
        """Write the file, where there are events."""
        if self.past or self.coming:
            self._write([*self.past, *self.coming])

    def _write(self, events: Sequence[Event]) -> None:
        write_atomic(self._path, "".join(map(_line, events)).encode())


def _line(event: Event) -> str:
    return json.dumps(event.to_dict(), allow_nan=False) + "\n"


def read_events(path: Path, name: str) -> tuple[Event, ...]:
    """The events of a file, in order; none where there is no file. A last line cut short by a
    crash is left out: what it would have said was not done.

    Args:
        name: what to call the file.

    Raises:
        ConfigError: one sentence that names the line. To leave one out would be another training.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return ()
    except UnicodeDecodeError:
        raise ConfigError(f"{name} is no text: an event is a line of JSON.") from None
    except OSError as error:
        raise ConfigError(f"{name} cannot be read. {describe_os_error(error)}") from error
    lines = text.splitlines(keepends=True)
    if len(lines) > MAX_EVENTS:
        raise ConfigError(f"{name} holds {len(lines):,} lines; {MAX_EVENTS:,} are the most.")
    events: list[Event] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            event = Event.from_values(json.loads(line))
        except (ValueError, RecursionError):
            if number == len(lines) and not line.endswith("\n"):
                break
            raise ConfigError(f"{name}, line {number}, is no JSON.") from None
        except ConfigError as error:
            raise ConfigError(f"{name}, line {number}: {error}.") from error
        if events and event.step < events[-1].step:
            raise ConfigError(f"{name}, line {number}: the steps must not fall.")
        events.append(event)
    return tuple(events)


def events_behind(state: Mapping[str, Any]) -> tuple[Event, ...]:
    """The events that a saved training state has gone through.

    Raises:
        ConfigError: what it holds is none.
        TypeError: it holds no list of them.
    """
    return tuple(Event.from_values(values) for values in state.get("events", ()))


def own(events: Iterable[Event]) -> tuple[Event, ...]:
    """Those that happened in the run itself, and not in one that it was forked from."""
    return tuple(event for event in events if not event.run)


def settings_at(
    config: TrainConfig, events: Iterable[Event], step: int | None = None
) -> TrainConfig:
    """What a run trains with from a step on, its events of that step included.

    Args:
        config: the settings that it began with. Those of a fork are what it began with at the step
            of its parent's state: what came before is the parent's, and so not told here.
        events: all that happened in it.
        step: after all of them if not given.
    """
    changes = {
        event.name: event.new
        for event in own(events)
        if event.kind == "set" and (step is None or event.step <= step)
    }
    return config.with_settings(changes).without_schedule(*changes) if changes else config


def check_events(config: TrainConfig, events: Iterable[Event]) -> None:
    """Refuse events that a training with these settings could not go through.

    Raises:
        ConfigError: a setting that may not change while it trains, or a value not allowed.
    """
    for event in own(events):
        if event.kind == "set":
            try:
                config = catalog.changed(config, event.name, event.new)
            except ConfigError as error:
                raise ConfigError(f"The event of step {event.step:,} cannot be: {error}") from error


def describe_event(event: Event) -> str:
    """What happened, in a few words."""
    if event.kind == "turn":
        return f"a step of the {PLAYERS['d' if event.name == 'd' else 'g']} alone"
    if event.kind == "noise":
        return "other noise from here on"
    before = "" if event.old is None else f" from {event.old:g}"
    return f"{event.name}{before} to {event.new:g}"
