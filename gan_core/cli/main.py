"""The command line: train, fork, sample, interpolate, evaluate, export, onnx, list, download and
train-classifier.

torch is imported inside the commands that need it, so that ``--help`` and ``list presets`` are
quick. What a person gave wrong is answered with one sentence and exit code 2, a training that
fails with exit code 1, one that was interrupted with 130.
"""

from __future__ import annotations

import inspect
import io
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gan_core.config import MAX_SEED, dump_json, parse_assignments, parse_seeds
from gan_core.data.loading import DATASETS, dataset_spec, default_data_dir
from gan_core.errors import CheckpointError, ConfigError, DownloadError, GanError
from gan_core.presets import PRESETS, preset
from gan_core.runs.folder import (
    ACTIONS,
    RunFolder,
    RunStore,
    export_checkpoint,
    find_checkpoint,
    open_generator,
    write_atomic,
)

if TYPE_CHECKING:
    from rich.console import Console

    from gan_core.latent.vectors import Sheet
    from gan_core.quality.evaluation import Evaluation
    from gan_core.runs.folder import OpenedGenerator
    from gan_core.training.job import Snapshot, TrainingJob

_TICK_SECONDS = 0.2
_SAMPLES_AT_ONCE = 4096
_ANIMATION_SIDE = 224  # pixels: pictures of digits are too small to watch as they are
_INTERRUPTED = 130  # what a shell reports for Ctrl-C

app = typer.Typer(
    help="Train generative adversarial networks, and draw from them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

DataDir = Annotated[
    Path, typer.Option(envvar="GAN_DATA_DIR", metavar="D", help="Where data sets are kept.")
]
Device = Annotated[
    str, typer.Option(metavar="[auto|cpu|cuda]", help="What to train on; auto prefers a GPU.")
]
RunsDir = Annotated[
    Path, typer.Option(envvar="GAN_RUNS_DIR", metavar="R", help="Where runs are kept.")
]
Checkpoint = Annotated[
    str,
    typer.Argument(
        metavar="CHECKPOINT", help="The folder of a run or checkpoint, or a shipped one's name."
    ),
]


MayAct = Annotated[
    str | None,
    typer.Option(
        metavar=f"[{'|'.join(ACTIONS)}]",
        help="What the doctor may do where it finds something severe: nothing, end the training, "
        "or go back once to the last healthy state. A resumed run keeps what was allowed before.",
        show_default=False,
    ),
]
Label = Annotated[
    str | None,
    typer.Option(
        metavar="K",
        help="For a generator that takes labels: the class to draw, by its number or name.",
        show_default=False,
    ),
]


class Table(StrEnum):
    """What ``list`` can show."""

    PRESETS = "presets"
    ARCHITECTURES = "architectures"
    OBJECTIVES = "objectives"
    DATASETS = "datasets"


@app.command()
def train(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PRESET", help="The recipe to start from; `list presets` names them."
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
    may_act: MayAct = None,
) -> None:
    """Train a recipe, or go on with a run.

    Ctrl-C saves first, and says how to go on.

    The last line of the output is the run's folder.
    """
    _check_action(may_act)
    recipe, changes = _changes(words or [], assignments or [], seed)
    if not recipe and run is None:
        raise ConfigError(f"Give a preset ({', '.join(PRESETS)}), or --resume RUN.")

    from gan_core.training.job import Trainings
    from gan_core.training.session import device_name, select_device

    chosen = select_device(device)
    if run is None:
        store, saved_step = RunStore(runs_dir), 0
        trainings = Trainings(store, data_dir, chosen)
        job = trainings.start([preset(recipe).changed(changes)])
    else:
        folder = _find_run(run, runs_dir)
        store, saved_step = RunStore(folder.path.parent), folder.status().step
        trainings = Trainings(store, data_dir, chosen)
        if recipe:
            changes["preset"] = preset(recipe).preset  # refused where the run began with another
        job = trainings.resume(folder.name, changes)
    _allow(job, may_act)
    raise typer.Exit(_see_through(job, saved_step, device_name(chosen), store, data_dir))


@app.command()
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
    may_act: MayAct = None,
) -> None:
    """Train a run on from one of its saved steps with other settings, as a run of its own.

    The noise and the order of the real images stay the same, so two forks of one state differ by
    what was changed alone. The last line of the output is the new run's folder.
    """
    _check_action(may_act)
    name, changes = _changes(words, assignments or [], None)
    if not name:
        raise ConfigError("Give the run that is to be forked, by its name or its folder.")
    parent = _find_run(name, runs_dir)
    step = parent.status().step if at is None else at
    if step not in parent.saved_steps():
        kept = ", ".join(f"{saved:,}" for saved in parent.saved_steps()) or "none"
        raise ConfigError(f"at is {step:,}; {parent.name} keeps the states of steps {kept}.")

    from gan_core.training.job import Trainings
    from gan_core.training.session import device_name, select_device

    chosen = select_device(device)
    store = RunStore(parent.path.parent)
    job = Trainings(store, data_dir, chosen).fork(parent.name, step, [changes])
    _allow(job, may_act)
    raise typer.Exit(_see_through(job, step, device_name(chosen), store, data_dir))


@app.command()
def sample(
    checkpoint: Checkpoint,
    n: Annotated[int, typer.Option("--n", min=1, max=100_000, help="How many pictures.")] = 64,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Of the noise.")] = 0,
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help=".png is one grid; .npy holds the pictures, uint8 (N, H, W, C), as they look: "
            "white digits on black, and where the generator takes labels, NAME.labels.npy beside "
            "it holds them.",
        ),
    ] = Path("grid.png"),
    label: Label = None,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="[balanced]",
            help="For a generator that takes labels: as many of each class. This is what it does "
            "unless --label is given; a grid then has a row for each noise and a column for each "
            "class.",
        ),
    ] = None,
) -> None:
    """Draw pictures from a generator."""
    _check_output(out, (".png", ".npy"))
    if labels not in (None, "balanced"):
        raise ConfigError(f"labels is {labels!r}; it must be balanced.")
    if label is not None and labels is not None:
        raise ConfigError("--label and --labels exclude each other; give one of them.")
    opened = open_generator(find_checkpoint(checkpoint))
    if labels is not None:
        _check_conditional(opened)
    as_arrays = out.suffix.lower() == ".npy"
    z, y, columns = _points(opened, n, seed, label, in_columns=not as_arrays)

    import numpy as np

    from gan_core.images import pixels
    from gan_core.training import trainer

    parts = []
    for start in range(0, len(z), _SAMPLES_AT_ONCE):
        some = slice(start, start + _SAMPLES_AT_ONCE)
        drawn = trainer.sample(opened.generator, z[some], None if y is None else y[some])
        parts.append(pixels.to_uint8(drawn))
    pictures = np.concatenate(parts)
    if not as_arrays:
        write_atomic(out, pixels.png(pixels.grid(pictures, columns)))
    else:
        _write_array(out, pictures)
        if y is not None:
            _write_array(out.with_suffix(".labels.npy"), y.numpy())
    typer.echo(out)


@app.command()
def interpolate(
    checkpoint: Checkpoint,
    seeds: Annotated[
        str, typer.Option(metavar="A,B,...", help="The key points: the noise of each seed.")
    ] = "1,2,3",
    steps: Annotated[
        int, typer.Option(min=1, max=1000, help="Pictures from one key point to the next.")
    ] = 16,
    method: Annotated[
        str, typer.Option(metavar="[slerp|lerp]", help="Along the arc, or straight.")
    ] = "slerp",
    out: Annotated[
        Path,
        typer.Option(metavar="FILE", help=".png is a film strip; .gif, .webp and .mp4 are films."),
    ] = Path("strip.png"),
    label: Label = None,
    scale: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=32,
            help="How many times as large. Unless given, a strip stays as it is, and a film is "
            "made large enough to watch.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Walk through latent space from key point to key point."""
    _check_output(out, (".png", ".gif", ".webp", ".mp4"))
    numbers = parse_seeds(seeds, least=2)
    opened = open_generator(find_checkpoint(checkpoint))

    import numpy as np
    import torch
    from rich.progress import Progress

    from gan_core.images import films, pixels
    from gan_core.latent import vectors
    from gan_core.training import trainer

    kind = out.suffix.lower()[1:]
    side = opened.info.image_shape[1]
    default = max(1, _ANIMATION_SIDE // side) if kind in films.FILMS else 1
    config = opened.config
    keys = [vectors.noise(1, config.latent_dim, seed, config.noise) for seed in numbers]
    walk = vectors.path(torch.cat(keys), steps, method)
    y = None
    if label is not None or opened.generator.n_classes:
        y = torch.full((len(walk),), _class_index(opened, label or "0"))
    frames = list(pixels.to_uint8(trainer.sample(opened.generator, walk, y)))
    if kind not in films.FILMS:
        frames = [pixels.grid(np.stack(frames), columns=len(frames))]
    with Progress(disable=not sys.stderr.isatty(), console=_errors()) as bar:
        task = bar.add_task(f"Writing {out.name}", total=1)
        content = films.encoded(
            frames,
            kind,
            default if scale is None else scale,
            progress=lambda share: bar.update(task, completed=share),
        )
    write_atomic(out, content)
    typer.echo(out)


@app.command()
def evaluate(
    what: Annotated[
        str,
        typer.Argument(
            metavar="CHECKPOINT|RUN|SAMPLES.npy",
            help="A shipped checkpoint's name, a run's name or folder, or pictures that "
            "`sample --out SAMPLES.npy` wrote.",
        ),
    ],
    dataset: Annotated[
        str | None,
        typer.Option(
            metavar="DATASET",
            help="What to measure against; a generator's own data set unless given.",
            show_default=False,
        ),
    ] = None,
    n: Annotated[
        int, typer.Option("--n", min=6, max=100_000, help="How many samples to draw.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Of the noise.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="The measurements as JSON.")] = False,
    keep: Annotated[
        bool,
        typer.Option(
            "--save/--no-save",
            help="Keep a measurement of 10,000 samples or more against its own data set in the "
            "generator's folder, as evaluation.json and memorisation.png.",
        ),
    ] = True,
    data_dir: DataDir = Path("data"),
    runs_dir: RunsDir = Path("runs"),
) -> None:
    """Measure a generator's samples against the images that a data set keeps for tests.

    Beside the result stand the ceiling, the test images against themselves, and the floor,
    training images against the test images, which a perfect generator would reach.
    """
    from_file = what.lower().endswith(".npy")
    if from_file and dataset is None:
        raise ConfigError("Give --dataset, the data set that these pictures are to be like.")
    if dataset is not None:
        dataset_spec(dataset)
    folder = None if from_file else _find_generator(what, runs_dir)
    opened = None if folder is None else open_generator(folder.path)

    from rich.progress import BarColumn, Progress, TextColumn

    from gan_core.quality import evaluation

    bars = (TextColumn("{task.description}", markup=False), BarColumn())
    with Progress(*bars, disable=not sys.stderr.isatty(), console=_errors()) as bar:
        task = bar.add_task("Loading", total=1)

        def progress(share: float, doing: str) -> None:
            bar.update(task, completed=share, description=doing)

        if opened is None or folder is None:
            pictures = evaluation.read_pictures(Path(what))
            train = evaluation.training_images(dataset or "", pictures, data_dir, progress)
        else:
            progress(0.0, f"Drawing {n:,} samples")
            pictures = evaluation.draw(opened, n, seed, folder.path)
            own = opened.config if dataset in (None, opened.config.dataset) else None
            train = evaluation.training_images(
                dataset or opened.config.dataset,
                pictures,
                data_dir,
                progress,
                folder=own.folder if own else "",
            )
        found = evaluation.evaluate(pictures, train, data_dir, progress)
    kept = False
    if folder is not None and opened is not None and keep:
        own_data = found.evaluation.dataset == opened.config.dataset
        if own_data and n >= evaluation.FULL and seed == evaluation.SEED:
            try:
                evaluation.save(folder, found)
                kept = True
            except OSError as error:
                typer.echo(
                    f"It was not kept: {folder.path} cannot be written ({error.strerror}).",
                    err=True,
                )
    if as_json:
        typer.echo(evaluation.to_json(found.evaluation), nl=False)
        return
    typer.echo("\n".join(_measured(what, found.evaluation)))
    if kept:
        typer.echo(folder.path / evaluation.FILE if folder else "")


@app.command()
def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's name, or its folder.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="A folder that does not exist yet.")],
    runs_dir: RunsDir = Path("runs"),
    grids: Annotated[int, typer.Option(min=1, help="How many of its grids to keep.")] = 48,
) -> None:
    """Copy a run as a checkpoint to share: all but its training state, with some of its grids."""
    typer.echo(export_checkpoint(_find_run(run, runs_dir), out, grids).path)


@app.command()
def onnx(
    checkpoint: Checkpoint,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Ends in .onnx.")] = Path(
        "generator.onnx"
    ),
) -> None:
    """Write a generator as an ONNX file, which other programs run without torch.

    Its inputs are the noise z and, where it takes labels, the class y; its output is images.
    """
    _check_output(out, (".onnx",))
    opened = open_generator(find_checkpoint(checkpoint))

    from gan_core.runs.onnx import to_onnx

    write_atomic(out, to_onnx(opened))
    typer.echo(out)


@app.command("list")
def list_(
    table: Annotated[Table, typer.Argument(help="What to list.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Everything there is to know, as JSON.")
    ] = False,
) -> None:
    """List what there is to choose from."""
    entries = _entries(table)
    if as_json:
        typer.echo(dump_json(entries), nl=False)
        return
    width = max(len(entry["name"]) for entry in entries)
    for entry in entries:
        typer.echo(f"{entry['name']:<{width}}  {entry['title']} ({entry['source']})")


@app.command()
def download(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="`list datasets` names them.")],
    data_dir: DataDir = Path("data"),
) -> None:
    """Fetch a data set."""
    spec = dataset_spec(dataset)
    os.environ.setdefault("TQDM_DISABLE", "1")  # torchvision's own bars would draw over this one

    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from gan_core.training.job import Download

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn(), disable=not sys.stdout.isatty()) as bar:
        task = bar.add_task(spec.title, total=spec.download_bytes)
        fetching, told = Download(dataset, data_dir), 0
        while fetching.active:
            fetching.wait(_TICK_SECONDS)
            bar.update(task, completed=fetching.share * spec.download_bytes)
            tenths = int(fetching.share * 10)
            if bar.disable and tenths > told and fetching.error is None:
                typer.echo(f"{spec.title}: {tenths * 10}% of {spec.download_bytes / 1e6:.0f} MB")
                told = tenths
    if fetching.error:
        raise DownloadError(fetching.error)
    typer.echo(f"{spec.title} is in {data_dir}.")


@app.command("train-classifier")
def train_classifier(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write it.")],
    epochs: Annotated[int, typer.Option(min=1, help="Passes over MNIST's training images.")] = 6,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Of all that is random.")] = 0,
    data_dir: DataDir = Path("data"),
) -> None:
    """Train the digit classifier that generated digits are judged with, on MNIST."""
    if out.exists() and not out.is_dir():
        raise ConfigError(f"out is '{out}', which is a file; give the name of a folder.")

    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from gan_core.quality.digit_classifier import train_checkpoint

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=not sys.stdout.isatty()) as bar:
        task = bar.add_task("Loading", total=1)
        facts = train_checkpoint(
            out,
            data_dir,
            epochs=epochs,
            seed=seed,
            progress=lambda share, what: bar.update(task, completed=share, description=what),
        ).facts
    typer.echo(f"{facts.test_accuracy:.2%} of {facts.test_images:,} test images named correctly")
    typer.echo(out)


def _points(
    opened: OpenedGenerator, n: int, seed: int, label: str | None, *, in_columns: bool = False
) -> Sheet:
    """What to draw n pictures from: of one class, or of as many of each class, which in columns
    stand beside each other on the same noise.

    Raises:
        ConfigError: a label for a generator that takes none, or a class that it does not know.
    """
    import torch

    from gan_core.latent import vectors

    config, classes = opened.config, opened.generator.n_classes
    if label is None and (in_columns or not classes):
        return vectors.sheet(n, config.latent_dim, seed, config.noise, classes)
    z = vectors.noise(n, config.latent_dim, seed, config.noise)
    if label is None:
        return vectors.Sheet(z, torch.arange(n) % classes, None)
    return vectors.Sheet(z, torch.full((n,), _class_index(opened, label)), None)


def _class_index(opened: OpenedGenerator, label: str) -> int:
    """A class by its number or name."""
    _check_conditional(opened)
    names = [name.casefold() for name in opened.info.classes]
    if label.isascii() and label.isdigit() and len(label) < 10:
        if int(label) < len(names):
            return int(label)
    elif label.casefold() in names:
        return names.index(label.casefold())
    raise ConfigError(
        f"label is {label!r}; choose a class of {opened.name} by its number from 0 to "
        f"{len(names) - 1} or by its name ({', '.join(opened.info.classes)})."
    )


def _check_conditional(opened: OpenedGenerator) -> None:
    if not opened.generator.n_classes:
        raise ConfigError(
            f"{opened.name} takes no labels, because its objective {opened.config.objective!r} is "
            "not conditional; leave out --label and --labels."
        )


def _write_array(path: Path, values: Any) -> None:
    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    write_atomic(path, buffer.getvalue())


def _changes(
    words: Sequence[str], assignments: Sequence[str], seed: int | None
) -> tuple[str, dict[str, Any]]:
    """The recipe's name, empty where none is given, and the settings changed.

    ``--set a=1 b=2`` leaves b=2 among the words, where no recipe's name can hold a '='.
    """
    names = [word for word in words if "=" not in word]
    if len(names) > 1:
        raise ConfigError(f"one preset is trained at a time, not {' and '.join(names)}.")
    changes = parse_assignments([*assignments, *(word for word in words if "=" in word)])
    if seed is not None:
        changes["seed"] = seed
    return names[0] if names else "", changes


def _find_generator(name_or_path: str, runs_dir: Path) -> RunFolder:
    """A shipped checkpoint or a run, by its name, or by its folder."""
    if not Path(name_or_path).exists():
        try:
            return RunStore(runs_dir).get(name_or_path)
        except CheckpointError:
            pass
    return RunFolder(find_checkpoint(name_or_path).resolve())


def _errors() -> Console:
    from rich.console import Console

    return Console(stderr=True)


def _measured(name: str, found: Evaluation) -> Iterator[str]:
    """An evaluation as a table, and in words what it is."""
    yield f"{name}: {found.headline}"
    if found.named:
        yield found.named
    yield ""
    yield f"{'':34}{'result':>10}{'ceiling':>10}{'floor':>10}"
    for scale, *cells in found.rows():
        yield f"{scale.title:34}" + "".join(f"{cell:>10}" for cell in cells)
    if found.shares:
        yield ""
        shares = (f"{index}: {share:.1%}" for index, share in enumerate(found.shares))
        yield f"Digits read: {', '.join(shares)}"
    yield ""
    yield found.ends
    yield found.memory
    yield from found.notes


def _find_run(name_or_path: str, runs_dir: Path) -> RunFolder:
    """A run by its name in the runs folder, or by its path."""
    store = RunStore(runs_dir)
    try:
        return store.get(name_or_path)
    except CheckpointError:
        if not Path(name_or_path).is_dir():
            raise
    folder = RunFolder(Path(name_or_path).resolve())
    folder.config()  # says what is wrong with a folder that holds no run
    return RunStore(folder.path.parent).get(folder.name)


def _watch(job: TrainingJob, saved_step: int, device: str) -> None:
    """Show a job until it ends: a bar on a terminal, else a line for each interval."""
    from rich.progress import BarColumn, Progress, TextColumn

    from gan_core.training.session import log_line

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=16),
        TextColumn("{task.fields[facts]}", markup=False),
    )
    begun, printed = False, saved_step
    with Progress(*columns, disable=not sys.stdout.isatty()) as bar:
        task = bar.add_task("Loading", total=1, facts="")
        for snapshot in _snapshots(job):
            if snapshot.curves is None:
                bar.update(task, description=snapshot.doing or "Loading", completed=snapshot.share)
                continue
            if not begun:
                begun = True
                typer.echo(
                    f"{snapshot.run}: {snapshot.dataset_size:,} images, "
                    f"{snapshot.total:,} steps, {device}"
                )
                if snapshot.notice:
                    typer.echo(snapshot.notice, err=True)
            if bar.disable:
                for row in _rows_after(snapshot, printed):
                    typer.echo(log_line(row, snapshot.config, snapshot.dataset_size))
                    printed = int(row["step"])
            bar.update(
                task,
                description=f"{snapshot.step:,}/{snapshot.total:,}",
                completed=snapshot.step,
                total=snapshot.total,
                facts=_facts(snapshot),
            )


def _check_action(may_act: str | None) -> None:
    if may_act not in (None, *ACTIONS):
        raise ConfigError(f"may_act is {may_act!r}; choose one of {', '.join(ACTIONS)}.")


def _allow(job: TrainingJob, may_act: str | None) -> None:
    if may_act is not None:
        job.allow(may_act)


def _see_through(
    job: TrainingJob, saved_step: int, device: str, store: RunStore, data_dir: Path
) -> int:
    """Show a training until it ends, save it on Ctrl-C, and return the exit code."""
    try:
        _watch(job, saved_step, device)
    except KeyboardInterrupt:
        typer.echo("Stopping; what was trained is being saved ...", err=True)
        job.stop()
    job.wait()
    return _report(job.snapshot, store.root / job.snapshot.run, data_dir)


def _report(end: Snapshot, path: Path, data_dir: Path) -> int:
    """Say how a training ended and what the doctor finds in it, and return the exit code.

    Raises:
        GanError: it was refused before it began.
    """
    from gan_core.training import doctor
    from gan_core.training.job import Phase

    opened = end.curves is not None
    if end.phase is Phase.FAILED and not opened:
        raise GanError(end.error)
    if end.phase is Phase.FAILED:
        typer.echo(end.error, err=True)
    elif end.phase is Phase.STOPPED and not opened:
        typer.echo("Stopped before the training began.", err=True)
        return _INTERRUPTED
    elif end.phase is Phase.STOPPED:
        command = ["python", "-m", "gan_core", "train", "--resume", str(path)]
        if data_dir != default_data_dir():
            command += ["--data-dir", str(data_dir)]
        typer.echo(f"Saved at step {end.step:,}. Go on with: {shlex.join(command)}", err=True)
    if opened and (acted := RunFolder(path).status().acted):
        typer.echo(acted, err=True)
    for finding in doctor.examine(end.config, end.curves or {}, end.quality or {}):
        where = f"{finding.title} ({finding.severity}, since step {finding.step:,})"
        typer.echo(f"Doctor: {where}. {finding.evidence} {finding.advice}", err=True)
    typer.echo(path)
    return {Phase.FAILED: 1, Phase.STOPPED: _INTERRUPTED}.get(end.phase, 0)


def _snapshots(job: TrainingJob) -> Iterator[Snapshot]:
    """The state of a job at every tick, the last one included."""
    while job.snapshot.phase.active:
        yield job.snapshot
        job.wait(_TICK_SECONDS)
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


def _entries(table: Table) -> list[dict[str, Any]]:
    """The entries of a table with what describes them: at least name, title and source."""
    if table is Table.PRESETS:
        return [
            {
                "name": name,
                **_recipe_words(inspect.getdoc(make) or ""),
                "settings": make().to_dict(),
            }
            for name, make in PRESETS.items()
        ]
    if table is Table.DATASETS:
        wanted = ("title", "source", "licence", "images", "shape", "classes", "download_bytes")
        return [
            {"name": name, **{key: getattr(spec, key) for key in wanted}}
            for name, spec in DATASETS.items()
        ]

    from gan_core.catalog import TABLES

    return [
        {"name": name, "title": entry.title, "source": entry.source}
        for name, entry in TABLES[table.value].items()
    ]


def _recipe_words(docstring: str) -> dict[str, str]:
    title, _, rest = docstring.partition("\n")
    about, _, source = " ".join(rest.split()).partition("Source: ")
    return {"title": title.rstrip("."), "about": about.strip(), "source": source.rstrip(".")}


def _check_output(path: Path, endings: Sequence[str]) -> None:
    """Refuse a file that could not be written, before any work is done."""
    if path.suffix.lower() not in endings:
        raise ConfigError(f"out is '{path}'; its name must end in {' or '.join(endings)}.")
    if path.is_dir():
        raise ConfigError(f"out is '{path}', which is a folder; give the name of a file.")
    if not path.parent.is_dir():
        raise ConfigError(f"out is '{path}', but there is no folder '{path.parent}'.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends with SystemExit, whose code is 0, 1, 2 or 130."""
    try:
        app(arguments)
    except GanError as error:
        typer.echo(error, err=True)
    except OSError as error:
        typer.echo(f"{error.filename or 'A file'} cannot be used ({error.strerror}).", err=True)
    raise SystemExit(2)


if __name__ == "__main__":
    main()
