"""Settings as commands take them, from a recipe, a file and ``--set``; and ``config``, which writes
them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gan_core import catalog
from gan_core.cli import completion
from gan_core.cli.assignments import parse_assignments
from gan_core.cli.options import RunsDir, check_output, find_run
from gan_core.config import SETTINGS, TrainConfig
from gan_core.config_files import KINDS, read_settings, settings_text
from gan_core.errors import ConfigError
from gan_core.files import write_atomic
from gan_core.presets import PRESETS, preset


def config(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="PRESET|RUN",
            help="A recipe, or a run by its name or its folder.",
            autocompletion=completion.recipes,
        ),
    ],
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE ...", help="What is to be otherwise."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Ends in .toml or .json; else they are printed as TOML.",
            show_default=False,
        ),
    ] = None,
    runs_dir: RunsDir = Path("runs"),
) -> None:
    """Write settings as TOML or JSON."""
    if out is not None:
        check_output(out, KINDS)
    name, changes = changed_settings(words, assignments or [])
    if not name:
        raise ConfigError("Give a recipe, or a run by its name or its folder.")
    base = preset(name) if name in PRESETS else find_run(name, runs_dir).settings_at()
    settings = catalog.complete(base.with_settings(changes))
    catalog.check(settings)
    if out is None:
        typer.echo(settings_text(settings, KINDS[0]), nl=False)
    else:
        write_atomic(out, settings_text(settings, out.suffix.lower()).encode())
        typer.echo(out)


def base_settings(recipe: str, file: Path | None) -> TrainConfig:
    """The settings that changes come on top of: a recipe's, with those of a file in their place.

    A file that names a recipe stands on that one; a run's config.json states all that counts.

    Args:
        recipe: its name; empty where the file stands alone.

    Raises:
        ConfigError: there is no such recipe or file, or it holds what is no setting.
    """
    if file is None:
        return preset(recipe)
    values, is_run = read_settings(file)
    catalog.check_names(values)
    named = recipe or ("" if is_run else values.get("preset", ""))
    try:
        if named in PRESETS:
            return preset(named).with_settings(values)
        return TrainConfig.from_dict(values)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from error


def changed_settings(
    words: Sequence[str], assignments: Sequence[str], seed: int | None = None
) -> tuple[str, dict[str, Any]]:
    """The recipe's name, empty where none is given, and the settings changed.

    ``--set a=1 b=2`` leaves b=2 among the words, where no recipe's name can hold a '='.
    """
    names = [word for word in words if "=" not in word]
    if len(names) > 1:
        raise ConfigError(f"one preset is trained at a time, not {' and '.join(names)}.")
    changes = parse_assignments([*assignments, *(word for word in words if "=" in word)])
    if not SETTINGS.keys() >= changes.keys():
        catalog.check_names(changes)
    if seed is not None:
        changes["seed"] = seed
    return names[0] if names else "", changes
