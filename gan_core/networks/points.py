"""Networks for points of the plane, as deep and as wide as one likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_core.libraries import on_first_use
from gan_core.networks.architecture import Architecture
from gan_core.networks.initialisation import HE

if TYPE_CHECKING:
    from gan_core.networks import mlp
else:
    mlp = on_first_use("gan_core.networks.mlp")

DEPTH, WIDTH = 2, 64


def points(depth: int = 0, width: int = 0) -> Architecture:
    """Fully connected, with so many hidden layers of that width in both networks; their own for
    0."""
    widths = (width or WIDTH,) * (depth or DEPTH)
    layers = "-".join(map(str, widths))
    return Architecture(
        title=f"Fully connected, for points of the plane, z-{layers}-point",
        source="the toy networks of Metz et al. 2016 (arXiv:1611.02163), appendix A, half as wide",
        body=lambda z, shape, norm: mlp.mlp_body(z, shape, widths, slope=0.0),
        trunk=lambda shape, norm: mlp.mlp_trunk(shape, widths),
        initialisation=HE,
        image_size=1,
        resize=points,
    )
