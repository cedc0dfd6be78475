"""What an architecture is. To import this loads no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gan_core.networks.initialisation import DEFAULT, Initialisation
from gan_core.networks.needs import Hidden, ImageShape

if TYPE_CHECKING:
    from torch import nn

    from gan_core.networks.base import Trunk


@dataclass(frozen=True)
class Architecture:
    """A pair of networks: how to build, initialise and describe them.

    ``norm`` says whether batch norm is wanted: never in a critic whose objective forbids it. A
    body ends with the numbers of an image as its last layer gives them: any shape, any range.
    """

    title: str
    source: str
    body: Callable[[int, ImageShape, bool], nn.Module]  # (numbers in, image shape, norm)
    trunk: Callable[[ImageShape, bool], Trunk]  # (image shape, norm)
    initialisation: Initialisation = DEFAULT
    image_size: int | None = None  # the only side it makes; None: any
    # The same pair with so many hidden layers of that width, each its own for 0; None where these
    # cannot be chosen.
    resize: Callable[[int, int], Architecture] | None = None

    def sized(self, hidden: Hidden) -> Architecture:
        """This pair, with the hidden layers that are asked for."""
        return self.resize(*hidden) if self.resize and any(hidden) else self
