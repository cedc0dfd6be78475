"""What trained runs look like, as Markdown with pictures: an overview, then a section a recipe."""

from __future__ import annotations

import io
import shlex
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.chart import Panel, svg
from gan_core.catalog import complete
from gan_core.config import CHANGEABLE_ON_RESUME, TrainConfig
from gan_core.data.dataset import to_unit_range
from gan_core.data.loading import load
from gan_core.errors import DataError
from gan_core.files import write_atomic
from gan_core.latent import vectors
from gan_core.networks import sampling
from gan_core.networks.summary import parameter_count
from gan_core.objectives.settings import own_values
from gan_core.objectives.table import objective_class
from gan_core.objectives.watches import at_level
from gan_core.presets import PRESETS
from gan_core.quality.digit_classifier import Classifier, View
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import open_generator
from pages.shared.text import link_papers

MOMENTS = (1 / 30, 15 / 30, 1.0)  # of a training: epochs 1, 15 and 30, where a write-up has 30
NOISE_SEED = 1


@dataclass(frozen=True)
class Result:
    """A run, and what the classifier reads in its samples."""

    run: RunFolder
    config: TrainConfig
    weights: int  # of the generator
    view: View

    @property
    def name(self) -> str:
        return self.config.preset


def examine(run: RunFolder, classifier: Classifier, samples: int) -> Result:
    """Draw from a run and let the classifier read it; a conditional generator draws each class
    equally often.

    Raises:
        CheckpointError: the run or its generator cannot be opened.
    """
    checkpoint = open_generator(run.path)
    z = vectors.noise(samples, checkpoint.config.latent_dim, NOISE_SEED, checkpoint.config.noise)
    classes = checkpoint.generator.n_classes
    y = sampling.balanced_labels(samples, classes)
    pictures = sampling.sample(checkpoint.generator, z, y)
    weights = parameter_count(checkpoint.generator)
    return Result(run, checkpoint.config, weights, classifier.view(pictures, y))


def view_of_test_images(classifier: Classifier, data_dir: Path) -> View | None:
    """What the classifier reads in the real thing; None where it is not on disk."""
    try:
        test = load(classifier.facts.dataset, data_dir, split="test")
    except DataError:
        return None
    return classifier.view(to_unit_range(test.images), test.labels)


def write(
    results: Sequence[Result],
    classifier: Classifier,
    real: View | None,
    out: Path,
    command: str,
) -> None:
    """Write the report, and its pictures into a folder beside it of the same name.

    Args:
        results: in the order of the sections.
        classifier: that read them.
        real: what it reads in real test images.
        out: the Markdown file.
        command: that made it.
    """
    folder = out.with_suffix("")
    lines = [*_opening(results, classifier, command), *_overview(results, real)]
    for result in results:
        lines += _section(result, folder)
    write_atomic(out, "\n".join([*lines, ""]).encode())


def _opening(results: Sequence[Result], classifier: Classifier, command: str) -> Iterator[str]:
    facts = classifier.facts
    count = max((result.view.images for result in results), default=0)
    yield "# Every recipe, trained on MNIST"
    yield ""
    yield "Written by"
    yield ""
    yield f"    {command}"
    yield ""
    yield textwrap.fill(
        "Steps are generator updates. Images are the real images that the critic was shown, "
        "counted again each time: an objective with five critic updates to one generator update "
        "sees five times as many in as many steps. The command in its section trains a recipe "
        "again."
    )
    yield ""
    yield textwrap.fill(
        f"The last columns are what a small classifier reads in {count:,} samples of each recipe. "
        f"It names {facts.test_accuracy:.2%} of MNIST's {facts.test_images:,} test images "
        "correctly. *Readable* is the share of samples whose digit it names with 90% confidence "
        "or more; *classes* counts the digits with at least 1% of the samples; *KL to uniform*, "
        "in nats, is 0 where all ten digits are drawn equally often, and 2.30 where only one is; "
        "*as asked* is the share that shows the digit that a conditional generator was told to "
        "draw. The classifier knows digits alone and judges neither strokes nor variety within a "
        "digit: read its figures beside the pictures."
    )
    yield ""


def _overview(results: Sequence[Result], real: View | None) -> Iterator[str]:
    yield (
        "| recipe | objective | network | steps | images | time | readable | classes "
        "| KL to uniform | as asked |"
    )
    yield "|---|---|---|--:|--:|--:|--:|--:|--:|--:|"
    if real is not None:
        yield f"| *MNIST's test images* | | | | | | {_figures(real)} |"
    for result in results:
        config, status = result.config, result.run.status()
        yield (
            f"| [{result.name}](#{result.name}) | {config.objective} | {config.architecture} "
            f"| {status.step:,} | {_count(config.images_at(status.step))} "
            f"| {_duration(status.seconds)} | {_figures(result.view)} |"
        )


def _figures(view: View) -> str:
    as_asked = "" if view.as_asked is None else f"{view.as_asked:.1%}"
    return f"{view.readable:.1%} | {view.present} | {view.kl:.3f} | {as_asked}"


def _section(result: Result, folder: Path) -> Iterator[str]:
    run, config = result.run, result.config
    info, status = run.info(), run.status()
    yield ""
    yield f"## {result.name}"
    yield ""
    yield f"{PRESETS[config.preset].title}."
    yield ""
    yield link_papers(PRESETS[config.preset].details)
    yield ""
    yield (
        f"{objective_class(config.objective).title}, generator of "
        f"{result.weights:,} weights. {status.step:,} generator updates, "
        f"{config.images_at(status.step):,} images, {_duration(status.seconds)} on {info.device}, "
        f"seed {config.seed}."
    )
    if status.step < config.steps:
        yield f"Stopped before its {config.steps:,} steps were done. {status.message}".rstrip()
    yield ""
    if info.parent:
        yield (
            f"It is a fork, at step {info.forked_at:,}, of a run with other settings; "
            "docs/checkpoints.md lists the commands that train it."
        )
    else:
        yield f"    {command(config, info.dataset_size)}"
    yield ""
    moments = [_nearest(run.grids(), share, status.step) for share in MOMENTS]
    yield "| " + " | ".join(_moment(config, step, status.step) for step in moments) + " |"
    yield "|" + ":-:|" * len(moments)
    cells = []
    for number, step in enumerate(moments, 1):
        picture = folder / f"{result.name}-{number}.webp"
        write_atomic(picture, _webp(run.grid_path(step)))
        cells.append(f"![{result.name} after {step:,} steps]({folder.name}/{picture.name})")
    yield "| " + " | ".join(cells) + " |"
    yield ""
    chart = folder / f"{result.name}.svg"
    write_atomic(chart, svg(_panels(result)).encode())
    yield f"![Curves of {result.name}]({folder.name}/{chart.name})"
    yield ""
    shares = result.view.shares
    yield "| digit read | " + " | ".join(map(str, range(len(shares)))) + " |"
    yield "|---|" + "--:|" * len(shares)
    yield "| share | " + " | ".join(f"{share:.1%}" for share in shares) + " |"


def command(config: TrainConfig, images: int) -> str:
    """What trains this again: the recipe, its seed, and each setting in which it differs, on a data
    set of so many images."""
    recipe = complete(PRESETS[config.preset].config.with_steps(images)).to_dict()
    words = ["python", "-m", "gan_core", "train", config.preset, "--seed", str(config.seed)]
    omissions = {"seed", *CHANGEABLE_ON_RESUME} - {"steps"}  # already, or of no weight
    changes = [
        f"{name}={value}"
        for name, value in complete(config).to_dict().items()
        if name not in omissions and value != recipe.get(name)
    ]
    return shlex.join([*words, *(["--set", *changes] if changes else [])])


def _nearest(grids: Sequence[int], share: float, steps: int) -> int:
    """The grid drawn closest to that share of a training, by the ratio of their steps."""
    target = np.log1p(share * steps)
    return min(grids, key=lambda step: abs(float(np.log1p(step) - target)))


def _moment(config: TrainConfig, step: int, steps: int) -> str:
    share = step / steps if steps else 0.0
    return f"step {step:,} ({share:.0%}), {_count(config.images_at(step))} images"


def _panels(result: Result) -> list[Panel]:
    """The two losses, and what there is to watch of the objective."""
    curves, config = result.run.curves(), result.config
    step = curves.get("step", np.zeros(0))
    losses = {"d/loss": "discriminator", "g/loss": "generator"}
    plots: list[tuple[str, dict[str, str], dict[str, float]]] = [("Losses", losses, {})]
    kind = objective_class(config.objective)
    settings = own_values(kind, config)
    for watch in kind.watches:
        levels = {
            label: at_level(level, settings) for label, level in watch.levels(kind.targets).items()
        }
        plots.append((watch.title, dict(watch.columns), levels))
    return [
        Panel(
            title,
            step,
            {label: curves[name] for name, label in columns.items() if name in curves},
            levels,
            "generator updates",
        )
        for title, columns, levels in plots
    ]


def _webp(path: Path) -> bytes:
    buffer = io.BytesIO()
    with Image.open(path) as picture:
        picture.save(buffer, "WEBP", lossless=True, method=6)
    return buffer.getvalue()


def _count(images: int) -> str:
    return f"{images / 1e6:.2f}M" if images >= 100_000 else f"{images:,}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
