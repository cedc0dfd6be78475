"""Which files of a folder are pictures, and what is left out of it, counted and named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gan_core.files import printable_name

# What Pillow and pillow-heif open that is a picture; not what needs other programs, as .eps does.
PICTURE_ENDINGS = frozenset(
    {
        ".apng", ".avif", ".avifs", ".bmp", ".bw", ".dds", ".dib", ".gif", ".heic", ".heics",
        ".heif", ".heifs", ".hif", ".icb", ".icns", ".ico", ".im", ".j2c", ".j2k", ".jfif", ".jp2",
        ".jpc", ".jpe", ".jpeg", ".jpf", ".jpg", ".jpx", ".mpo", ".pbm", ".pcx", ".pfm", ".pgm",
        ".png", ".pnm", ".ppm", ".psd", ".qoi", ".ras", ".rgb", ".rgba", ".sgi", ".tga", ".tif",
        ".tiff", ".vda", ".vst", ".webp", ".xbm", ".xpm",
    }
)  # fmt: skip
USUAL_ENDINGS = (".png", ".jpg", ".webp", ".bmp", ".gif", ".tif")
_FOREIGN_ENDINGS = {
    ".ai", ".arw", ".avi", ".cr2", ".cr3", ".dng", ".eps", ".exr", ".jxl", ".kra", ".mov", ".mp4",
    ".nef", ".orf", ".pdf", ".raf", ".raw", ".rw2", ".svg", ".webm", ".xcf",
}  # fmt: skip
_NAMED = 3  # of each kind, before it says how many more there are


@dataclass
class LeftOut:
    """What a folder holds and is not read, by kind. Names are relative to the folder."""

    damaged: list[str] = field(default_factory=list)  # pictures, each with what is wrong
    folders: list[str] = field(default_factory=list)  # that may not be opened
    special: list[str] = field(default_factory=list)  # no files: pipes, devices, links to nothing
    foreign: Counter[str] = field(default_factory=Counter)  # pictures of other kinds, by ending
    other: Counter[str] = field(default_factory=Counter)  # files that are no pictures, by ending

    cut_short: bool = False  # whether there is more that was not looked at

    def add_file(self, path: Path) -> None:
        """Count a file that is not read for its ending."""
        ending = printable_name(path.suffix.lower())
        (self.foreign if ending in _FOREIGN_ENDINGS else self.other)[ending] += 1

    def words(self) -> tuple[str, ...]:
        """A phrase for each kind; none where nothing is left out."""
        return (
            *_named(self.damaged, "picture", "pictures", "that cannot be read"),
            *_named(self.folders, "folder", "folders", "that may not be opened"),
            *_named(self.special, "name", "names", "without a file"),
            *_counted(self.foreign, "of a kind that is not read here: save as PNG or JPEG"),
            *_counted(self.other, "no pictures by their names"),
        )


def _named(names: list[str], one: str, several: str, what: str) -> list[str]:
    if not names:
        return []
    more = f"; and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    listed = "; ".join(names[:_NAMED])
    return [f"{len(names):,} {one if len(names) == 1 else several} {what}: {listed}{more}"]


def _counted(endings: Counter[str], what: str) -> list[str]:
    if not endings:
        return []
    ranked = sorted(endings.items(), key=lambda one: (-one[1], one[0]))
    counts = [f"{count:,} {ending or 'without ending'}" for ending, count in ranked]
    more = f" and {len(counts) - _NAMED:,} kinds more" if len(counts) > _NAMED else ""
    return [f"{', '.join(counts[:_NAMED])}{more} ({what})"]


def left_out_words(kinds: Sequence[str]) -> str:
    """The phrases as a sentence; empty where nothing is left out."""
    return f"Left out: {'. '.join(kinds)}." if kinds else ""
