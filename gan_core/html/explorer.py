"""A generator as one HTML file to play with: it opens from disk, without a server or a network.

The generator draws in the browser, as its program. What the file says is put together here;
``explorer.html.jinja`` sets it, and ``explorer.js`` makes it move.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from gan_core import __version__, catalog
from gan_core.data.dataset import POINT
from gan_core.errors import CheckpointError, ConfigError
from gan_core.html import line_charts
from gan_core.html.parts import Table, grids
from gan_core.html.templates import render
from gan_core.latent.directions import fingerprint
from gan_core.latent.points import MAX_COLUMNS, REACH
from gan_core.latent.vectors import noise
from gan_core.quality import directions, record
from gan_core.quality.record import Evaluation
from gan_core.runs import program
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import OpenedGenerator

TEMPLATE = Path(__file__).with_name("explorer.html.jinja")
_DIGITS = 4  # decimal places of the numbers in a direction


def write_explorer(run: RunFolder, model: OpenedGenerator, step: int | None = None) -> str:
    """The HTML of a generator of a run or checkpoint.

    Its directions are found where they are not yet kept, which takes seconds.

    Args:
        model: the generator, opened.
        step: the kept step that it is of; None for the latest.

    Raises:
        ConfigError: it draws points of the plane.
        GanError: it cannot be a program.
    """
    if model.info.image_shape == POINT:
        raise ConfigError(f"{model.name} draws points of the plane, and this page shows pictures.")
    content = program.to_program(model.generator, "float16")
    status = run.status()
    return render(
        TEMPLATE,
        name=model.name,
        version=__version__,
        conditional=bool(model.generator.n_classes),
        data=_data(run, model, step),
        program=base64.b64encode(content).decode("ascii"),
        program_script=program.SCRIPT.read_text("utf-8"),
        about=_about(model),
        pictures=list(grids(run, run.grids())),
        charts=line_charts.draw(run.curves(), model.config),
        chart=line_charts,
        evaluation=_evaluation(run),
        progress=f"{status.step:,} steps, {status.step * model.config.batch_size:,} real images",
        settings=_settings(model),
    )


def _data(run: RunFolder, model: OpenedGenerator, step: int | None) -> dict[str, Any]:
    """What the script needs to know of the generator beside its program."""
    config, generator = model.config, model.generator
    (start,) = noise(1, config.latent_dim, seed=0, kind=config.noise).tolist()
    weights, notes = fingerprint(generator), run.notes_path(step)
    named: list[dict[str, Any]] = []
    numbered: list[dict[str, Any]] = []
    for name, title in directions.families(model).items():
        found = directions.find(model, name, notes, weights)
        family = directions.with_names(found, name, notes, weights)
        rows = [
            {
                "title": family.title(index),
                "group": family.groups[index] if family.groups else "",
                "vector": [round(float(number), _DIGITS) for number in vector],
            }
            for index, vector in enumerate(family.vectors)
        ]
        if rows:
            one = {"title": title, "method": family.method, "directions": rows}
            (named if found.titles else numbered).append(one)
    return {
        "name": model.name,
        "noise": config.noise,
        "reach": REACH[config.noise],
        "start": start,
        "classes": model.info.classes if generator.n_classes else (),
        "columns": MAX_COLUMNS,
        "families": [*named, *numbered],
    }


def _about(model: OpenedGenerator) -> str:
    """What the generator is, in two sentences."""
    config, side = model.config, model.info.image_shape[1]
    objective = catalog.objective_class(config.objective).title
    network = catalog.architecture(config.architecture).title
    return (
        f"{objective}, trained on the data set {config.dataset} ({side} x {side}). Its generator "
        f"takes {config.latent_dim} numbers of {config.noise} noise: {network}."
    )


def _evaluation(run: RunFolder) -> Evaluation | None:
    try:
        return record.read(run)
    except CheckpointError:  # damaged, or of another version of this program
        return None


def _settings(model: OpenedGenerator) -> Table:
    values = {
        "Created": model.info.created,
        "Trained on": model.info.device,
        **catalog.complete(model.config).to_dict(),
    }
    return Table(["", model.name], [[name, str(value)] for name, value in values.items()])
