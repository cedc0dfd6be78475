"""Weights in a file of somebody else's: read without running anything in it."""

from __future__ import annotations

import io
import pickletools
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any

from gan_core.errors import CheckpointError
from gan_core.runs.archive import BAD_ZIP, MAX_ARCHIVE_BYTES

if TYPE_CHECKING:
    from torch import Tensor

ENDINGS = (".safetensors", ".pt", ".pth")

# Who saves both networks in one file calls them so; an average of the generator comes first.
_GENERATOR_NAMES = (
    "averaged", "generator_ema", "netG_ema", "G_ema", "g_ema", "generator", "netG", "G", "gen",
    "generator_state_dict", "netG_state_dict", "G_state_dict", "modelG_state_dict",
)  # fmt: skip
_CRITIC_NAMES = (
    "critic", "discriminator", "netD", "D", "disc", "discriminator_state_dict",
    "netD_state_dict", "D_state_dict", "modelD_state_dict",
)  # fmt: skip
_WRAPPERS = ("state_dict", "model_state_dict")  # around the weights of one network
_PARALLEL = "module."  # what DataParallel puts before each name
_WITHIN, _DEPTH = "/", 6  # what stands between the names of dicts within dicts, and how many

# What the pickle in a file of weights may name. torch would take more, among it bytearray(N), which
# is as large as the file says.
_NAMES_ALLOWED = re.compile(
    r"collections OrderedDict|torch Size|torch device"
    r"|torch\._utils _rebuild_(tensor|tensor_v2|parameter)|torch(\.storage)? \w+Storage"
    r"|torch (float|double|half|u?int|long|short|bfloat)\d*"
)
_MAGIC_PICKLES = 5  # of a file of before torch 1.6: magic, version, system, the weights, their keys


def read_weights(name: str, content: bytes) -> dict[str, Tensor]:
    """All tensors in a file by their names, with a slash after each dict that they are in.

    Args:
        name: of the file, whose ending says its kind.

    Raises:
        CheckpointError: it is another kind of file, damaged, too large, without weights, or a
            pickle of anything else; nothing in it was run.
    """
    ending = PurePath(name).suffix.lower()
    if ending not in ENDINGS:
        raise CheckpointError(f"{name} is no file of weights; its name must end in {_OR_ENDINGS}.")
    if len(content) > MAX_ARCHIVE_BYTES:
        raise CheckpointError(f"{name} is larger than {MAX_ARCHIVE_BYTES // 2**20} MiB.")
    state = _safetensors(name, content) if ending == ".safetensors" else _torch(name, content)
    tensors = dict(_flat(state, _DEPTH))
    if not tensors:
        raise CheckpointError(f"{name} holds no weights.")
    return tensors


_OR_ENDINGS = f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"


def generator_of(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The generator's weights among those of a file: what is called so, else all of them."""
    named = _called(tensors, _GENERATOR_NAMES)
    return named if named is not None else single(tensors)


def critic_of(tensors: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
    """The discriminator's weights beside those of a generator; None where there are none."""
    return _called(tensors, _CRITIC_NAMES)


def single(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a network that a file holds alone, or as its discriminator."""
    named = _called(tensors, _CRITIC_NAMES) or _called(tensors, _WRAPPERS)
    return named if named is not None else _unwrapped(tensors)


def _called(tensors: Mapping[str, Tensor], names: tuple[str, ...]) -> dict[str, Tensor] | None:
    """The weights in a dict of one of those names; or below such a name with a dot, as they are in
    one state dict of both networks, where there is nothing else in it: a critic of our own has a
    part that is called critic."""
    both = (*_GENERATOR_NAMES, *_CRITIC_NAMES)
    ends = (_WITHIN, ".") if all(name.split(".")[0] in both for name in tensors) else (_WITHIN,)
    for name in names:
        for end in ends:
            prefix = f"{name}{end}"
            part = {
                key.removeprefix(prefix): tensor
                for key, tensor in tensors.items()
                if key.startswith(prefix)
            }
            if part:
                return _unwrapped(part)
    return None


def _unwrapped(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The names of the layers alone, without what others put before all of them."""
    names = {name: name.replace(_WITHIN, ".") for name in tensors}
    for prefix in (*(f"{wrapper}." for wrapper in _WRAPPERS), _PARALLEL):
        if all(name.startswith(prefix) for name in names.values()):
            names = {key: name.removeprefix(prefix) for key, name in names.items()}
    return {names[key]: tensor for key, tensor in tensors.items()}


def _flat(state: object, depth: int, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    import torch

    if isinstance(state, torch.Tensor):
        yield prefix.removesuffix(_WITHIN), state.detach()
    elif isinstance(state, Mapping) and depth:
        for key, value in state.items():
            if isinstance(key, str):
                yield from _flat(value, depth - 1, f"{prefix}{key}{_WITHIN}")


def _safetensors(name: str, content: bytes) -> Mapping[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(f"{name} is damaged or no safetensors file ({error}).") from error


def _torch(name: str, content: bytes) -> object:
    import torch

    try:
        foreign = next(
            (found for found in _names_in(content) if not _NAMES_ALLOWED.fullmatch(found)), None
        )
    except (*BAD_ZIP, IndexError, RecursionError) as error:
        raise _damaged(name) from error
    if foreign is not None:
        raise CheckpointError(
            f"{name} holds more than weights ({foreign.replace(' ', '.')}), and to open that would "
            "run code; where you trust it, save its state dict instead:\n"
            f"    model = torch.load({PurePath(name).name!r}, weights_only=False)\n"
            "    torch.save(model.state_dict(), 'weights.pt')"
        )
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises nearly anything on a damaged file
        raise _damaged(name) from error


def _damaged(name: str) -> CheckpointError:
    return CheckpointError(f"{name} is damaged or no file of weights; nothing in it was run.")


def _names_in(content: bytes) -> Iterator[str]:
    """The classes and functions that the pickle in a file names, as 'module name'.

    Raises:
        ValueError, one of BAD_ZIP: there is no such pickle, or it says that it is too large.
    """
    if not content.startswith(b"PK"):
        stream = io.BytesIO(content)
        for _ in range(_MAGIC_PICKLES):
            yield from _names(stream)
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        # torch packs nothing, so that no file in it is longer than the whole.
        if any(entry.file_size > len(content) for entry in entries):
            raise ValueError("a file in it is longer than all of it")
        for entry in entries:
            if entry.filename.endswith(".pkl"):
                yield from _names(io.BytesIO(archive.read(entry)))


def _names(stream: IO[bytes]) -> Iterator[str]:
    texts: list[str] = []
    for operation, argument, _ in pickletools.genops(stream):
        if operation.name in ("GLOBAL", "INST"):
            yield str(argument)
        elif operation.name == "STACK_GLOBAL":  # of the two texts before it
            yield " ".join(texts[-2:])
        elif isinstance(argument, str):
            texts.append(argument)
