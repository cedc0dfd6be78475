"""The point of latent space that a visitor explores, and the key points of an interpolation.

Kept in the session, one for each latent size and kind of noise, so that it outlives page switches
and goes along to every other generator that takes the same vectors.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from gan_core.errors import ConfigError
from gan_core.latent.points import RAW, latent_point

MIN_KEYS, MAX_KEYS = 2, 8

# How far sliders of raw coordinates go, by noise. A number of a uniform vector was never beyond 1.
RAW_REACH = {"normal": 5.0, "uniform": 1.0}


@dataclass(frozen=True)
class Key:
    """A key point of an interpolation: a latent vector (latent_dim,) and where it came from."""

    vector: np.ndarray
    about: str


@dataclass
class Point:
    """A base vector, the sliders moved away from it, and the truncation.

    What the three make together is defined by :func:`gan_core.latent.points.latent_point`.
    """

    origin: np.ndarray  # (latent_dim,), as drawn or loaded
    about: str  # where the origin came from
    truncation: float = 1.0
    coordinates: dict[int, float] = field(default_factory=dict)  # slider values by index
    revision: int = 0  # rises whenever the sliders must take new values
    frame: str = ""  # what the coordinates are measured in

    def __post_init__(self) -> None:
        self.base = self.origin
        self.basis = "pca"  # or another family of directions, or raw: the numbers themselves
        self.vectors = np.empty((0, len(self.origin)), np.float32)

    def start(self, origin: np.ndarray, about: str, truncation: float | None = None) -> None:
        """Go to another vector with all sliders at rest; without a truncation, keep it."""
        self.origin = self.base = np.asarray(origin, np.float32)
        self.about = about
        self.coordinates = {}
        self.revision += 1
        if truncation is not None:
            self.truncation = truncation

    def measure(self, frame: str, basis: str, vectors: np.ndarray) -> None:
        """Say what the sliders move along. In a new frame they start anew from where they led."""
        if frame != self.frame:
            self.base = self.before_truncation
            self.coordinates = {}
            self.frame = frame
            self.revision += 1
        self.basis, self.vectors = basis, vectors

    def restore(self, base: np.ndarray, about: str, coordinates: Mapping[int, float]) -> None:
        """Go to a vector with the sliders away from it, in the frame that is measured in."""
        self.start(base, about)
        self.coordinates = dict(coordinates)

    def move(self, indices: Sequence[int], values: Sequence[float]) -> None:
        """Take slider values, by index."""
        self.coordinates.update(zip(indices, values, strict=True))

    def value(self, index: int) -> float:
        """Where the slider of that index stands."""
        return self.coordinates.get(index, self.rest(index))

    def rest(self, index: int) -> float:
        """Where the slider of that index leaves the base vector as it is."""
        return float(self.base[index]) if self.basis == RAW else 0.0

    def base_under(self, indices: Sequence[int]) -> np.ndarray:
        """The vector that these sliders start from: the others' values are part of it."""
        others = {i: value for i, value in self.coordinates.items() if i not in set(indices)}
        return self._at(1.0, others)

    @property
    def before_truncation(self) -> np.ndarray:
        """The latent vector (latent_dim,) before truncation."""
        return self._at(1.0, self.coordinates)

    @property
    def vector(self) -> np.ndarray:
        """The latent vector (latent_dim,), truncation included."""
        return self._at(self.truncation, self.coordinates)

    def _at(self, truncation: float, coordinates: dict[int, float]) -> np.ndarray:
        return latent_point(self.base, self.basis, coordinates, self.vectors, truncation)


@dataclass
class Exploration:
    """All that a visitor has chosen for one latent size and kind of noise."""

    latent_dim: int
    noise: str
    seed: int
    point: Point
    label: int | None = None  # the class that is drawn, once one was chosen
    keys: list[Key] = field(default_factory=list)
    selection: int | None = None  # a key
    corners: list[Key] = field(default_factory=list)  # three points that a map goes through
    groups: dict[tuple[int, int], str] = field(default_factory=dict)  # seed, sample: its group
    uploads: int = 0

    def go_to(self, vector: np.ndarray, about: str, label: int | None = None) -> None:
        """Go to a latent vector (latent_dim,) as it stands, and to its class where it has one."""
        self.point.start(vector, about, truncation=1.0)
        if label is not None:
            self.label = label

    def go_to_seed(self, seed: int) -> None:
        """Go to the vector that a seed gives."""
        self.seed = seed
        self.point.start(self.draw(seed), f"seed {seed}")

    def draw(self, seed: int) -> np.ndarray:
        """The latent vector (latent_dim,) that a seed gives."""
        return draw(seed, self.latent_dim, self.noise)

    def add_keys(self, keys: Sequence[Key]) -> None:
        """Add key points at the end.

        Raises:
            ConfigError: there is no room for so many.
        """
        space = MAX_KEYS - len(self.keys)
        if len(keys) > space:
            raise ConfigError(
                f"An interpolation has at most {MAX_KEYS} key points, so there is room for {space} "
                "more; remove some first."
            )
        self.keys.extend(keys)

    def remove_key(self, index: int) -> None:
        """Remove a key point; the one after it becomes the selected one."""
        del self.keys[index]
        self.selection = min(index, len(self.keys) - 1) if self.keys else None

    def move_key(self, index: int, by: int) -> None:
        """Move a key point by so many places; it stays selected."""
        target = index + by
        self.keys.insert(target, self.keys.pop(index))
        self.selection = target


def noise_vectors(n: int, latent_dim: int, seed: int, noise: str = "normal") -> np.ndarray:
    """The latent vectors (n, latent_dim) that a seed gives."""
    from gan_core.latent import vectors

    return vectors.noise(n, latent_dim, seed, noise).numpy()


def draw(seed: int, latent_dim: int, noise: str = "normal") -> np.ndarray:
    """The latent vector (latent_dim,) that a seed gives."""
    return noise_vectors(1, latent_dim, seed, noise)[0]


def random_seed() -> int:
    """A seed that nobody chose, short enough to read and to type."""
    return secrets.randbelow(1_000_000)


def current_exploration(latent_dim: int, noise: str) -> Exploration:
    """This visitor's exploration for that latent size and kind of noise."""
    explorations: dict[tuple[int, str], Exploration] = st.session_state.setdefault("explore", {})
    if (latent_dim, noise) not in explorations:
        point = Point(draw(0, latent_dim, noise), "seed 0")
        explorations[latent_dim, noise] = Exploration(latent_dim, noise, 0, point)
    return explorations[latent_dim, noise]


def hold(key: str, value: object) -> None:
    """Make a widget show a value that is kept elsewhere."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value
