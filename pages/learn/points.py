"""The points that the DCGAN paper makes, each with the network that does otherwise.

To add a point, give its opposite an architecture and add a section to ``points.md``: a heading, and
below it a heading for each field of :class:`Point`, in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pages.learn.markdown import sections, unwrap

FILE = Path(__file__).with_name("points.md")


@dataclass(frozen=True)
class Point:
    """One point of section 3: what the paper advises, why, and the network that does otherwise."""

    advice: str
    why: str
    paper: str  # what the paper's network has, as within a sentence
    opposite: str  # what the other one has in its place
    architecture: str  # the other one
    trial: str  # what a trial showed: MNIST, 400 steps, seed 0

    @property
    def versus(self) -> str:
        """Both in a few words."""
        return f"{self.paper} against {self.opposite}"

    @property
    def title(self) -> str:
        """Both in a few words, as a heading."""
        return _capitalise(self.versus)

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called above their pictures."""
        return _capitalise(self.paper), _capitalise(self.opposite)


def read_points() -> dict[str, Point]:
    """All points by name, in their order."""
    return {
        name: Point(**{field.lower(): unwrap(words) for field, words in sections(text, 3)})
        for name, text in sections(FILE.read_text("utf-8"), 2)
    }


def _capitalise(words: str) -> str:
    return words[0].upper() + words[1:]
