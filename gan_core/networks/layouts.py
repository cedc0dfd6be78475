"""How others name and shape the networks that we have: one entry a layout.

To add one, add a line to :data:`LAYOUTS`: the names of its layers in the order in which ours come,
and what of them is laid out in another way, as a :class:`Turn`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]
Tensors = Mapping[str, Tensor]

_COUNTER = "num_batches_tracked"  # of a batch norm; files of before torch 1.0 have none


class MisfitError(Exception):
    """Weights that a layout does not describe: the first name or shape that does not fit, as the
    end of a sentence about the layout."""


class Turn(Protocol):
    """A layer that computes the same as ours from numbers that are laid out in another way."""

    def there(self, shapes: Shapes) -> dict[str, Shape]:
        """The shapes in the file, of those that our layers would have under its names."""
        ...

    def here(self, tensors: Tensors, shapes: Shapes) -> dict[str, Tensor]:
        """The file's tensors in the shapes of our layers, under its names."""
        ...


@dataclass(frozen=True)
class NoBias:
    """A layer without the bias that ours has."""

    layer: str

    def there(self, shapes: Shapes) -> dict[str, Shape]:
        return {name: shape for name, shape in shapes.items() if name != f"{self.layer}.bias"}

    def here(self, tensors: Tensors, shapes: Shapes) -> dict[str, Tensor]:
        name = f"{self.layer}.bias"
        return {**tensors, name: torch.zeros(shapes[name])}


@dataclass(frozen=True)
class WholeMap:
    """A convolution over the whole of 4 x 4 maps, where ours flattens them for a linear layer."""

    layer: str

    def there(self, shapes: Shapes) -> dict[str, Shape]:
        name = f"{self.layer}.weight"
        out, features = shapes[name]
        return {**shapes, name: (out, features // 16, 4, 4)}

    def here(self, tensors: Tensors, shapes: Shapes) -> dict[str, Tensor]:
        name = f"{self.layer}.weight"
        return {**tensors, name: tensors[name].flatten(1)}


@dataclass(frozen=True)
class LearntLabel:
    """A generator whose label comes first and as a learnt vector, as long as there are classes;
    ours comes last and one-hot. The vectors are multiplied into the first layer."""

    layer: str  # the first
    embedding: str

    def there(self, shapes: Shapes) -> dict[str, Shape]:
        return {**shapes, f"{self.embedding}.weight": (-1, -1)}

    def here(self, tensors: Tensors, shapes: Shapes) -> dict[str, Tensor]:
        name = f"{self.layer}.weight"
        vectors = tensors[f"{self.embedding}.weight"].double()
        of_label, of_noise = (
            tensors[name].double().split([len(vectors), tensors[name].shape[1] - len(vectors)], 1)
        )
        others = {
            key: value for key, value in tensors.items() if not key.startswith(self.embedding)
        }
        return {**others, name: torch.cat([of_noise, of_label @ vectors.T], 1)}


@dataclass(frozen=True)
class LabelBeside:
    """A critic that is told the class as a learnt vector beside the pixels, where ours has a learnt
    plane: the vector becomes the first pixels of it. The others are zero, as are the weights that
    they meet, so that both stay zero in training and the critic stays the same function."""

    layer: str  # the first
    embedding: str

    def there(self, shapes: Shapes) -> dict[str, Shape]:
        name, vectors = f"{self.layer}.weight", f"{self.embedding}.weight"
        (out, numbers), (classes, pixels) = shapes[name], shapes[vectors]
        return {**shapes, name: (out, numbers - pixels + classes), vectors: (classes, classes)}

    def here(self, tensors: Tensors, shapes: Shapes) -> dict[str, Tensor]:
        name, vectors = f"{self.layer}.weight", f"{self.embedding}.weight"
        more = shapes[vectors][1] - shapes[vectors][0]
        return {
            **tensors,
            name: nn.functional.pad(tensors[name], (0, more)),
            vectors: nn.functional.pad(tensors[vectors], (0, more)),
        }


@dataclass(frozen=True)
class Part:
    """One of the two networks."""

    layers: tuple[str, ...] = ()  # there, in the order in which ours come; none: they are ours
    turns: tuple[Turn, ...] = ()

    def translate(self, tensors: Tensors, network: nn.Module) -> dict[str, Tensor]:
        """The state dict of our network, in its own precision.

        Args:
            tensors: by the names of the layout.
            network: ours, which may be without weights.

        Raises:
            MisfitError: a name or a shape is another one.
        """
        names = self._names(network)
        shapes = {names[name]: tuple(own.shape) for name, own in network.state_dict().items()}
        wanted = shapes
        for turn in self.turns:
            wanted = turn.there(wanted)
        _compare(wanted, tensors)
        counters = {name: torch.tensor(0) for name in wanted if name.endswith(_COUNTER)}
        tensors = {**counters, **tensors}
        for turn in self.turns:
            tensors = turn.here(tensors, shapes)
        return {
            name: tensors[names[name]].to(own.dtype).contiguous()
            for name, own in network.state_dict().items()
        }

    def _names(self, network: nn.Module) -> dict[str, str]:
        """The names there of all that our network holds, by ours."""
        own = list(network.state_dict())
        if not self.layers:
            return {name: name for name in own}
        ours = list(dict.fromkeys(name.rpartition(".")[0] for name in own))
        if len(ours) != len(self.layers):
            raise MisfitError(
                f"has {len(self.layers)} layers with weights, and the settings ask for {len(ours)}"
            )
        there = dict(zip(ours, self.layers, strict=True))
        return {
            name: f"{there[layer]}.{kind}"
            for name in own
            for layer, _, kind in [name.rpartition(".")]
        }

    def inputs(self, tensors: Tensors) -> int | None:
        """How many numbers the first layer takes; None where it is not there."""
        shape = self._weight_shape(tensors, 0)
        if shape is None or len(shape) < 2:
            return None
        return shape[0] if len(shape) == 4 else shape[1]  # a transposed convolution comes first

    def image_shape(self, tensors: Tensors, side: int | None) -> tuple[int, int, int] | None:
        """What pictures the last layer makes; None where that cannot be told.

        Args:
            side: of the pictures, where the architecture makes but one.
        """
        shape = self._weight_shape(tensors, -1)
        if shape is not None and len(shape) == 4 and side:
            channels = next((n for n in shape[:2] if n in (1, 3)), 3)
            return channels, side, side
        if shape is None or len(shape) != 2:
            return None
        if side == 1:
            return 2, 1, 1
        for channels in (1, 3):
            side = math.isqrt(shape[0] // channels)
            if channels * side**2 == shape[0] and side:
                return channels, side, side
        return None

    def _weight_shape(self, tensors: Tensors, place: int) -> Shape | None:
        name = f"{self.layers[place]}.weight" if self.layers else None
        if name is None:
            weights = sorted((key for key in tensors if key.endswith(".weight")), key=_place)
            name = weights[place] if weights else ""
        return tuple(tensors[name].shape) if name in tensors else None


@dataclass(frozen=True)
class Layout:
    """Networks as somebody else wrote them. Title and source have no full stop."""

    title: str
    source: str
    generator: Part
    critic: Part
    architecture: str = ""  # ours that computes the same; empty: any
    label: str = ""  # the learnt vectors of the labels, whose number is that of the classes
    settings: Mapping[str, Any] = field(default_factory=dict)  # what its code trains with


_DENSE = ("model.0", "model.2", "model.3", "model.5", "model.6", "model.8", "model.9", "model.11")
_PYTORCH_GAN = "the PyTorch-GAN collection, implementations/"

LAYOUTS: dict[str, Layout] = {
    "pytorch-dcgan": Layout(
        title="DCGAN of PyTorch's tutorial and examples",
        source="pytorch/examples, dcgan/main.py (netG, netD)",
        architecture="dcgan-64",
        generator=Part(
            tuple(f"main.{place}" for place in (0, 1, 3, 4, 6, 7, 9, 10, 12)), (NoBias("main.12"),)
        ),
        critic=Part(
            tuple(f"main.{place}" for place in (0, 2, 3, 5, 6, 8, 9, 11)),
            (NoBias("main.0"), WholeMap("main.11"), NoBias("main.11")),
        ),
        settings={"objective": "gan", "dataset": "celeba", "batch_size": 128},
    ),
    "pytorch-gan-gan": Layout(
        title="GAN of PyTorch-GAN",
        source=f"{_PYTORCH_GAN}gan/gan.py",
        architecture="mlp-norm",
        generator=Part(_DENSE),
        critic=Part(("model.0", "model.2", "model.4")),
        settings={"objective": "gan", "dataset": "mnist"},
    ),
    "pytorch-gan-wgan_gp": Layout(
        title="WGAN-GP of PyTorch-GAN",
        source=f"{_PYTORCH_GAN}wgan_gp/wgan_gp.py",
        architecture="mlp-norm",
        generator=Part(_DENSE),
        critic=Part(("model.0", "model.2", "model.4")),
        settings={"objective": "wgan-gp", "dataset": "mnist", "d_steps": 5},
    ),
    "pytorch-gan-cgan": Layout(
        title="CGAN of PyTorch-GAN",
        source=f"{_PYTORCH_GAN}cgan/cgan.py",
        architecture="mlp-norm-dropout",
        label="label_emb",
        generator=Part(_DENSE, (LearntLabel("model.0", "label_emb"),)),
        critic=Part(
            ("model.0", "model.2", "model.5", "model.8", "label_embedding"),
            (LabelBeside("model.0", "label_embedding"),),
        ),
        settings={"objective": "cgan", "dataset": "mnist"},
    ),
    "pytorch-gan-dcgan": Layout(
        title="DCGAN of PyTorch-GAN",
        source=f"{_PYTORCH_GAN}dcgan/dcgan.py",
        architecture="dcgan-upsample",
        generator=Part(
            ("l1.0", *(f"conv_blocks.{place}" for place in (0, 2, 3, 6, 7, 9))),
        ),
        critic=Part(
            (*(f"model.{place}" for place in (0, 3, 6, 7, 10, 11, 14)), "adv_layer.0"),
        ),
        settings={"objective": "gan", "dataset": "mnist"},
    ),
    "own": Layout(
        title="GANscope's own",
        source="generator.safetensors and training.pt of a run",
        generator=Part(),
        critic=Part(),
    ),
}


def layouts_for(name: str) -> dict[str, Layout]:
    """The layouts that a person may mean: the one of that name, or all of that architecture, our
    own last; none where it is neither."""
    if name in LAYOUTS and name != "own":
        return {name: LAYOUTS[name]}
    return {key: layout for key, layout in LAYOUTS.items() if layout.architecture in (name, "")}


def _place(name: str) -> list[tuple[int, str]]:
    """What names are sorted by, so that layer 2 comes before layer 10: some files do not keep
    them in the order of the layers."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in name.split(".")]


def _compare(wanted: Shapes, tensors: Tensors) -> None:
    """Refuse other names, shapes and kinds of numbers than those.

    Raises:
        MisfitError: naming the first.
    """
    for name, shape in wanted.items():
        if name not in tensors:
            if name.endswith(_COUNTER):
                continue
            raise MisfitError(f"needs {name}, which is not in the file")
        here = tensors[name]
        if len(here.shape) != len(shape) or any(
            there not in (size, -1) for there, size in zip(shape, here.shape, strict=True)
        ):
            raise MisfitError(f"needs {name} of {_words(shape)}, which is {_words(here.shape)}")
        plain = here.layout == torch.strided and not here.is_quantized
        if not plain or (here.is_complex() or here.dtype == torch.bool):
            raise MisfitError(f"needs {name} of plain numbers, which holds {here.dtype} values")
    for name in tensors:
        if name not in wanted:
            raise MisfitError(f"has no place for {name}")


def _words(shape: Shape | torch.Size) -> str:
    return " x ".join("any" if size < 0 else str(size) for size in shape) or "one number"
