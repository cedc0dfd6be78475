"""``sample`` and ``interpolate``: pictures from a generator."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_core.cli.options import Checkpoint, check_output, error_console
from gan_core.config import MAX_SEED, parse_seeds
from gan_core.errors import ConfigError
from gan_core.files import naming, write_atomic, write_together
from gan_core.runs.generators import find_checkpoint, open_generator

if TYPE_CHECKING:
    import numpy as np

    from gan_core.runs.generators import OpenedGenerator


_ANIMATION_SIDE = 224  # pixels: pictures of digits are too small to watch as they are
Label = Annotated[
    str | None,
    typer.Option(
        metavar="K",
        help="For a generator that takes labels: the class to draw, by its number or name.",
        show_default=False,
    ),
]

Scale = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=32,
        help="How many times as large. Unless given, a strip stays as it is, and a film is "
        "made large enough to watch.",
        show_default=False,
    ),
]


def sample(
    checkpoint: Checkpoint,
    n: Annotated[int, typer.Option("--n", min=1, max=100_000, help="How many pictures.")] = 64,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Of the noise.")] = 0,
    out: Annotated[
        str,
        typer.Option(
            metavar="FILE|FOLDER/",
            help="FOLDER/, which does not exist yet, gets a PNG file for each picture; .png is one "
            "grid; .npy holds the pictures, uint8 (N, H, W, C), as they look: "
            "white digits on black, and where the generator takes labels, NAME.labels.npy beside "
            "it holds them.",
        ),
    ] = "grid.png",
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
    path, single = Path(out), out.endswith(("/", os.sep))
    if single:
        _check_new_folder(path)
    else:
        check_output(path, (".png", ".npy"))
    if labels not in (None, "balanced"):
        raise ConfigError(f"labels is {labels!r}; it must be balanced.")
    if label is not None and labels is not None:
        raise ConfigError("--label and --labels exclude each other; give one of them.")
    model = open_generator(find_checkpoint(checkpoint))
    if labels is not None or label is not None:
        _check_conditional(model)
    as_grid = not single and path.suffix.lower() == ".png"

    from gan_core.images.pixels import npy, png, sheet
    from gan_core.networks import sampling
    from gan_core.runs import samples

    z, y, columns = samples.points(model, n, seed, label, in_columns=as_grid)
    pixels = sampling.draw(model.generator, z, y)
    if single:
        _write_singly(path, pixels, None if y is None else y.tolist())
    elif as_grid:
        write_atomic(path, png(sheet(pixels, columns)))
    else:
        beside = path.with_suffix(".labels.npy")
        arrays = {path: pixels} if y is None else {beside: y.numpy(), path: pixels}
        write_together({path: npy(values) for path, values in arrays.items()})
        if y is None and beside.is_file():
            beside.unlink()  # those of an earlier sample would be taken for its own
    typer.echo(out)


def _check_new_folder(path: Path) -> None:
    """Refuse a folder that cannot be made, before any work is done."""
    if path.exists():
        raise ConfigError(f"out is '{path}', which exists already; give a folder that does not.")
    if not path.parent.is_dir():
        raise ConfigError(f"out is '{path}', but there is no folder '{path.parent}'.")


def _write_singly(folder: Path, pixels: np.ndarray, labels: Sequence[int] | None) -> None:
    """Pictures (N, H, W, C) uint8 as PNG files in a new folder, all or none: 00000.png, and where
    there are labels 00000-7.png."""
    from gan_core.images.pixels import as_pictures, png

    with (
        naming(folder),
        tempfile.TemporaryDirectory(prefix=".export-", dir=folder.parent) as scratch,
    ):
        made = Path(scratch) / folder.name
        made.mkdir()
        for index, picture in enumerate(as_pictures(pixels)):
            label = "" if labels is None else f"-{labels[index]}"
            (made / f"{index:05d}{label}.png").write_bytes(png(picture))
        made.rename(folder)


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
    scale: Scale = None,
) -> None:
    """Walk through latent space from key point to key point."""
    check_output(out, (".png", ".gif", ".webp", ".mp4"))
    key_seeds = parse_seeds(seeds, least=2)
    model = open_generator(find_checkpoint(checkpoint))
    if label is not None:
        _check_conditional(model)

    from gan_core.networks import sampling
    from gan_core.runs import samples

    z, y, _ = samples.walk(model, key_seeds, steps, method, label)
    write_atomic(out, _film(out, sampling.draw(model.generator, z, y), scale))
    typer.echo(out)


def _film(out: Path, pixels: np.ndarray, scale: int | None) -> bytes:
    """Pictures (N, H, W, C) uint8 as the kind of file that its name says: a film, or a strip."""
    from rich.progress import Progress

    from gan_core.images import films
    from gan_core.images.pixels import as_pictures, grid

    kind = out.suffix.lower()[1:]
    pixels = as_pictures(pixels)
    frames = list(pixels)
    usual_scale = max(1, _ANIMATION_SIDE // pixels.shape[1])
    if kind not in films.FILMS:
        frames, usual_scale = [grid(pixels, columns=len(pixels))], 1
    with Progress(disable=not sys.stderr.isatty(), console=error_console()) as bar:
        task = bar.add_task(f"Writing {out.name}", total=1)
        return films.encode(
            frames,
            kind,
            usual_scale if scale is None else scale,
            progress=lambda share: bar.update(task, completed=share),
        )


def _check_conditional(model: OpenedGenerator) -> None:
    from gan_core.runs.samples import no_labels

    if not model.generator.n_classes:
        raise ConfigError(f"{no_labels(model)}; leave out --label and --labels.")
