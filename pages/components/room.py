"""The generator that the Explore page shows, and what a visitor does with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pages.components import session
from pages.components.latent_state import Exploration

if TYPE_CHECKING:
    from gan_core.latent import Directions
    from gan_core.runs import OpenedGenerator


@dataclass(frozen=True)
class Room:
    """The generator on the page, opened."""

    item: session.Source
    version: int  # the saved one that is opened
    opened: OpenedGenerator
    directions: Directions
    exploration: Exploration

    def thumbnail(self, target: int) -> int:
        """The width nearest to a target that is a whole multiple of a picture's own."""
        width = self.opened.info.image_shape[2]
        return width * max(1, round(target / width))
