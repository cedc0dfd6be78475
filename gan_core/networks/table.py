"""The table of architectures. To import this loads no torch: networks are made of it when they are
built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gan_core.errors import ConfigError
from gan_core.libraries import nn, on_first_use
from gan_core.networks.architecture import Architecture
from gan_core.networks.initialisation import DCGAN, HE
from gan_core.networks.points import points

if TYPE_CHECKING:
    from gan_core.networks import dcgan, hybrid, infogan, mlp, residual
else:
    dcgan, hybrid, infogan, mlp, residual = (
        on_first_use(f"gan_core.networks.{name}")
        for name in ("dcgan", "hybrid", "infogan", "mlp", "residual")
    )


def _dcgan_28(title: str, width: int = 1, **points: Any) -> Architecture:
    """Three layers in place of four, 4-7-14-28, with so many times the light network's maps.

    Args:
        title: what it is.
        width: how many times.
        points: those of DCGAN's that are undone, as :class:`~gan_core.networks.dcgan.DCGANStyle`
            has them.
    """
    up = (192 * width, 96 * width, 48 * width)
    down = (24 * width, 48 * width, 96 * width)
    undone_words = "; one point of section 3 undone, to see what it does" if points else ""
    return Architecture(
        title=title,
        source=f"Radford et al. 2015 (arXiv:1511.06434), three layers, 4-7-14-28{undone_words}",
        body=lambda z, shape, norm: dcgan.dcgan_body(
            z, shape, norm, up, (3, 4, 4), dcgan.DCGANStyle(**points)
        ),
        trunk=lambda shape, norm: dcgan.dcgan_trunk(
            shape, norm, down, (4, 4, 3), dcgan.DCGANStyle(**points)
        ),
        initialisation=DCGAN,
        image_size=28,
    )


def _residual(side: int, widths: tuple[int, ...], blocks: int = 2) -> Architecture:
    """A pair for pictures of that side, which is halved between the widths."""
    smallest = side >> (len(widths) - 1)
    return Architecture(
        title=f"Residual networks of R3GAN's blocks for {side} x {side} pictures",
        source=f"Huang et al. 2024 (arXiv:2501.05441), {smallest} to {side} pixels in "
        f"{len(widths)} stages of {blocks} blocks, {'-'.join(map(str, widths))} maps",
        body=lambda z, shape, norm: residual.residual_body(z, shape, widths, blocks),
        trunk=lambda shape, norm: residual.residual_trunk(shape, widths, blocks),
        initialisation=HE,
        image_size=side,
    )


ARCHITECTURES: dict[str, Architecture] = {
    "mlp": Architecture(
        title="Fully connected, z-128-256-512-pixels",
        source="Goodfellow et al. 2014 (arXiv:1406.2661), with the usual widths",
        body=lambda z, shape, norm: mlp.mlp_body(z, shape, (128, 256, 512)),
        trunk=lambda shape, norm: mlp.mlp_trunk(shape, (512, 256)),
    ),
    "mlp-small": Architecture(
        title="Fully connected and small, z-32-64-128-pixels, dropout 0.3",
        source="the MNIST exercise of Udacity's Deep Learning with PyTorch course",
        body=lambda z, shape, norm: mlp.mlp_body(z, shape, (32, 64, 128), dropout=0.3),
        trunk=lambda shape, norm: mlp.mlp_trunk(shape, (128, 64, 32), dropout=0.3),
    ),
    "mlp-wide": Architecture(
        title="Fully connected and wide, z-1024-1024-pixels",
        source="a widespread course exercise on Goodfellow et al. 2014 (arXiv:1406.2661)",
        body=lambda z, shape, norm: mlp.mlp_body(z, shape, (1024, 1024), slope=0.0),
        trunk=lambda shape, norm: mlp.mlp_trunk(shape, (256, 256), slope=0.01),
    ),
    "mlp-norm": Architecture(
        title="Fully connected with batch norm, z-128-256-512-1024-pixels",
        source="the GAN and WGAN-GP of the PyTorch-GAN collection",
        body=lambda z, shape, norm: mlp.mlp_norm_body(z, shape, norm),
        trunk=lambda shape, norm: mlp.mlp_trunk(shape, (512, 256)),
    ),
    "mlp-norm-dropout": Architecture(
        title="Fully connected with batch norm, discriminator 512-512-512 with dropout 0.4",
        source="the CGAN of the PyTorch-GAN collection",
        body=lambda z, shape, norm: mlp.mlp_norm_body(z, shape, norm),
        trunk=lambda shape, norm: mlp.mlp_dropout_trunk(shape),
    ),
    "points": points(),
    "dcgan-28": _dcgan_28("Light DCGAN for 28 x 28 pictures"),
    "dcgan-64": Architecture(
        title="DCGAN for 64 x 64 pictures, ngf = ndf = 64",
        source="Radford et al. 2015 (arXiv:1511.06434)",
        body=lambda z, shape, norm: dcgan.dcgan_body(
            z, shape, norm, (512, 256, 128, 64), (4, 4, 4, 4)
        ),
        trunk=lambda shape, norm: dcgan.dcgan_trunk(shape, norm, (64, 128, 256, 512), (4, 4, 4, 4)),
        initialisation=DCGAN,
        image_size=64,
    ),
    "dcgan-upsample": Architecture(
        title="DCGAN with upsampling for 32 x 32 pictures",
        source="the DCGAN of the PyTorch-GAN collection; upsampling as in Odena et al. 2016, "
        "Deconvolution and Checkerboard Artifacts",
        body=lambda z, shape, norm: dcgan.upsample_body(z, shape, norm),
        trunk=lambda shape, norm: dcgan.upsample_trunk(shape, norm),
        initialisation=DCGAN,
        image_size=32,
    ),
    "hybrid": Architecture(
        title="Fully connected and convolutional, 28 x 28 pictures",
        source="a course exercise: generator 128-1152-6272 and two convolutions, discriminator "
        "with max pooling",
        body=lambda z, shape, norm: hybrid.hybrid_body(z, shape, norm),
        trunk=lambda shape, norm: hybrid.hybrid_trunk(shape),
        image_size=28,
    ),
    "infogan": Architecture(
        title="The MNIST networks of InfoGAN, 28 x 28 pictures",
        source="Chen et al. 2016 (arXiv:1606.03657), appendix C.1",
        body=lambda z, shape, norm: infogan.infogan_body(z, shape, norm),
        trunk=lambda shape, norm: infogan.infogan_trunk(shape, norm),
        initialisation=DCGAN,
        image_size=28,
    ),
    "resnet-28": _residual(28, (192, 96, 48)),
    "resnet-32": _residual(32, (192, 128, 96, 48)),
    "resnet-64": _residual(64, (256, 192, 128, 64, 32), blocks=1),
    "resnet-128": _residual(128, (256, 192, 128, 64, 32, 16), blocks=1),
    "dcgan-wide": _dcgan_28("DCGAN for 28 x 28 pictures, twice as wide as the light one", width=2),
    "dcgan-28-pooling": _dcgan_28(
        "Light DCGAN with upsampling and max pooling in place of strides", strides=False
    ),
    "dcgan-28-no-norm": _dcgan_28("Light DCGAN without batch norm", norm=False),
    "dcgan-28-dense": _dcgan_28(
        "Light DCGAN with fully connected hidden layers of 512", hidden=512
    ),
    "dcgan-28-sigmoid": _dcgan_28(
        "Light DCGAN with sigmoid units in the generator", generator_unit=lambda: nn.Sigmoid()
    ),
    "dcgan-28-relu": _dcgan_28(
        "Light DCGAN with ReLU in the discriminator", critic_unit=lambda: nn.ReLU(inplace=True)
    ),
}


def architecture(name: str) -> Architecture:
    """The architecture of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in ARCHITECTURES:
        raise ConfigError(f"architecture is {name!r}; choose one of {', '.join(ARCHITECTURES)}.")
    return ARCHITECTURES[name]
