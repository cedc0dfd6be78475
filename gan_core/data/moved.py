"""The folder of pictures that a run was trained on: whether it is there, and still the same."""

from __future__ import annotations

from pathlib import Path

from gan_core.config import TrainConfig
from gan_core.data.dataset import ImageData
from gan_core.data.folder import folder_path
from gan_core.data.table import DATASETS
from gan_core.errors import CheckpointError, DataError
from gan_core.files import is_folder


def pictures_place(config: TrainConfig, data_dir: Path) -> Path:
    """Where the images of a training are: its folder of pictures, else the data folder."""
    spec = DATASETS.get(config.dataset)
    return folder_path(data_dir, config.folder) if spec and spec.in_folder else data_dir


def gone_folder(config: TrainConfig, data_dir: Path) -> Path | None:
    """Where the folder of pictures of a training was, if it is not there; None for other sets."""
    place = pictures_place(config, data_dir)
    return None if place == data_dir or is_folder(place) else place


def check_folder_of(run: str, config: TrainConfig, data_dir: Path) -> None:
    """Ask for the new place of a folder of pictures that has moved since a run was trained on it.

    Raises:
        DataError: it is not there.
    """
    if folder := gone_folder(config, data_dir):
        raise DataError(
            f"The pictures that {run} was trained on were in {folder}, which is not there now. If "
            "the folder has moved, give its new place: --set folder=NEW to train --resume and to "
            "fork, --folder NEW to evaluate."
        )


def check_images_of(run: str, fingerprint: str, count: int, data: ImageData, place: Path) -> None:
    """Refuse other images than those, so many of them, that a run was trained on.

    Args:
        fingerprint: of these; empty where it has seen none here, as one that was imported.

    Raises:
        CheckpointError: they are others.
    """
    if fingerprint in ("", data.fingerprint):
        return
    difference = (
        f"There are {len(data):,}, and there were {count:,}"
        if len(data) != count
        else "There are as many, but some have another content, name or class"
    )
    raise CheckpointError(f"{run} was trained on other images than those in {place}. {difference}.")
