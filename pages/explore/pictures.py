"""Pictures on the page: what the generator makes of latent vectors, or pixels that are at hand."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from gan_core.images import films
from pages.explore.subject import Subject
from pages.shared.forms.downloads import FRAMES_PER_SECOND, Export
from pages.shared.server import urls
from pages.shared.widgets.drawn import DRAWN


class Pictures(Protocol):
    """Pictures for a component to show, and to take away as a file."""

    @property
    def addresses(self) -> list[str]:
        """An address of each; see :func:`.gallery.gallery`."""

    @property
    def drawn(self) -> dict[str, Any] | None:
        """What the browser draws them from, where it draws them."""

    def pixels(self) -> np.ndarray:
        """(N, H, W, C) uint8."""

    def export(
        self,
        name: str,
        columns: int,
        *,
        moving: bool,
        frames_per_second: float = FRAMES_PER_SECOND,
    ) -> Export:
        """A file of them, made when it is asked for."""


@dataclass(frozen=True)
class GivenPictures:
    """Pictures (N, H, W, C) uint8 that the server has."""

    given: np.ndarray
    drawn: None = None

    @property
    def addresses(self) -> list[str]:
        return [urls.data_url(picture) for picture in self.given]

    def pixels(self) -> np.ndarray:
        return self.given

    def export(
        self,
        name: str,
        columns: int,
        *,
        moving: bool,
        frames_per_second: float = FRAMES_PER_SECOND,
    ) -> Export:
        size = films.Size(*self.given.shape[:3])
        version = _digest(self.given.tobytes())
        return Export(
            name, lambda: list(self.given), size, version, columns, moving, frames_per_second
        )


@dataclass(frozen=True)
class PointPictures:
    """What the generator on the page draws for latent vectors, once and where it is wanted: in the
    browser for the screen, here for a file."""

    subject: Subject
    vectors: np.ndarray  # (N, latent_dim)
    labels: np.ndarray | None = None  # (N,) classes; without them all are of the class on the page

    @property
    def addresses(self) -> list[str]:
        return [f"{DRAWN}{index}" for index in range(len(self.vectors))]

    @cached_property
    def drawn(self) -> dict[str, Any]:
        subject, labels = self.subject, self.labels
        if labels is None and subject.label is not None:
            labels = np.full(len(self.vectors), subject.label)
        content = np.asarray(self.vectors, "<f4").tobytes()
        return {
            "script": urls.program_script_url(),
            "program": subject.program_url,
            "server": urls.pictures_url(subject.source, subject.version.number),
            "vectors": base64.b64encode(content).decode(),
            "latentDim": self.vectors.shape[1],
            "classes": None if labels is None else labels.tolist(),
        }

    def pixels(self) -> np.ndarray:
        return self.subject.draw(self.vectors, self.labels)

    def export(
        self,
        name: str,
        columns: int,
        *,
        moving: bool,
        frames_per_second: float = FRAMES_PER_SECOND,
    ) -> Export:
        _, height, width = self.subject.model.info.image_shape
        size = films.Size(len(self.vectors), height, width)
        version = _digest(f"{self.subject.version_name} {self.drawn}".encode())
        return Export(
            name, lambda: list(self.pixels()), size, version, columns, moving, frames_per_second
        )


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()
