"""A family of directions of latent space as plain data: no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Directions:
    """Directions in latent space, the most influential first."""

    vectors: np.ndarray  # (K, latent_dim), of unit length
    explained: np.ndarray  # (K,) shares that say how much each does; NaN where none is known
    method: str  # how they were found
    titles: tuple[str, ...] = ()  # of each; none where only their order tells them apart
    unit: str = "of the variance"  # what the shares are shares of
    groups: tuple[str, ...] = ()  # of each, where they come in groups to choose from

    def title(self, index: int) -> str:
        """What a direction is called."""
        return self.titles[index] if self.titles else f"Direction {index + 1}"
