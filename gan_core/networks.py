"""Generators, critics, and the table of architectures.

Every generator is called ``G(z, y)`` and every critic ``D(x, y)``, with ``y`` possibly None. Images
are (N, C, H, W) in [-1, 1], latent vectors (N, latent_dim). To add an architecture, write its
generator and its trunk and add a line to :data:`ARCHITECTURES`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from gan_core.errors import ConfigError

ImageShape = tuple[int, int, int]  # channels, height, width
ModuleT = TypeVar("ModuleT", bound=nn.Module)


class Verdict(NamedTuple):
    """What a critic says of a batch of N images."""

    score: Tensor  # (N,) logit that the image is real


class Dropout(nn.Module):
    """Dropout that draws its masks from a generator of its own.

    torch's dropout uses the global random state, which anything else in the process may move; a
    training could then not be repeated or resumed bit for bit. The trainer sets ``generator``.
    """

    def __init__(self, p: float, channels: bool = False) -> None:
        super().__init__()
        self.p = p
        self.channels = channels  # drop whole feature maps
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        shape = (*x.shape[:2], *(1 for _ in x.shape[2:])) if self.channels else x.shape
        keep = torch.empty(shape, dtype=x.dtype, device=x.device)
        keep.bernoulli_(1 - self.p, generator=self.generator)
        return x * keep.div_(1 - self.p)


class Generator(nn.Module):
    """A body from latent vectors (N, latent_dim) to images (N, C, H, W) in [-1, 1]."""

    def __init__(self, body: nn.Module, latent_dim: int, image_shape: ImageShape) -> None:
        super().__init__()
        self.body = body
        self.latent_dim = latent_dim
        self.image_shape = image_shape

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.body(z).view(-1, *self.image_shape)


class Critic(nn.Module):
    """A trunk from images to features (N, F), and a linear head that scores them."""

    def __init__(self, trunk: nn.Module, features: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = nn.Linear(features, 1)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Verdict:
        return Verdict(score=self.head(self.trunk(x)).squeeze(1))


def _mlp_generator(
    latent_dim: int, shape: ImageShape, widths: tuple[int, ...], dropout: float = 0.0
) -> nn.Module:
    layers: list[nn.Module] = []
    before = latent_dim
    for width in widths:
        layers += [nn.Linear(before, width), nn.LeakyReLU(0.2, inplace=True)]
        if dropout:
            layers.append(Dropout(dropout))
        before = width
    return nn.Sequential(*layers, nn.Linear(before, math.prod(shape)), nn.Tanh())


def _mlp_trunk(
    shape: ImageShape, widths: tuple[int, ...], dropout: float = 0.0
) -> tuple[nn.Module, int]:
    layers: list[nn.Module] = [nn.Flatten()]
    before = math.prod(shape)
    for width in widths:
        layers += [nn.Linear(before, width), nn.LeakyReLU(0.2, inplace=True)]
        if dropout:
            layers.append(Dropout(dropout))
        before = width
    return nn.Sequential(*layers), before


def _dcgan_generator(
    latent_dim: int, shape: ImageShape, widths: tuple[int, ...], kernels: tuple[int, ...]
) -> nn.Module:
    """Project z to 4 x 4 maps, then a strided transposed convolution for each kernel; batch norm
    and ReLU between, tanh at the end (DCGAN, section 3). A kernel of 4 doubles the side, a kernel
    of 3 makes it one less than double, which is how 4 becomes 7."""
    layers: list[nn.Module] = [
        nn.Unflatten(1, (latent_dim, 1, 1)),
        nn.ConvTranspose2d(latent_dim, widths[0], 4, bias=False),
        nn.BatchNorm2d(widths[0]),
        nn.ReLU(inplace=True),
    ]
    for before, width, kernel in zip(widths, widths[1:], kernels, strict=False):
        layers += [
            nn.ConvTranspose2d(before, width, kernel, 2, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        ]
    last = nn.ConvTranspose2d(widths[-1], shape[0], kernels[-1], 2, 1)
    return nn.Sequential(*layers, last, nn.Tanh())


def _dcgan_trunk(
    shape: ImageShape, widths: tuple[int, ...], kernels: tuple[int, ...], norm: bool
) -> tuple[nn.Module, int]:
    """The generator's way back to 4 x 4 maps: convolutions of stride 2 with LeakyReLU 0.2; batch
    norm on all but the first (DCGAN, section 3), or on none where the objective forbids it."""
    layers: list[nn.Module] = []
    before = shape[0]
    for width, kernel in zip(widths, kernels, strict=True):
        normed = norm and bool(layers)
        layers.append(nn.Conv2d(before, width, kernel, 2, 1, bias=not normed))
        if normed:
            layers.append(nn.BatchNorm2d(width))
        layers.append(nn.LeakyReLU(0.2, inplace=True))
        before = width
    return nn.Sequential(*layers, nn.Flatten()), widths[-1] * 4 * 4


LinearOrConv = nn.Linear | nn.Conv2d | nn.ConvTranspose2d


def _init_default(module: LinearOrConv, generator: torch.Generator) -> None:
    """torch's own for linear layers and convolutions: uniform within 1/sqrt(fan in)."""
    weight = module.weight
    fan_in, _ = nn.init._calculate_fan_in_and_fan_out(weight)
    bound = 1 / math.sqrt(fan_in)
    nn.init.uniform_(weight, -bound, bound, generator=generator)
    if module.bias is not None:
        nn.init.uniform_(module.bias, -bound, bound, generator=generator)


def _init_dcgan(module: LinearOrConv, generator: torch.Generator) -> None:
    """Normal weights of deviation 0.02 (DCGAN, section 4)."""
    nn.init.normal_(module.weight, 0.0, 0.02, generator=generator)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


@dataclass(frozen=True)
class Architecture:
    """A pair of networks: how to build, initialise and describe them."""

    title: str
    source: str
    generator: Callable[[int, ImageShape], nn.Module]  # (latent_dim, image shape)
    trunk: Callable[[ImageShape, bool], tuple[nn.Module, int]]  # (image shape, batch norm wanted)
    init: Callable[[LinearOrConv, torch.Generator], None] = _init_default
    image_size: int | None = None  # the only side it makes; None: any


ARCHITECTURES: dict[str, Architecture] = {
    "mlp": Architecture(
        title="Fully connected, z-128-256-512-pixels",
        source="Goodfellow et al. 2014 (arXiv:1406.2661), with the usual widths",
        generator=lambda z, shape: _mlp_generator(z, shape, (128, 256, 512)),
        trunk=lambda shape, norm: _mlp_trunk(shape, (512, 256)),
    ),
    "mlp-small": Architecture(
        title="Fully connected and small, z-32-64-128-pixels, dropout 0.3",
        source="the MNIST exercise of Udacity's Deep Learning with PyTorch course",
        generator=lambda z, shape: _mlp_generator(z, shape, (32, 64, 128), dropout=0.3),
        trunk=lambda shape, norm: _mlp_trunk(shape, (128, 64, 32), dropout=0.3),
    ),
    "dcgan-28": Architecture(
        title="Light DCGAN for 28 x 28 pictures",
        source="Radford et al. 2015 (arXiv:1511.06434), three strided layers, 4-7-14-28",
        generator=lambda z, shape: _dcgan_generator(z, shape, (96, 48, 24), (3, 4, 4)),
        trunk=lambda shape, norm: _dcgan_trunk(shape, (24, 48, 96), (4, 4, 3), norm),
        init=_init_dcgan,
        image_size=28,
    ),
    "dcgan-64": Architecture(
        title="DCGAN for 64 x 64 pictures, ngf = ndf = 64",
        source="Radford et al. 2015 (arXiv:1511.06434)",
        generator=lambda z, shape: _dcgan_generator(z, shape, (512, 256, 128, 64), (4, 4, 4, 4)),
        trunk=lambda shape, norm: _dcgan_trunk(shape, (64, 128, 256, 512), (4, 4, 4, 4), norm),
        init=_init_dcgan,
        image_size=64,
    ),
}


class Networks(NamedTuple):
    """The two players."""

    generator: Generator
    critic: Critic


def architecture(name: str) -> Architecture:
    """The architecture of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in ARCHITECTURES:
        raise ConfigError(f"architecture is {name!r}; choose one of {', '.join(ARCHITECTURES)}.")
    return ARCHITECTURES[name]


def build_generator(name: str, latent_dim: int, image_shape: ImageShape) -> Generator:
    """A generator with weights not yet set, on the CPU.

    Raises:
        ConfigError: the architecture is unknown or does not make images of that shape.
    """
    return _materialised(lambda: _bare_generator(name, latent_dim, image_shape))


def build(
    name: str,
    latent_dim: int,
    image_shape: ImageShape,
    *,
    critic_norm: bool = True,
    seed: int = 0,
) -> Networks:
    """Both networks, initialised from the seed, on the CPU.

    Args:
        name: a key of :data:`ARCHITECTURES`.
        latent_dim: numbers in z.
        image_shape: (channels, height, width).
        critic_norm: whether the critic may use batch norm; objectives with a gradient penalty or
            a clip say no.
        seed: of the weights; no global random state is read or moved.

    Raises:
        ConfigError: the architecture is unknown or does not make images of that shape.
    """
    spec = architecture(name)
    random = torch.Generator().manual_seed(seed)
    generator = _materialised(lambda: _bare_generator(name, latent_dim, image_shape))
    critic = _materialised(lambda: Critic(*spec.trunk(image_shape, critic_norm)))
    for network in (generator, critic):
        for module in network.modules():
            _initialise(module, spec, random)
    return Networks(generator, critic)


def _bare_generator(name: str, latent_dim: int, image_shape: ImageShape) -> Generator:
    spec = architecture(name)
    _, height, width = image_shape
    if height != width or spec.image_size not in (None, height):
        raise ConfigError(
            f"image_size is {height}; the architecture {name!r} makes pictures of "
            f"{spec.image_size} x {spec.image_size}."
        )
    return Generator(spec.generator(latent_dim, image_shape), latent_dim, image_shape)


def _materialised(make: Callable[[], ModuleT]) -> ModuleT:
    """Build on the meta device, where torch's own initialisation draws no random numbers."""
    with torch.device("meta"):
        module = make()
    return module.to_empty(device="cpu")


def _initialise(module: nn.Module, spec: Architecture, random: torch.Generator) -> None:
    if isinstance(module, LinearOrConv):
        spec.init(module, random)
    elif isinstance(module, nn.BatchNorm2d):
        module.reset_running_stats()
        if spec.init is _init_dcgan:
            nn.init.normal_(module.weight, 1.0, 0.02, generator=random)
        else:
            nn.init.ones_(module.weight)
        nn.init.zeros_(module.bias)


def parameter_count(module: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(p.numel() for p in module.parameters())


@torch.no_grad()
def multiply_adds(generator: Generator) -> int:
    """Multiply-accumulate operations of linear and convolution layers for one generated image."""
    total = 0

    def count(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Linear):
            total += module.in_features * module.out_features
        elif isinstance(module, nn.Conv2d):
            total += module.weight[0].numel() * output[0].numel()
        elif isinstance(module, nn.ConvTranspose2d):
            total += module.weight[0].numel() * inputs[0][0].numel()

    counted = copy.deepcopy(generator).to("meta").eval()
    hooks = [m.register_forward_hook(count) for m in counted.modules()]
    counted(torch.zeros(1, generator.latent_dim, device="meta"))
    for hook in hooks:
        hook.remove()
    return total
