"""The generator that the Explore page shows, and what a visitor does with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pages.explore.latent_state import Exploration
from pages.shared.server import latent_space, sources

if TYPE_CHECKING:
    from gan_core.latent.directions import Directions
    from gan_core.runs.generators import OpenedGenerator


@dataclass(frozen=True)
class Subject:
    """The generator on the page, opened."""

    item: sources.Source  # at the step that is explored
    version: int  # the saved one that is opened
    opened: OpenedGenerator
    exploration: Exploration
    classes: tuple[str, ...] = ()  # that it is told apart; none where it takes no label
    label: int | None = None  # the class to draw
    beside: Subject | None = None  # a second generator, which draws the same point

    @property
    def saved(self) -> str:
        """Names the generator as it is saved: another state is another name."""
        step = "" if self.item.step is None else f" at {self.item.step}"
        return f"{self.item.id}{step} {self.version}"

    @property
    def families(self) -> dict[str, str]:
        """The families of directions that it has: their titles by name."""
        return latent_space.families(self.opened)

    def frame(self, family: str) -> str:
        """Names what sliders along that family are measured in."""
        return f"{self.saved} {family}"

    def directions(self, family: str) -> Directions:
        """A family of its directions, with the names that a person gave them."""
        return latent_space.named_directions(self.item, self.version, family)

    def draw(self, vectors: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """What it makes of latent vectors (N, latent_dim), (N, H, W, C) uint8: of those classes
        (N,), or all of the class chosen."""
        from gan_core.networks.sampling import draw

        if labels is None and self.label is not None:
            labels = np.full(len(vectors), self.label)
        return draw(self.opened.generator, vectors, labels)

    def thumbnail(self, target: int) -> int:
        """The width nearest to a target that is a whole multiple of a picture's own."""
        width = self.opened.info.image_shape[2]
        return width * max(1, round(target / width))
