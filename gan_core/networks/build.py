"""Generators, critics, and the table of architectures.

Every generator is called ``G(z, y)`` and every critic ``D(x, y)``, with ``y`` possibly None. Images
are (N, C, H, W) in [-1, 1], latent vectors (N, latent_dim). To add an architecture, write its
generator and its trunk and add a line to :data:`ARCHITECTURES`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import NamedTuple, TypedDict, Unpack

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from gan_core.errors import ConfigError
from gan_core.networks.layers import Conv2d, ConvTranspose2d, UpsampledConv2d
from gan_core.networks.summary import layers

ImageShape = tuple[int, int, int]  # channels, height, width
Trunk = tuple[nn.Module, int]  # images to features (N, F), and F
Kernels = tuple[int, ...]


BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


class Head(Enum):
    """What a critic gives for an image."""

    SCORE = "a score"
    CLASSES = "a score and the logits of an auxiliary classifier"
    SQUARED_ERROR = "the mean squared error of its reconstruction"
    ABSOLUTE_ERROR = "the mean absolute error of its reconstruction"


class Verdict(NamedTuple):
    """What a critic says of a batch of N images."""

    score: Tensor  # (N,) logit, or energy for an autoencoder critic
    classes: Tensor | None = None  # (N, n_classes) logits of an auxiliary classifier
    code: Tensor | None = None  # (N, k) bottleneck of an autoencoder critic


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
    """A body from latent vectors (N, latent_dim) to images (N, C, H, W) in [-1, 1].

    With classes, the label (N,) joins z as a one-hot vector (CGAN, Mirza and Osindero 2014).
    """

    def __init__(
        self, body: nn.Module, latent_dim: int, image_shape: ImageShape, n_classes: int = 0
    ) -> None:
        super().__init__()
        self.body = body
        self.latent_dim = latent_dim
        self.image_shape = image_shape
        self.n_classes = n_classes  # 0: it takes no labels

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        if self.n_classes:
            assert y is not None, "a conditional generator needs labels"
            z = torch.cat([z, one_hot(y, self.n_classes).to(z.dtype)], 1)
        return self.body(z).view(-1, *self.image_shape)


class Critic(nn.Module):
    """A trunk from images to features (N, F), a linear head that scores them, and where wanted
    another that classifies them."""

    def __init__(self, trunk: nn.Module, features: int, aux_classes: int = 0) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = nn.Linear(features, 1)
        self.classifier = nn.Linear(features, aux_classes) if aux_classes else None

    def forward(self, x: Tensor, y: Tensor | None = None) -> Verdict:
        features = self.trunk(x)
        score = self.head(features).squeeze(1)
        return Verdict(score, None if self.classifier is None else self.classifier(features))


class LabelPlane(nn.Module):
    """A critic that is told the class: each has a learnt plane, one more channel of the image."""

    def __init__(self, critic: Critic, n_classes: int, side: int) -> None:
        super().__init__()
        self.critic = critic
        self.planes = nn.Embedding(n_classes, side * side)
        self.side = side

    def forward(self, x: Tensor, y: Tensor | None = None) -> Verdict:
        assert y is not None, "a conditional critic needs labels"
        plane = self.planes(y).view(-1, 1, self.side, self.side)
        return self.critic(torch.cat([x, plane], 1))


class AutoencoderCritic(nn.Module):
    """A trunk, a code, and a decoder made like the generator but for its tanh.

    The score is the mean over pixels of the reconstruction error to the given power (EBGAN: 2,
    BEGAN: 1). The image is input and target alike, and a gradient reaches it both ways.
    """

    def __init__(
        self, trunk: nn.Module, features: int, code_dim: int, decoder: nn.Module, power: int
    ) -> None:
        super().__init__()
        self.trunk = trunk
        self.encode = nn.Linear(features, code_dim)
        self.decoder = decoder
        self.power = power

    def forward(self, x: Tensor, y: Tensor | None = None) -> Verdict:
        code = self.encode(self.trunk(x))
        error = (self.decoder(code).view_as(x) - x).flatten(1)
        energy = error.square() if self.power == 2 else error.abs()
        return Verdict(energy.mean(1), code=code)


def _mlp(
    before: int, widths: tuple[int, ...], slope: float = 0.2, dropout: float = 0.0
) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for width in widths:
        rectifier = nn.LeakyReLU(slope, inplace=True) if slope else nn.ReLU(inplace=True)
        layers += [nn.Linear(before, width), rectifier]
        if dropout:
            layers.append(Dropout(dropout))
        before = width
    return layers


def _mlp_generator(
    latent_dim: int,
    shape: ImageShape,
    widths: tuple[int, ...],
    slope: float = 0.2,
    dropout: float = 0.0,
) -> nn.Module:
    hidden = _mlp(latent_dim, widths, slope, dropout)
    return nn.Sequential(*hidden, nn.Linear(widths[-1], math.prod(shape)), nn.Tanh())


def _mlp_trunk(
    shape: ImageShape, widths: tuple[int, ...], slope: float = 0.2, dropout: float = 0.0
) -> Trunk:
    hidden = _mlp(math.prod(shape), widths, slope, dropout)
    return nn.Sequential(nn.Flatten(), *hidden), widths[-1]


RELU = partial(nn.ReLU, inplace=True)
LEAKY_RELU = partial(nn.LeakyReLU, 0.2, inplace=True)


@dataclass(frozen=True)
class DCGANStyle:
    """The points that DCGAN makes (section 3). The defaults are the paper's; each field, changed
    alone, gives a network that the paper argues against."""

    strides: bool = True  # else upsampling in the generator and max pooling in the discriminator
    norm: bool = True  # batch norm in both
    hidden: int = 0  # units of a fully connected hidden layer in each
    generator_unit: Callable[[], nn.Module] = RELU
    critic_unit: Callable[[], nn.Module] = LEAKY_RELU

    def grow(self, before: int, width: int, kernel: int, bias: bool) -> list[nn.Module]:
        """To maps of twice the side with a kernel of 4, of one less with a kernel of 3."""
        if self.strides:
            return [ConvTranspose2d(before, width, kernel, 2, 1, bias=bias)]
        # after a doubling, a kernel of 3 keeps the side and a kernel of 4 takes one off
        return [UpsampledConv2d(before, width, 7 - kernel, 1, 1, bias=bias)]

    def shrink(self, before: int, width: int, kernel: int, bias: bool) -> list[nn.Module]:
        """To maps of half the side, rounded up."""
        if self.strides:
            return [Conv2d(before, width, kernel, 2, 1, bias=bias)]
        pool = nn.MaxPool2d(2, ceil_mode=True)
        return [Conv2d(before, width, 3, 1, 1, bias=bias), pool]


def _dcgan_generator(
    latent_dim: int,
    shape: ImageShape,
    norm: bool,
    widths: tuple[int, ...],
    kernels: Kernels,
    style: DCGANStyle = DCGANStyle(),
) -> nn.Module:
    """Project z to 4 x 4 maps, then a strided transposed convolution for each kernel; batch norm
    and ReLU between, tanh at the end (DCGAN, section 3). A kernel of 4 doubles the side, a kernel
    of 3 makes it one less than double, which is how 4 becomes 7."""
    norm = norm and style.norm
    layers: list[nn.Module] = []
    before = latent_dim
    if style.hidden:
        layers += [
            nn.Linear(latent_dim, style.hidden, bias=not norm),
            *_normed(nn.BatchNorm1d(style.hidden), norm),
            style.generator_unit(),
        ]
        before = style.hidden
    layers += [
        nn.Unflatten(1, (before, 1, 1)),
        ConvTranspose2d(before, widths[0], 4, bias=not norm),
        *_normed(nn.BatchNorm2d(widths[0]), norm),
        style.generator_unit(),
    ]
    for before, width, kernel in zip(widths, widths[1:], kernels, strict=False):
        layers += [
            *style.grow(before, width, kernel, bias=not norm),
            *_normed(nn.BatchNorm2d(width), norm),
            style.generator_unit(),
        ]
    last = style.grow(widths[-1], shape[0], kernels[-1], bias=True)
    return nn.Sequential(*layers, *last, nn.Tanh())


def _dcgan_trunk(
    shape: ImageShape,
    norm: bool,
    widths: tuple[int, ...],
    kernels: Kernels,
    style: DCGANStyle = DCGANStyle(),
) -> Trunk:
    """The generator's way back to 4 x 4 maps: convolutions of stride 2 with LeakyReLU 0.2; batch
    norm on all but the first (DCGAN, section 3), or on none where the objective forbids it."""
    norm = norm and style.norm
    layers: list[nn.Module] = []
    before = shape[0]
    for width, kernel in zip(widths, kernels, strict=True):
        normed = norm and bool(layers)
        layers += [
            *style.shrink(before, width, kernel, bias=not normed),
            *_normed(nn.BatchNorm2d(width), normed),
            style.critic_unit(),
        ]
        before = width
    layers.append(nn.Flatten())
    features = before * 4 * 4
    if style.hidden:
        layers += [
            nn.Linear(features, style.hidden, bias=not norm),
            *_normed(nn.BatchNorm1d(style.hidden), norm),
            style.critic_unit(),
        ]
        features = style.hidden
    return nn.Sequential(*layers), features


def _upsample_generator(latent_dim: int, shape: ImageShape, norm: bool) -> nn.Module:
    """Linear to 128 x 8 x 8, then nearest-neighbour upsampling and 3 x 3 convolutions: what
    transposed convolutions draw as a checkerboard, this cannot."""

    def block(before: int, width: int) -> list[nn.Module]:
        return [
            UpsampledConv2d(before, width, 3, 1, 1),
            *_normed(nn.BatchNorm2d(width, eps=0.8), norm),
            nn.LeakyReLU(0.2, inplace=True),
        ]

    return nn.Sequential(
        nn.Linear(latent_dim, 128 * 8 * 8),
        nn.Unflatten(1, (128, 8, 8)),
        *_normed(nn.BatchNorm2d(128), norm),
        *block(128, 128),
        *block(128, 64),
        Conv2d(64, shape[0], 3, 1, 1),
        nn.Tanh(),
    )


def _upsample_trunk(shape: ImageShape, norm: bool) -> Trunk:
    layers: list[nn.Module] = []
    before = shape[0]
    for width in (16, 32, 64, 128):
        first = before == shape[0]
        layers += [
            Conv2d(before, width, 3, 2, 1),
            nn.LeakyReLU(0.2, inplace=True),
            Dropout(0.25, channels=True),
            *_normed(nn.BatchNorm2d(width, eps=0.8), norm and not first),
        ]
        before = width
    return nn.Sequential(*layers, nn.Flatten()), 128 * 2 * 2


def _hybrid_generator(latent_dim: int, shape: ImageShape, norm: bool) -> nn.Module:
    """Fully connected up to 128 x 7 x 7, then upsampling and convolutions to 28 x 28."""
    layers: list[nn.Module] = []
    before = latent_dim
    for width in (128, 1152, 6272):
        layers += [
            nn.Linear(before, width),
            *_normed(nn.BatchNorm1d(width), norm),
            nn.ReLU(inplace=True),
        ]
        before = width
    return nn.Sequential(
        *layers,
        nn.Unflatten(1, (128, 7, 7)),
        UpsampledConv2d(128, 64, 3, 1, 1),
        *_normed(nn.BatchNorm2d(64), norm),
        nn.ReLU(inplace=True),
        UpsampledConv2d(64, shape[0], 3, 1, 1),
        nn.Tanh(),
    )


def _hybrid_trunk(shape: ImageShape) -> Trunk:
    """Two convolutions with max pooling to 64 x 5 x 5, then 1600-1024-128."""
    return nn.Sequential(
        Conv2d(shape[0], 32, 3),
        nn.LeakyReLU(0.2, inplace=True),
        nn.MaxPool2d(2),
        Conv2d(32, 64, 3),
        nn.LeakyReLU(0.2, inplace=True),
        nn.MaxPool2d(2),
        nn.Flatten(),
        *_mlp(1600, (1024, 128)),
    ), 128


def _infogan_generator(latent_dim: int, shape: ImageShape, norm: bool) -> nn.Module:
    """Fully connected to 1024 and to 128 x 7 x 7, then two transposed convolutions."""
    return nn.Sequential(
        nn.Linear(latent_dim, 1024),
        *_normed(nn.BatchNorm1d(1024), norm),
        nn.ReLU(inplace=True),
        nn.Linear(1024, 128 * 7 * 7),
        *_normed(nn.BatchNorm1d(128 * 7 * 7), norm),
        nn.ReLU(inplace=True),
        nn.Unflatten(1, (128, 7, 7)),
        ConvTranspose2d(128, 64, 4, 2, 1),
        *_normed(nn.BatchNorm2d(64), norm),
        nn.ReLU(inplace=True),
        ConvTranspose2d(64, shape[0], 4, 2, 1),
        nn.Tanh(),
    )


def _infogan_trunk(shape: ImageShape, norm: bool) -> Trunk:
    return nn.Sequential(
        Conv2d(shape[0], 64, 4, 2, 1),
        nn.LeakyReLU(0.1, inplace=True),
        Conv2d(64, 128, 4, 2, 1),
        *_normed(nn.BatchNorm2d(128), norm),
        nn.LeakyReLU(0.1, inplace=True),
        nn.Flatten(),
        nn.Linear(128 * 7 * 7, 1024),
        *_normed(nn.BatchNorm1d(1024), norm),
        nn.LeakyReLU(0.1, inplace=True),
    ), 1024


def _normed(layer: nn.Module, wanted: bool) -> list[nn.Module]:
    return [layer] if wanted else []


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


def _init_he(module: LinearOrConv, generator: torch.Generator) -> None:
    """Normal weights of deviation sqrt(2 / fan in) (He et al. 2015, arXiv:1502.01852, equation
    10), which keep a signal's size from layer to layer where no batch norm restores it."""
    fan_in = module.weight[0].numel()
    if isinstance(module, nn.ConvTranspose2d):  # (in, out, k, k), and stride thins what arrives
        fan_in = module.weight[:, 0].numel() // math.prod(module.stride)
    nn.init.normal_(module.weight, 0.0, math.sqrt(2 / fan_in), generator=generator)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


@dataclass(frozen=True)
class Architecture:
    """A pair of networks: how to build, initialise and describe them.

    ``norm`` says whether batch norm is wanted: never in a critic whose objective forbids it.
    """

    title: str
    source: str
    generator: Callable[[int, ImageShape, bool], nn.Module]  # (latent_dim, image shape, norm)
    trunk: Callable[[ImageShape, bool], Trunk]  # (image shape, norm)
    init: Callable[[LinearOrConv, torch.Generator], None] = _init_default
    image_size: int | None = None  # the only side it makes; None: any


def _dcgan_28(title: str, style: DCGANStyle) -> Architecture:
    """Three layers in place of four, 4-7-14-28."""
    changed = (
        "" if style == DCGANStyle() else "; one point of section 3 undone, to see what it does"
    )
    return Architecture(
        title=title,
        source=f"Radford et al. 2015 (arXiv:1511.06434), three layers, 4-7-14-28{changed}",
        generator=lambda z, shape, norm: _dcgan_generator(
            z, shape, norm, (192, 96, 48), (3, 4, 4), style
        ),
        trunk=lambda shape, norm: _dcgan_trunk(shape, norm, (24, 48, 96), (4, 4, 3), style),
        init=_init_dcgan,
        image_size=28,
    )


ARCHITECTURES: dict[str, Architecture] = {
    "mlp": Architecture(
        title="Fully connected, z-128-256-512-pixels",
        source="Goodfellow et al. 2014 (arXiv:1406.2661), with the usual widths",
        generator=lambda z, shape, norm: _mlp_generator(z, shape, (128, 256, 512)),
        trunk=lambda shape, norm: _mlp_trunk(shape, (512, 256)),
    ),
    "mlp-small": Architecture(
        title="Fully connected and small, z-32-64-128-pixels, dropout 0.3",
        source="the MNIST exercise of Udacity's Deep Learning with PyTorch course",
        generator=lambda z, shape, norm: _mlp_generator(z, shape, (32, 64, 128), dropout=0.3),
        trunk=lambda shape, norm: _mlp_trunk(shape, (128, 64, 32), dropout=0.3),
    ),
    "mlp-wide": Architecture(
        title="Fully connected and wide, z-1024-1024-pixels",
        source="a widespread course exercise on Goodfellow et al. 2014 (arXiv:1406.2661)",
        generator=lambda z, shape, norm: _mlp_generator(z, shape, (1024, 1024), slope=0.0),
        trunk=lambda shape, norm: _mlp_trunk(shape, (256, 256), slope=0.01),
    ),
    "dcgan-28": _dcgan_28("Light DCGAN for 28 x 28 pictures", DCGANStyle()),
    "dcgan-64": Architecture(
        title="DCGAN for 64 x 64 pictures, ngf = ndf = 64",
        source="Radford et al. 2015 (arXiv:1511.06434)",
        generator=lambda z, shape, norm: _dcgan_generator(
            z, shape, norm, (512, 256, 128, 64), (4, 4, 4, 4)
        ),
        trunk=lambda shape, norm: _dcgan_trunk(shape, norm, (64, 128, 256, 512), (4, 4, 4, 4)),
        init=_init_dcgan,
        image_size=64,
    ),
    "dcgan-upsample": Architecture(
        title="DCGAN with upsampling for 32 x 32 pictures",
        source="the DCGAN of the PyTorch-GAN collection; upsampling as in Odena et al. 2016, "
        "Deconvolution and Checkerboard Artifacts",
        generator=_upsample_generator,
        trunk=_upsample_trunk,
        init=_init_dcgan,
        image_size=32,
    ),
    "hybrid": Architecture(
        title="Fully connected and convolutional, 28 x 28 pictures",
        source="a course exercise: generator 128-1152-6272 and two convolutions, discriminator "
        "with max pooling",
        generator=_hybrid_generator,
        trunk=lambda shape, norm: _hybrid_trunk(shape),
        image_size=28,
    ),
    "infogan": Architecture(
        title="The MNIST networks of InfoGAN, 28 x 28 pictures",
        source="Chen et al. 2016 (arXiv:1606.03657), appendix C.1",
        generator=_infogan_generator,
        trunk=_infogan_trunk,
        init=_init_dcgan,
        image_size=28,
    ),
    "dcgan-28-pooling": _dcgan_28(
        "Light DCGAN with upsampling and max pooling in place of strides", DCGANStyle(strides=False)
    ),
    "dcgan-28-no-norm": _dcgan_28("Light DCGAN without batch norm", DCGANStyle(norm=False)),
    "dcgan-28-dense": _dcgan_28(
        "Light DCGAN with fully connected hidden layers of 512", DCGANStyle(hidden=512)
    ),
    "dcgan-28-sigmoid": _dcgan_28(
        "Light DCGAN with sigmoid units in the generator", DCGANStyle(generator_unit=nn.Sigmoid)
    ),
    "dcgan-28-relu": _dcgan_28(
        "Light DCGAN with ReLU in the discriminator", DCGANStyle(critic_unit=RELU)
    ),
}


class Needs(TypedDict, total=False):
    """What an objective needs of its networks; see :func:`outline`."""

    head: Head
    n_classes: int
    critic_norm: bool


class Networks(NamedTuple):
    """The two players."""

    generator: Generator
    critic: nn.Module


def architecture(name: str) -> Architecture:
    """The architecture of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in ARCHITECTURES:
        raise ConfigError(f"architecture is {name!r}; choose one of {', '.join(ARCHITECTURES)}.")
    return ARCHITECTURES[name]


def build_generator(
    name: str, latent_dim: int, image_shape: ImageShape, n_classes: int = 0
) -> Generator:
    """A generator with weights not yet set, on the CPU; with classes, one that takes labels.

    Raises:
        ConfigError: the architecture is unknown or does not make images of that shape.
    """
    with torch.device("meta"):
        generator = _bare_generator(name, latent_dim, image_shape, n_classes)
    return generator.to_empty(device="cpu")


def outline(
    name: str,
    latent_dim: int,
    image_shape: ImageShape,
    *,
    head: Head = Head.SCORE,
    n_classes: int = 0,
    critic_norm: bool = True,
) -> Networks:
    """Both networks without any weights, on the meta device: to be counted and described.

    Args:
        name: a key of :data:`ARCHITECTURES`.
        latent_dim: numbers in z, and in the code of an autoencoder critic.
        image_shape: (channels, height, width).
        head: what the critic is to give.
        n_classes: of a conditional objective, else 0. The generator takes labels; so does the
            critic, unless its head is to name the class itself.
        critic_norm: whether the critic may use batch norm; objectives with a gradient penalty
            or an autoencoder critic say no.

    Raises:
        ConfigError: the architecture is unknown or does not make images of that shape.
    """
    spec = architecture(name)
    with torch.device("meta"):
        return Networks(
            _bare_generator(name, latent_dim, image_shape, n_classes),
            _bare_critic(spec, latent_dim, image_shape, head, n_classes, critic_norm),
        )


def build(
    name: str, latent_dim: int, image_shape: ImageShape, *, seed: int = 0, **needs: Unpack[Needs]
) -> Networks:
    """Both networks as :func:`outline` describes them, on the CPU, with weights from the seed.

    No global random state is read or moved: torch's own initialisation draws nothing on the meta
    device.

    Raises:
        ConfigError: the architecture is unknown or does not make images of that shape.
    """
    networks = outline(name, latent_dim, image_shape, **needs)
    init = architecture(name).init
    random = torch.Generator().manual_seed(seed)
    for network in networks:
        network.to_empty(device="cpu")
    for module in networks.generator.modules():
        _initialise(module, init, random)
    # DCGAN's small weights presume batch norm
    needs_he = not needs.get("critic_norm", True) and init is _init_dcgan
    for module in networks.critic.modules():
        _initialise(module, _init_he if needs_he else init, random)
    return networks


def _bare_generator(
    name: str, latent_dim: int, image_shape: ImageShape, n_classes: int
) -> Generator:
    spec = architecture(name)
    _, height, width = image_shape
    if height != width or spec.image_size not in (None, height):
        raise ConfigError(
            f"image_size is {height}; the architecture {name!r} makes pictures of "
            f"{spec.image_size} x {spec.image_size}."
        )
    body = spec.generator(latent_dim + n_classes, image_shape, True)
    return Generator(body, latent_dim, image_shape, n_classes)


def _bare_critic(
    spec: Architecture, code_dim: int, shape: ImageShape, head: Head, n_classes: int, norm: bool
) -> nn.Module:
    if head in (Head.SQUARED_ERROR, Head.ABSOLUTE_ERROR):
        # Without the tanh: saturated, it passes no gradient, and a critic that learnt to answer
        # every image with the background would never leave that.
        decoder = nn.Sequential(*list(spec.generator(code_dim, shape, norm).children())[:-1])
        power = 2 if head is Head.SQUARED_ERROR else 1
        return AutoencoderCritic(*spec.trunk(shape, norm), code_dim, decoder, power)
    if head is Head.CLASSES:
        return Critic(*spec.trunk(shape, norm), n_classes)
    if n_classes:
        channels, height, width = shape
        told = Critic(*spec.trunk((channels + 1, height, width), norm))
        return LabelPlane(told, n_classes, height)
    return Critic(*spec.trunk(shape, norm))


def _initialise(
    module: nn.Module,
    init: Callable[[LinearOrConv, torch.Generator], None],
    random: torch.Generator,
) -> None:
    if isinstance(module, LinearOrConv):
        init(module, random)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, generator=random)
    elif isinstance(module, BATCH_NORMS):
        module.reset_running_stats()
        if init is _init_dcgan:
            nn.init.normal_(module.weight, 1.0, 0.02, generator=random)
        else:
            nn.init.ones_(module.weight)
        nn.init.zeros_(module.bias)


def parameter_count(module: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(p.numel() for p in module.parameters())


def multiply_adds(generator: Generator) -> int:
    """Multiply-accumulate operations of linear and convolution layers for one generated image."""
    z = torch.zeros(1, generator.latent_dim)
    label = torch.zeros(1, dtype=torch.long)
    return sum(layer.multiply_adds for layer in layers(generator, z, label))
