"""``train`` and ``fork``: a training watched from the command line."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_core.cli import completion
from gan_core.cli.endings import say, silence, wish_to_end
from gan_core.cli.options import TICK_SECONDS, DataDir, Device, RunsDir, find_run
from gan_core.cli.settings import base_settings, changed_settings
from gan_core.config import TrainConfig
from gan_core.data.loading import default_data_dir
from gan_core.data.table import dataset_spec
from gan_core.errors import ConfigError, GanError
from gan_core.files import is_file
from gan_core.presets import PRESETS, preset
from gan_core.runs.events import describe_event, own, read_events
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import settle
from gan_core.runs.status import MAY_ACT, MayAct, Phase
from gan_core.runs.store import RunStore
from gan_core.signals import Wish

if TYPE_CHECKING:
    from gan_core.training.job import TrainingJob
    from gan_core.training.snapshot import Snapshot
    from gan_core.training.trainings import Trainings


MayActOption = Annotated[
    str | None,
    typer.Option(
        metavar=f"[{'|'.join(MAY_ACT)}]",
        help="What the doctor may do where it finds something severe: nothing, end the training, "
        "or go back once to the last healthy state. A resumed run keeps what was allowed before.",
        show_default=False,
    ),
]


def train(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PRESET",
            help="The recipe to start from; `list presets` names them.",
            autocompletion=completion.recipes,
        ),
    ] = None,
    data_dir: DataDir = Path("data"),
    runs_dir: RunsDir = Path("runs"),
    device: Device = "auto",
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Short for --set seed=N.", show_default=False)
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE ...",
            help="Change settings of the recipe, as in --set steps=5000 batch_size=128. "
            "`list presets --json` shows them all.",
        ),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(
            "--resume",
            metavar="RUN",
            help="Go on with a run, given by its name in the runs folder or by its folder. Only "
            "its length and its intervals may change.",
        ),
    ] = None,
    repeated: Annotated[
        str | None,
        typer.Option(
            "--repeat",
            metavar="RUN",
            help="Train a run once more from its beginning, as a new one: with its settings, less "
            "what is set otherwise, and with what was done to it by hand at the same steps.",
        ),
    ] = None,
    config_file: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Settings in a file of TOML or JSON, in place of a recipe or on top of it, such "
            "as a run's config.json. `config` writes them.",
            show_default=False,
        ),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What is to be done to the training at which steps: an events.jsonl, as a run "
            "keeps it.",
            show_default=False,
        ),
    ] = None,
    forget: Annotated[
        bool,
        typer.Option(
            "--forget-later",
            help="With --resume: do not do again what was done by hand after the saved state.",
        ),
    ] = False,
    may_act: MayActOption = None,
) -> None:
    """Train a recipe, go on with a run, or repeat one."""
    action = _action(may_act)
    _check_ways(words or [], run, repeated, events, config_file, forget=forget)
    recipe, changes = changed_settings(words or [], assignments or [], seed)
    saved_step = 0
    with wish_to_end() as wish:
        if run is not None:
            folder = find_run(run, runs_dir)
            saved_step = folder.status().step
            if recipe:
                changes["preset"] = preset(recipe).preset  # refused where it began with another
            trainings = _trainings(folder.path.parent, data_dir, device)
            job = trainings.resume(folder.name, changes, again=not forget)
        elif repeated is not None:
            folder = find_run(repeated, runs_dir)
            trainings = _trainings(folder.path.parent, data_dir, device)
            job = trainings.repeat(folder.name, changes)
        elif recipe or config_file is not None:
            trainings = _trainings(runs_dir, data_dir, device)
            config = base_settings(recipe, config_file).with_settings(changes)
            _check_folder(config)
            planned = read_events(events, str(events)) if events else ()
            job = trainings.start([config], events=own(planned))
        else:
            presets = ", ".join(PRESETS)
            raise ConfigError(
                f"Give a preset ({presets}), --config FILE, --resume RUN or --repeat RUN."
            )
        code = _follow(job, trainings, saved_step, action, wish)
    raise typer.Exit(code)


def fork(
    words: Annotated[
        list[str], typer.Argument(metavar="RUN", help="The run's name, or its folder.")
    ],
    at: Annotated[
        int | None,
        typer.Option(
            "--at",
            metavar="STEP",
            help="A step whose state the run keeps; the latest without it.",
            show_default=False,
        ),
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE ...",
            help="What the fork does otherwise, as in --set lr_g=0.0005. Without it the fork "
            "repeats the run.",
        ),
    ] = None,
    data_dir: DataDir = Path("data"),
    runs_dir: RunsDir = Path("runs"),
    device: Device = "auto",
    may_act: MayActOption = None,
) -> None:
    """Train a run on from one of its saved steps with other settings, as a run of its own."""
    action = _action(may_act)
    name, changes = changed_settings(words, assignments or [])
    if not name:
        raise ConfigError("Give the run that is to be forked, by its name or its folder.")
    parent = find_run(name, runs_dir)
    settle(parent)
    step = parent.status().step if at is None else at
    if step not in parent.saved_steps():
        steps = ", ".join(f"{saved_step:,}" for saved_step in parent.saved_steps()) or "none"
        raise ConfigError(f"at is {step:,}; {parent.name} keeps the states of steps {steps}.")
    with wish_to_end() as wish:
        trainings = _trainings(parent.path.parent, data_dir, device)
        job = trainings.fork(parent.name, step, [changes])
        code = _follow(job, trainings, step, action, wish)
    raise typer.Exit(code)


def _check_ways(
    words: Sequence[str],
    resumed: str | None,
    repeated: str | None,
    events: Path | None,
    config_file: Path | None,
    *,
    forget: bool,
) -> None:
    """Refuse options that go together with no way to begin.

    Raises:
        ConfigError: naming them.
    """
    if repeated is not None and resumed is not None:
        raise ConfigError("--repeat begins anew and --resume goes on; give one of them.")
    if repeated is not None and any("=" not in word for word in words):
        raise ConfigError("--repeat takes the recipe of the run; give no preset beside it.")
    if config_file is not None and (repeated is not None or resumed is not None):
        raise ConfigError("--config is for a new training; a run has settings of its own.")
    if events is not None and (repeated is not None or resumed is not None):
        raise ConfigError("--events is for a new training; a run has events of its own.")
    if events is not None and not is_file(events):
        raise ConfigError(f"events is '{events}', but there is no such file.")
    if forget and resumed is None:
        raise ConfigError("--forget-later is for a training that goes on: give --resume RUN.")


def _action(may_act: str | None) -> MayAct | None:
    """What the doctor may do, by its name.

    Raises:
        ConfigError: no such name.
    """
    if may_act is None:
        return None
    for action in MAY_ACT:
        if action == may_act:
            return action
    raise ConfigError(f"may_act is {may_act!r}; choose one of {', '.join(MAY_ACT)}.")


def _trainings(runs_dir: Path, data_dir: Path, device: str) -> Trainings:
    from gan_core.training.trainings import Trainings

    return Trainings(RunStore(runs_dir), data_dir, device)


def _check_folder(config: TrainConfig) -> None:
    """Refuse a folder that no data set reads: it would be passed over without a word."""
    if config.folder and not dataset_spec(config.dataset).named:
        raise ConfigError(
            f"folder is {config.folder!r}, but the data set {config.dataset!r} is not read from a "
            "folder; set dataset=folder as well, or dataset=points for a file of points."
        )


def _follow(
    job: TrainingJob, trainings: Trainings, saved_step: int, may_act: MayAct | None, wish: Wish
) -> int:
    """Show a training until it ends, save it at a signal, and return the exit code."""
    from gan_core.devices import device_name

    if may_act is not None:
        job.allow(may_act)
    try:
        _show_progress(job, saved_step, device_name(trainings.device), wish)
    except (OSError, ValueError):  # the terminal, or whoever reads the output, is gone
        silence(sys.stdout, sys.stderr)
        for _ in _snapshots(job, wish):
            pass
    end = job.snapshot
    return _print_end(end, trainings.store.root / end.run, trainings.data_dir, wish)


def _show_progress(job: TrainingJob, saved_step: int, device: str, wish: Wish) -> None:
    """Show a job until it ends: a bar on a terminal, else a line for each interval."""
    from rich.progress import BarColumn, Progress, TextColumn

    from gan_core.training.log import log_line

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=16),
        TextColumn("{task.fields[facts]}", markup=False),
    )
    is_loading, last_step, seen = True, saved_step, 0
    with Progress(*columns, disable=sys.stdout is None or not sys.stdout.isatty()) as bar:
        task = bar.add_task("Loading", total=1, facts="")
        for snapshot in _snapshots(job, wish):
            if snapshot.curves is None:
                bar.update(task, description=snapshot.doing or "Loading", completed=snapshot.share)
                continue
            if is_loading:
                is_loading = False
                seen = sum(event.step < saved_step for event in snapshot.events)
                say(
                    f"{snapshot.run}: {snapshot.dataset_size:,} images, "
                    f"{snapshot.total:,} steps, {device}"
                )
                if snapshot.notice:
                    say(snapshot.notice, err=True)
            if bar.disable:
                for row in _rows_after(snapshot, last_step):
                    say(log_line(row, snapshot.config, snapshot.dataset_size))
                    last_step = int(row["step"])
                for event in snapshot.events[seen:]:
                    say(f"By {event.by} at step {event.step:,}: {describe_event(event)}")
            seen = len(snapshot.events)
            bar.update(
                task,
                description=f"{snapshot.step:,}/{snapshot.total:,}",
                completed=snapshot.step,
                total=snapshot.total,
                facts=_facts(snapshot),
            )


def _print_end(end: Snapshot, path: Path, data_dir: Path, wish: Wish) -> int:
    """Say how a training ended and what the doctor finds in it, and return the exit code.

    Raises:
        GanError: it was refused before it began.
    """
    from gan_core.training import doctor

    if end.curves is None and end.phase is Phase.FAILED:
        raise GanError(end.error)
    if end.curves is None and end.phase is Phase.STOPPED:
        say("Stopped before the training began.", err=True)
        return wish.exit_code
    if end.phase is Phase.FAILED:
        say(end.error, err=True)
    elif end.phase is Phase.STOPPED:
        command = ["python", "-m", "gan_core", "train", "--resume", str(path)]
        if data_dir != default_data_dir():
            command += ["--data-dir", str(data_dir)]
        say(f"Saved at step {end.step:,}. Go on with: {shlex.join(command)}", err=True)
    if treatment := RunFolder(path).status().treatment:
        say(treatment, err=True)
    for finding in doctor.examine(end.settings, end.curves or {}, end.quality or {}):
        where = f"{finding.title} ({finding.severity}, since step {finding.step:,})"
        say(f"Doctor: {where}. {finding.evidence} {finding.advice}", err=True)
    say(path)
    return {Phase.FAILED: 1, Phase.STOPPED: wish.exit_code}.get(end.phase, 0)


def _snapshots(job: TrainingJob, wish: Wish) -> Iterator[Snapshot]:
    """The state of a job at every tick, the last one included; a wish to end ends it."""
    stopping = False
    while job.snapshot.phase.active:
        yield job.snapshot
        if wish.count and not stopping:
            stopping = True
            say("Stopping; what was trained is being saved ...", err=True)
            job.stop()
        job.wait(TICK_SECONDS)
    job.wait()
    yield job.snapshot


def _rows_after(snapshot: Snapshot, step: int) -> Iterator[dict[str, float]]:
    curves = snapshot.curves or {}
    for index, at in enumerate(curves.get("step", ())):
        if at > step:
            yield {name: float(column[index]) for name, column in curves.items()}


def _facts(snapshot: Snapshot) -> str:
    """Speed, time left and losses, short enough to stand behind a bar."""
    facts = []
    if snapshot.images_per_second:
        facts.append(f"{snapshot.images_per_second:,.0f} images/s")
    if snapshot.seconds_left is not None:
        minutes, seconds = divmod(round(snapshot.seconds_left), 60)
        facts.append(f"{minutes}:{seconds:02} left")
    for label, name in (("D", "d/loss"), ("G", "g/loss")):
        column = (snapshot.curves or {}).get(name)
        if column is not None and len(column):
            facts.append(f"{label} {column[-1]:.3f}")
    return "  ".join(facts)
