"""Small things that several tests of the library build on."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_core.config import TrainConfig
from gan_core.data.dataset import DatasetSpec, ImageData, Rows
from gan_core.data.table import DATASETS
from gan_core.runs.folder import RunFolder
from gan_core.training import opening
from gan_core.training.session import TrainingSession
from gan_core.training.trainer import Trainer

CPU = torch.device("cpu")


def quiet(share: float, what: str) -> None:
    """Progress that nobody watches."""


def tiny_data(
    images: int = 40, shape: tuple[int, int, int] = (1, 8, 8), classes: int = 2
) -> ImageData:
    """Noise pictures with labels 0, 1, 0, 1, ..., the same at every call."""
    noise = torch.Generator().manual_seed(7)
    pictures = torch.randint(0, 256, (images, *shape), dtype=torch.uint8, generator=noise)
    names = tuple(f"class {label}" for label in range(classes))
    return ImageData("tiny", pictures, torch.arange(images) % classes, names, "fingerprint")


def tiny_spec() -> DatasetSpec:
    """What the table of data sets holds for 'tiny'."""
    data = tiny_data()
    return replace(
        DATASETS["digits"],
        title="Tiny",
        images=len(data),
        shape=data.image_shape,
        digits=False,
        read=lambda request: Rows(data.images, data.labels, data.classes),
    )


def tiny_config(**changes: Any) -> TrainConfig:
    """Ten steps of a small fully connected GAN on the data set 'tiny'."""
    values = {
        "dataset": "tiny",
        "architecture": "mlp-small",
        "latent_dim": 4,
        "batch_size": 8,
        "steps": 10,
        "log_every": 2,
        "sample_every": 5,
        "save_every": 5,
    }
    return TrainConfig.from_dict({**values, **changes})


def start(folder: Path, /, **changes: Any) -> TrainingSession:
    """A session of :func:`tiny_config` in a new folder."""
    folder.mkdir(parents=True)
    return opening.start(RunFolder(folder), tiny_config(**changes), folder, CPU, quiet)


def resume(folder: Path, /, **changes: Any) -> TrainingSession:
    """The session in that folder, from its last saved state."""
    return opening.resume(RunFolder(folder), changes, folder, CPU, quiet)


def finish(session: TrainingSession) -> TrainingSession:
    """Train to the end and let go of the folder."""
    try:
        while not session.finished:
            session.advance(60)
    finally:
        session.close()
    return session


def trained(folder: Path, /, **changes: Any) -> RunFolder:
    """A finished run in a new folder."""
    return finish(start(folder, **changes)).run


def flat(state: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested state as one level of names."""
    result: dict[str, Any] = {}
    for key, value in state.items():
        if isinstance(value, Mapping):
            result |= flat(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            result |= flat(dict(enumerate(value)), f"{prefix}{key}.")  # type: ignore[arg-type]
        else:
            result[f"{prefix}{key}"] = value
    return result


def copied(state: Mapping[str, Any]) -> dict[str, Any]:
    """A nested state as one level of names, with copies of its tensors."""
    return {k: v.clone() if isinstance(v, Tensor) else v for k, v in flat(state).items()}


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The names under which two states differ in a single bit."""
    a, b = flat(one), flat(other)
    return [
        key for key in sorted({*a, *b}) if key not in a or key not in b or _differ(a[key], b[key])
    ]


def _differ(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.dtype != other.dtype or not torch.equal(one, other)
    return bool(one != other)


def random_states(trainer: Trainer | None = None) -> list[Any]:
    """All random states of the process that a training could be disturbed by, and a trainer's."""
    arrays = repr(np.random.get_state(legacy=False))
    states = [random.getstate(), arrays, bytes(torch.get_rng_state().numpy())]
    if trainer is not None:
        states.append(bytes(trainer.state_dict()["random"].numpy()))
    return states
