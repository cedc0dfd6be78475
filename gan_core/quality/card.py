"""The model card of a generator: README.md, with front matter as the Hugging Face Hub reads it
(https://huggingface.co/docs/hub/model-cards).

What a value is not known for is left out; a licence above all, which only its owner can give.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from gan_core.config import TrainConfig
from gan_core.data.table import DATASETS
from gan_core.errors import CheckpointError
from gan_core.presets import PRESETS
from gan_core.quality import record
from gan_core.quality.measures import MEASURES
from gan_core.quality.record import Evaluation
from gan_core.runs.folder import RunFolder, RunInfo

FILE = "README.md"
_MARKS = re.compile(r"[\\`*_\[\]<>#|~$]")
_TOLD_APART = ("dataset", "architecture", "objective", "preset", "folder")  # not in the table


def model_card(run: RunFolder, *, conditional: bool) -> str:
    """The card of a run or checkpoint.

    Args:
        conditional: whether its generator takes labels.

    Raises:
        CheckpointError: its config.json is missing or damaged.
    """
    config, info = run.settings_at(), run.info()
    try:
        evaluation = record.read(run)
    except CheckpointError:  # damaged: as if it had not been measured
        evaluation = None
    lines = [
        "---",
        *_front_matter(run.name, config, evaluation, conditional),
        "---",
        "",
        f"# {_plain(run.name)}",
        "",
        *_about(config, info, conditional),
        *_picture(run),
        *_use(conditional),
        *_training(run, config, info),
        *_measurements(evaluation),
    ]
    return "\n".join(lines) + "\n"


def _front_matter(
    name: str, config: TrainConfig, evaluation: Evaluation | None, conditional: bool
) -> Iterator[str]:
    # A JSON value is a YAML value, whatever letters a name has.
    yield "library_name: ganscope"
    if not conditional:
        yield "pipeline_tag: unconditional-image-generation"
    tags = ["gan", "image-generation", config.objective, config.architecture]
    yield f"tags: {json.dumps(tags)}"
    yield f"datasets: {json.dumps([config.dataset])}"
    if evaluation is None:
        return
    metrics = [
        {"type": key, "name": MEASURES[key].title, "value": value}
        for key, value in evaluation.result.items()
    ]
    result: dict[str, Any] = {
        "task": {"type": "unconditional-image-generation"},
        "dataset": {"name": _title(evaluation.dataset), "type": evaluation.dataset},
        "metrics": metrics,
    }
    yield f"model-index: {json.dumps([{'name': name, 'results': [result]}])}"


def _about(config: TrainConfig, info: RunInfo, conditional: bool) -> Iterator[str]:
    channels, height, width = info.image_shape
    if config.preset in PRESETS:
        yield f"{PRESETS[config.preset].title}."
        yield ""
    told = " It draws the class that it is told." if conditional else ""
    yield (
        f"A generator of {height} x {width} pictures with {channels} "
        f"channel{'s' if channels > 1 else ''}, from {config.latent_dim} numbers of "
        f"{'standard normal' if config.noise == 'normal' else 'uniform'} noise.{told} Network "
        f"`{config.architecture}`, objective `{config.objective}`, data set "
        f"{_plain(_title(config.dataset))}."
    )
    yield ""
    if conditional:
        yield f"Classes: {_plain(', '.join(info.classes))}."
        yield ""
    if info.origin:
        yield f"Its weights came from {_plain(info.origin)}."
        yield ""
    if config.breakage:
        yield f"It was broken on purpose: {_plain(config.breakage)}."
        yield ""


def _picture(run: RunFolder) -> Iterator[str]:
    if grids := run.grids():
        yield f"![Samples](samples/{grids[-1]:06d}.png)"
        yield ""


def _use(conditional: bool) -> Iterator[str]:
    label = " --label 0" if conditional else ""
    yield "## Use"
    yield ""
    yield "`generator.safetensors` holds the weights, `config.json` what rebuilds the network:"
    yield ""
    yield f"    python -m gan_core sample FOLDER --n 64{label} --out grid.png"
    yield "    python -m gan_core interpolate FOLDER --seeds 1,2,3 --out walk.mp4"
    yield "    python -m gan_core onnx FOLDER --out generator.onnx"
    yield ""


def _training(run: RunFolder, config: TrainConfig, info: RunInfo) -> Iterator[str]:
    status = run.status()
    yield "## Training"
    yield ""
    images = f" on {info.dataset_size:,} images" if info.dataset_size else ""
    device = f", {status.seconds:,.0f} s on {_plain(info.device)}" if info.device else ""
    yield f"{status.step:,} generator updates{images}{device}, GANscope {_plain(info.version)}."
    yield ""
    yield "| setting | |"
    yield "|---|--:|"
    for name, value in config.to_dict().items():
        if name not in _TOLD_APART and value != "":
            yield f"| `{name}` | {_plain(value)} |"
    yield ""


def _measurements(evaluation: Evaluation | None) -> Iterator[str]:
    yield "## Measurements"
    yield ""
    if evaluation is None:
        yield "It was not measured."
        return
    yield f"{_plain(evaluation.headline)}. {_plain(evaluation.bounds)}"
    yield ""
    yield "| | this generator | ceiling | floor |"
    yield "|---|--:|--:|--:|"
    for row in evaluation.rows():
        yield f"| {row.measure.title} | {row.result} | {row.ceiling} | {row.floor} |"
    yield ""
    yield evaluation.memorisation
    if evaluation.distances:
        yield ""
        yield _plain(evaluation.distances)


def _title(dataset: str) -> str:
    return DATASETS[dataset].title if dataset in DATASETS else dataset


def _plain(words: object) -> str:
    """What somebody else wrote, as Markdown that shows it letter for letter on one line."""
    return _MARKS.sub(r"\\\g<0>", " ".join(str(words).split()))
