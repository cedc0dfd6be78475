"""``list``: what there is to choose from."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from gan_core import catalog
from gan_core.data.table import DATASETS
from gan_core.files import dump_json
from gan_core.presets import PRESETS, preset

_DATASET_FIELDS = ("title", "source", "licence", "images", "shape", "classes", "download_bytes")


class Table(StrEnum):
    """What ``list`` can show."""

    PRESETS = "presets"
    ARCHITECTURES = "architectures"
    LAYOUTS = "layouts"
    OBJECTIVES = "objectives"
    DATASETS = "datasets"


def list_(
    table: Annotated[Table, typer.Argument(help="What to list.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Everything there is to know, as JSON.")
    ] = False,
) -> None:
    """List what there is to choose from."""
    entries = _entries(table)
    if as_json and table is Table.PRESETS:
        for entry in entries:
            entry["settings"] = catalog.complete(preset(entry["name"])).to_dict()
    if as_json:
        typer.echo(dump_json(entries), nl=False)
        return
    width = max(len(entry["name"]) for entry in entries)
    for entry in entries:
        typer.echo(f"{entry['name']:<{width}}  {entry['title']} ({entry['source']})")


def _entries(table: Table) -> list[dict[str, Any]]:
    """The entries of a table with what describes them: at least name, title and source."""
    if table is Table.PRESETS:
        return [
            {
                "name": name,
                "title": recipe.title,
                "about": recipe.about,
                "source": recipe.source,
            }
            for name, recipe in PRESETS.items()
        ]
    if table is Table.DATASETS:
        return [
            {"name": name, **{field: getattr(spec, field) for field in _DATASET_FIELDS}}
            for name, spec in DATASETS.items()
        ]
    return [
        {"name": name, "title": entry.title, "source": entry.source}
        for name, entry in catalog.TABLES[table.value]().items()
    ]
