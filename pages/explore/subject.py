"""The generator that the Explore page shows, and what a visitor does with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from gan_core.data.dataset import POINT
from gan_core.errors import ConfigError, GanError
from gan_core.runs.generators import OpenedGenerator
from pages.explore.latent_state import Exploration, current_exploration
from pages.shared.forms.classes import classes_of
from pages.shared.server import generators, latent_space, programs, urls
from pages.shared.server.generators import SavedVersion
from pages.shared.server.sources import Source
from pages.shared.text import plain

if TYPE_CHECKING:
    from gan_core.latent.family import Directions


@dataclass(frozen=True)
class Subject:
    """The generator on the page, opened."""

    source: Source  # at the step that is explored
    version: SavedVersion
    model: OpenedGenerator
    exploration: Exploration
    classes: tuple[str, ...] = ()  # that it is conditioned on; none where it takes no label
    label: int | None = None  # the class to draw
    beside: Subject | None = None  # a second generator, which draws the same point

    @property
    def version_name(self) -> str:
        """Names the generator as it is saved: another state is another name."""
        step = "" if self.source.step is None else f" at {self.source.step}"
        return f"{self.source.id}{step} {self.version.number}"

    @property
    def families(self) -> dict[str, str]:
        """The families of directions that it has: their titles by name."""
        return latent_space.families(self.model)

    def frame(self, family: str) -> str:
        """Names what sliders along that family are measured in."""
        return f"{self.version_name} {family}"

    def directions(self, family: str) -> Directions:
        """A family of its directions, with the names that a person gave them."""
        return latent_space.named_directions(self.version, family)

    def draw(self, vectors: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """What it makes of latent vectors (N, latent_dim), (N, H, W, C) uint8: of those classes
        (N,), or all of the class chosen."""
        from gan_core.networks.sampling import draw

        if labels is None and self.label is not None:
            labels = np.full(len(vectors), self.label)
        return draw(self.model.generator, vectors, labels)

    @property
    def program_url(self) -> str:
        """Where a browser finds it as a program; empty for one that is too large for it."""
        if not programs.may_run_in_a_browser(self.model):
            return ""
        return urls.program_url(self.source, self.version.number)

    def thumbnail(self, target: int) -> int:
        """The width nearest to a target that is a whole multiple of a picture's own."""
        width = self.model.info.image_shape[2]
        return width * max(1, round(target / width))


def open_subject(source: Source) -> Subject:
    """The generator of a source, opened, with this visitor's exploration of its latent space.

    Raises:
        CheckpointError: it cannot be opened.
        SavedAnewError: it is saved anew this moment.
        ConfigError: it draws points, and no pictures.
    """
    version = generators.saved_version(source)
    model = generators.open_version(version)
    if model.info.image_shape == POINT:
        raise ConfigError(f"{source.name} draws points of the plane, and Explore shows pictures.")
    exploration = current_exploration(model.config.latent_dim, model.config.noise)
    return Subject(source, version, model, exploration, classes_of(model.config, model.info))


def open_beside(subject: Subject, second: Source | None) -> Subject:
    """The subject with a second generator beside it, where one is chosen and can be opened."""
    if second is None:
        return subject
    try:
        return replace(subject, beside=open_subject(second))
    except GanError as error:
        st.warning(f"{plain(error)} It is left out.")
        return subject
