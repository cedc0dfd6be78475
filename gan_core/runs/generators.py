"""Generators, critics and training states: opened, saved, shipped."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_core.config import TrainConfig
from gan_core.errors import BusyError, CheckpointError, ConfigError
from gan_core.files import naming, write_atomic, write_together
from gan_core.places import CHECKPOINTS_DIR
from gan_core.runs.events import events_behind
from gan_core.runs.folder import EVENTS, HISTORY, QUALITY, RunFolder, RunInfo, is_run_name
from gan_core.runs.store import RunStore

if TYPE_CHECKING:
    import torch

    from gan_core.networks.base import Generator, ImageCritic
    from gan_core.objectives.base import Objective


_STEP = "step"  # among the metadata of a generator's file
_STEP_TEXT = re.compile("[0-9]{1,9}")


@dataclass(frozen=True)
class OpenedGenerator:
    """A generator ready to draw, with what it was trained as."""

    name: str
    generator: Generator
    config: TrainConfig
    info: RunInfo
    step: int | None = None  # of the training that it was saved at, where its file says so


def open_generator(folder: Path, step: int | None = None) -> OpenedGenerator:
    """The generator of a run or checkpoint, in eval mode on the CPU.

    Args:
        step: one of :meth:`RunFolder.saved_steps`; the latest generator without it.

    Raises:
        CheckpointError: a file is missing, damaged, of other shapes, or a pickle (never opened).
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from gan_core import catalog
    from gan_core.networks.build import build_generator

    run = RunFolder(folder)
    config, info = run.config(), run.info()
    try:
        catalog.check_names(config.objective_settings)
    except ConfigError as error:
        raise CheckpointError(f"{run.name}/config.json: {error}") from error
    weights = run.generator_path(step)
    inside = weights.relative_to(folder).as_posix()
    if step is not None and not weights.is_file():
        raise CheckpointError(f"{run.name} keeps no generator of step {step:,}.")
    if not weights.is_file():
        pickles = [p.name for p in folder.glob("*") if p.suffix in (".pt", ".pth", ".pkl", ".ckpt")]
        reason = (
            f"only {pickles[0]}, which is not opened because a pickle can run code"
            if pickles
            else "nothing was saved yet"
        )
        raise CheckpointError(f"{run.name} has no generator.safetensors: {reason}.")
    try:
        n_classes = catalog.class_count(config, info.classes)
        generator = build_generator(
            config.architecture,
            config.latent_dim,
            info.image_shape,
            n_classes,
            catalog.hidden_layers(config),
        )
        generator.load_state_dict(load_file(weights))
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{run.name}/{inside} is damaged or no safetensors file ({error})."
        ) from error
    except (RuntimeError, ConfigError) as error:
        raise CheckpointError(
            f"{run.name}/{inside} does not fit the network in its config.json "
            f"({config.architecture}, latent_dim {config.latent_dim})."
        ) from error
    return OpenedGenerator(run.name, generator.eval(), config, info, generator_step(weights))


@dataclass(frozen=True)
class OpenedCritic:
    """A critic ready to judge, with the objective that says what its verdicts mean."""

    critic: ImageCritic
    objective: Objective
    config: TrainConfig
    info: RunInfo


def has_critic(run: RunFolder, step: int | None = None) -> bool:
    """Whether there is a critic of that moment to be opened."""
    latest = step is None or step == run.status().step
    return (latest and run.critic_path.is_file()) or run.training_path(step).is_file()


def open_critic(folder: Path, step: int | None = None) -> OpenedCritic:
    """The critic of a run or checkpoint, in eval mode on the CPU, its weights not to be trained.

    Args:
        step: one of :meth:`RunFolder.saved_steps`; the latest critic without it.

    Raises:
        CheckpointError: nothing of it was kept, or that is damaged or of other shapes.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from gan_core import catalog
    from gan_core.networks.base import ImageCritic
    from gan_core.networks.initialisation import allocate
    from gan_core.objectives import build as objectives

    run = RunFolder(folder)
    config, info = run.config(), run.info()
    if not has_critic(run, step):
        which = "critic" if step is None else f"critic of step {step:,}"
        raise CheckpointError(
            f"{run.name} has no {which}: it was exported before critics were kept. Train it again "
            "to have one."
        )
    try:
        if run.critic_path.is_file() and not run.training_path(step).is_file():
            weights = load_file(run.critic_path)
        else:
            import torch

            weights = load_training(run, torch.device("cpu"), step)["critic"]
        objective = objectives.build(config)
        critic = catalog.outline(config, info.image_shape, info.classes).critic
        assert isinstance(critic, ImageCritic)
        allocate(critic)
        critic.load_state_dict(weights)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{run.name}/critic.safetensors is damaged or no safetensors file ({error})."
        ) from error
    except (LookupError, TypeError, AttributeError, RuntimeError, ConfigError) as error:
        raise CheckpointError(
            f"The critic of {run.name} does not fit the network in its config.json "
            f"({config.architecture}, {config.objective})."
        ) from error
    return OpenedCritic(critic.eval().requires_grad_(False), objective, config, info)


def generator_step(path: Path) -> int | None:
    """The step of the training that a generator's file was saved at; None where it says none, or
    is none. It needs no torch, and reads no more than the file's head."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as weights:
            text = (weights.metadata() or {}).get(_STEP, "")
    except (SafetensorError, OSError):
        return None
    return int(text) if _STEP_TEXT.fullmatch(text) else None


def find_checkpoint(name_or_path: str) -> Path:
    """The folder of a checkpoint given as a path, or as the name of a shipped one.

    Raises:
        CheckpointError: there is none, or it is a file.
    """
    path = Path(name_or_path)
    if path.is_dir():
        return path
    if path.is_file():
        raise CheckpointError(
            f"{name_or_path} is a file; give the folder of a run or checkpoint. Pickled models are "
            "never opened, because a pickle can run code."
        )
    shipped = CHECKPOINTS_DIR / name_or_path
    if is_run_name(name_or_path) and shipped.is_dir():
        return shipped
    names = ", ".join(run.name for run in RunStore(CHECKPOINTS_DIR).list()) or "none"
    raise CheckpointError(
        f"{name_or_path!r} is neither a folder nor a shipped checkpoint (shipped: {names})."
    )


def export_checkpoint(
    run: RunFolder, target: Path, grids: int = 48, beside: Mapping[str, bytes] | None = None
) -> RunFolder:
    """Copy a run as a checkpoint to ship: less its training state but for the critic, with so many
    grids at most.

    The grids kept are spaced evenly in the logarithm of the step, because a training changes most
    in its first steps.

    Args:
        beside: more files by their names.

    Raises:
        CheckpointError: the run has no generator that opens, or the target exists.
        OSError: the target cannot be written; nothing of it stays.
    """
    open_generator(run.path)
    if target.exists():
        raise CheckpointError(f"{target} exists already; give a folder that does not.")
    steps = run.grids()
    moments = np.geomspace(1, max(steps, default=0) + 1, grids) - 1
    nearest = {min(steps, key=lambda step: abs(step - moment)) for moment in moments if steps}
    names = [
        "config.json", "status.json", HISTORY, QUALITY, EVENTS, "generator.safetensors",
        "evaluation.json", "memorisation.png", run.distribution_path.name,
    ]  # fmt: skip
    sheets = [run.grid_path(None), *(run.grid_path(step) for step in sorted(nearest))]
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        naming(target),
        tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as scratch,
    ):
        copy = Path(scratch) / target.name
        for path in [*(run.path / name for name in names), *sheets]:
            if path.is_file():
                write_atomic(copy / path.relative_to(run.path), path.read_bytes())
        critic = _critic_content(run)
        if critic is not None:
            write_atomic(RunFolder(copy).critic_path, critic)
        for name, content in (beside or {}).items():
            write_atomic(copy / name, content)
        copy.rename(target)  # at once, so that no half of a checkpoint is ever seen
    return RunFolder(target)


def _critic_content(run: RunFolder) -> bytes | None:
    """What a critic.safetensors of this run holds; None where it has no critic.

    Raises:
        CheckpointError: its training state is damaged.
    """
    if not run.resumable:
        return run.critic_path.read_bytes() if run.critic_path.is_file() else None
    import torch

    state = load_training(run, torch.device("cpu"))
    weights = state.get("critic")
    return None if weights is None else weights_content(weights, int(state["step"]))


def weights_content(state: Mapping[str, torch.Tensor], step: int | None = None) -> bytes:
    """What a file of weights holds, of a generator or a critic: these, and the step that they are
    of."""
    from safetensors.torch import save

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    return save(tensors, None if step is None else {_STEP: str(step)})


def save_generator(
    run: RunFolder, state: Mapping[str, torch.Tensor], step: int | None = None
) -> None:
    """Write generator.safetensors."""
    write_atomic(run.generator_path(), weights_content(state, step))


def save_training(
    run: RunFolder, state: Mapping[str, Any], generator: Mapping[str, torch.Tensor]
) -> None:
    """Write training.pt, tensors and plain values only, and the generator of the same moment.

    A process that is killed between the two, or before the status that is written next, leaves
    files of two moments. The state is what is meant: see :func:`settle`. The generator comes
    first, so that its step always tells.
    """
    import torch

    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    write_together(
        {
            run.generator_path(): weights_content(generator, state["step"]),
            run.path / "training.pt": buffer.getvalue(),
        }
    )


def settle(run: RunFolder) -> None:
    """Make generator and status those of the training state, where a kill came between the files
    of a save. A run that a training has, or whose state cannot be read, stays as it is.

    Raises:
        OSError: a file cannot be written.
    """
    if not run.resumable or generator_step(run.generator_path()) in (None, run.status().step):
        return
    import torch

    with suppress(BusyError, CheckpointError), run.lock():
        state = load_training(run, torch.device("cpu"))
        try:
            step, seconds = int(state["step"]), float(state["seconds"])
            images = int(state.get("batches", 0)) * run.config().batch_size
            events = len(events_behind(state))
            content = weights_content(state.get("averaged") or state["generator"], step)
        except (LookupError, TypeError, ValueError, AttributeError, RuntimeError, ConfigError):
            return  # no state of a training: said when it is resumed
        write_atomic(run.generator_path(), content)
        status = replace(run.status(), step=step, seconds=seconds, images=images, events=events)
        run.write_status(status)


def load_training(run: RunFolder, device: torch.device, step: int | None = None) -> dict[str, Any]:
    """Read training.pt without unpickling anything but tensors and plain values.

    Args:
        step: one of :meth:`RunFolder.saved_steps`; the latest state without it.

    Raises:
        CheckpointError: it is missing, damaged, or holds anything else.
    """
    import torch

    path = run.training_path(step)
    if not path.is_file():
        raise CheckpointError(f"{run.name} cannot be resumed: it has no training.pt.")
    inside = path.relative_to(run.path).as_posix()
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # torch raises nearly anything on a damaged file
        raise CheckpointError(
            f"{run.name}/{inside} is damaged or not a training state; nothing in it was run."
        ) from error
    if not isinstance(state, dict) or "step" not in state:
        raise CheckpointError(f"{run.name}/{inside} is not a training state.")
    if step is not None and state["step"] != step:
        steps = ", ".join(f"{saved_step:,}" for saved_step in run.saved_steps())
        raise CheckpointError(f"{run.name} keeps no state of step {step:,}; it keeps {steps}.")
    return state
