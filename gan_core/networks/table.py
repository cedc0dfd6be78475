"""The table of architectures."""

from __future__ import annotations

from torch import nn

from gan_core.errors import ConfigError
from gan_core.networks.base import Architecture
from gan_core.networks.dcgan import (
    DCGANStyle,
    dcgan_28,
    dcgan_body,
    dcgan_trunk,
    upsample_body,
    upsample_trunk,
)
from gan_core.networks.hybrid import hybrid_body, hybrid_trunk
from gan_core.networks.infogan import infogan_body, infogan_trunk
from gan_core.networks.initialisation import DCGAN, HE
from gan_core.networks.layers import RELU
from gan_core.networks.mlp import mlp_body, mlp_dropout_trunk, mlp_norm_body, mlp_trunk
from gan_core.networks.residual import residual

ARCHITECTURES: dict[str, Architecture] = {
    "mlp": Architecture(
        title="Fully connected, z-128-256-512-pixels",
        source="Goodfellow et al. 2014 (arXiv:1406.2661), with the usual widths",
        body=lambda z, shape, norm: mlp_body(z, shape, (128, 256, 512)),
        trunk=lambda shape, norm: mlp_trunk(shape, (512, 256)),
    ),
    "mlp-small": Architecture(
        title="Fully connected and small, z-32-64-128-pixels, dropout 0.3",
        source="the MNIST exercise of Udacity's Deep Learning with PyTorch course",
        body=lambda z, shape, norm: mlp_body(z, shape, (32, 64, 128), dropout=0.3),
        trunk=lambda shape, norm: mlp_trunk(shape, (128, 64, 32), dropout=0.3),
    ),
    "mlp-wide": Architecture(
        title="Fully connected and wide, z-1024-1024-pixels",
        source="a widespread course exercise on Goodfellow et al. 2014 (arXiv:1406.2661)",
        body=lambda z, shape, norm: mlp_body(z, shape, (1024, 1024), slope=0.0),
        trunk=lambda shape, norm: mlp_trunk(shape, (256, 256), slope=0.01),
    ),
    "mlp-norm": Architecture(
        title="Fully connected with batch norm, z-128-256-512-1024-pixels",
        source="the GAN and WGAN-GP of the PyTorch-GAN collection",
        body=mlp_norm_body,
        trunk=lambda shape, norm: mlp_trunk(shape, (512, 256)),
    ),
    "mlp-norm-dropout": Architecture(
        title="Fully connected with batch norm, discriminator 512-512-512 with dropout 0.4",
        source="the CGAN of the PyTorch-GAN collection",
        body=mlp_norm_body,
        trunk=lambda shape, norm: mlp_dropout_trunk(shape),
    ),
    "points": Architecture(
        title="Fully connected, for points of the plane, z-64-64-point",
        source="the toy networks of Metz et al. 2016 (arXiv:1611.02163), appendix A, half as wide",
        body=lambda z, shape, norm: mlp_body(z, shape, (64, 64), slope=0.0),
        trunk=lambda shape, norm: mlp_trunk(shape, (64, 64)),
        initialisation=HE,
        image_size=1,
    ),
    "dcgan-28": dcgan_28("Light DCGAN for 28 x 28 pictures", DCGANStyle()),
    "dcgan-64": Architecture(
        title="DCGAN for 64 x 64 pictures, ngf = ndf = 64",
        source="Radford et al. 2015 (arXiv:1511.06434)",
        body=lambda z, shape, norm: dcgan_body(z, shape, norm, (512, 256, 128, 64), (4, 4, 4, 4)),
        trunk=lambda shape, norm: dcgan_trunk(shape, norm, (64, 128, 256, 512), (4, 4, 4, 4)),
        initialisation=DCGAN,
        image_size=64,
    ),
    "dcgan-upsample": Architecture(
        title="DCGAN with upsampling for 32 x 32 pictures",
        source="the DCGAN of the PyTorch-GAN collection; upsampling as in Odena et al. 2016, "
        "Deconvolution and Checkerboard Artifacts",
        body=upsample_body,
        trunk=upsample_trunk,
        initialisation=DCGAN,
        image_size=32,
    ),
    "hybrid": Architecture(
        title="Fully connected and convolutional, 28 x 28 pictures",
        source="a course exercise: generator 128-1152-6272 and two convolutions, discriminator "
        "with max pooling",
        body=hybrid_body,
        trunk=lambda shape, norm: hybrid_trunk(shape),
        image_size=28,
    ),
    "infogan": Architecture(
        title="The MNIST networks of InfoGAN, 28 x 28 pictures",
        source="Chen et al. 2016 (arXiv:1606.03657), appendix C.1",
        body=infogan_body,
        trunk=infogan_trunk,
        initialisation=DCGAN,
        image_size=28,
    ),
    "resnet-28": residual(28, (192, 96, 48)),
    "resnet-32": residual(32, (192, 128, 96, 48)),
    "resnet-64": residual(64, (256, 192, 128, 64, 32), blocks=1),
    "resnet-128": residual(128, (256, 192, 128, 64, 32, 16), blocks=1),
    "dcgan-28-wide": dcgan_28(
        "DCGAN for 28 x 28 pictures, twice as wide as the light one", DCGANStyle(), width=2
    ),
    "dcgan-28-pooling": dcgan_28(
        "Light DCGAN with upsampling and max pooling in place of strides", DCGANStyle(strides=False)
    ),
    "dcgan-28-no-norm": dcgan_28("Light DCGAN without batch norm", DCGANStyle(norm=False)),
    "dcgan-28-dense": dcgan_28(
        "Light DCGAN with fully connected hidden layers of 512", DCGANStyle(hidden=512)
    ),
    "dcgan-28-sigmoid": dcgan_28(
        "Light DCGAN with sigmoid units in the generator", DCGANStyle(generator_unit=nn.Sigmoid)
    ),
    "dcgan-28-relu": dcgan_28(
        "Light DCGAN with ReLU in the discriminator", DCGANStyle(critic_unit=RELU)
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
