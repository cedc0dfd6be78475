"""Walks and sheets as files to take away: films and strips, enlarged by a whole factor.

To add a kind of file, write its encoder and add a line to :data:`KINDS`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType

import numpy as np
from PIL import Image

from gan_core.errors import ConfigError, MissingToolError
from gan_core.images.pixels import png, to_pil

Frames = Sequence[np.ndarray]  # (H, W, C) uint8 each, of one shape, with one or three channels
Progress = Callable[[float], None]  # the share done, from 0 to 1
Encoder = Callable[[Frames, int, float, Progress], bytes]  # frames, scale, frames a second

SCALES = (1, 2, 4, 8, 16, 32)
MAX_SIDE = 16_383  # pixels; a WebP file cannot hold more, and few programs open more
MAX_FILM_SIDE = 4096  # H.264 as browsers play it ends there
MAX_PIXELS = 2**26  # of all frames together: 67 million, which Pillow holds at once
_QUALITY = "12"  # x264's constant rate factor; 18 is said to look like the original
_NOT_HERE = (
    "MP4 needs the package av with its H.264 encoder, which is missing or broken here; install it "
    "with 'pip install av', or take GIF or WebP."
)


def _pillow(kind: str, **options: object) -> Encoder:
    def encode(frames: Frames, scale: int, fps: float, progress: Progress) -> bytes:
        pictures = [to_pil(frame, scale) for frame in frames]
        for index, picture in enumerate(pictures):
            _watch(picture, partial(progress, index / len(pictures)))
        buffer = io.BytesIO()
        pictures[0].save(
            buffer,
            kind,
            save_all=True,
            append_images=pictures[1:],
            duration=round(1000 / fps),
            loop=0,
            **options,
        )
        return buffer.getvalue()

    return encode


def _watch(picture: Image.Image, report: Callable[[], None]) -> None:
    """Have a picture report when Pillow's writer comes to it: a writer seeks before it reads."""
    seek = picture.seek

    def report_and_seek(frame: int) -> None:
        picture.seek = seek  # type: ignore[method-assign]
        report()
        seek(frame)

    picture.seek = report_and_seek  # type: ignore[method-assign]


def _mp4(frames: Frames, scale: int, fps: float, progress: Progress) -> bytes:
    av = _av()
    height, width = (side * scale + side * scale % 2 for side in frames[0].shape[:2])
    buffer = io.BytesIO()
    try:
        with av.open(buffer, "w", format="mp4") as container:
            stream = container.add_stream("libx264", round(fps), {"crf": _QUALITY})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for index, frame in enumerate(frames):
                progress(index / len(frames))
                picture = av.VideoFrame.from_ndarray(_even(frame, scale), format="rgb24")
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
    except av.FFmpegError as error:
        raise MissingToolError(f"The MP4 could not be made ({error}); take WebP or GIF.") from error
    return buffer.getvalue()


def _even(frame: np.ndarray, scale: int) -> np.ndarray:
    """(H, W, C) enlarged, in colour, the last row and column doubled where a side is odd: pixels
    share their colour two by two in H.264 4:2:0."""
    large = np.asarray(to_pil(frame, scale).convert("RGB"))
    return np.pad(large, [(0, large.shape[0] % 2), (0, large.shape[1] % 2), (0, 0)], mode="edge")


def _av() -> ModuleType:
    """PyAV, whose wheels bring FFmpeg and x264 along.

    Raises:
        MissingToolError: it cannot write H.264.
    """
    try:
        import av

        av.codec.Codec("libx264", "w")
    except (ImportError, OSError, AttributeError, ValueError) as error:
        raise MissingToolError(_NOT_HERE) from error
    return av


def _png(frames: Frames, scale: int, fps: float, progress: Progress) -> bytes:
    (picture,) = frames
    return png(picture, scale)


@dataclass(frozen=True)
class Kind:
    """A kind of file."""

    title: str
    mime: str
    moving: bool
    encode: Encoder

    @property
    def max_side(self) -> int:
        """The most pixels that a side may have."""
        return MAX_FILM_SIDE if self.moving else MAX_SIDE


KINDS = {
    "mp4": Kind("MP4", "video/mp4", True, _mp4),
    "webp": Kind("WebP", "image/webp", True, _pillow("WEBP", lossless=True, method=2)),
    "gif": Kind("GIF", "image/gif", True, _pillow("GIF")),
    "png": Kind("PNG", "image/png", False, _png),
}
FILMS = tuple(name for name, kind in KINDS.items() if kind.moving)


@dataclass(frozen=True)
class Size:
    """What a film or a picture measures, before it is enlarged."""

    frames: int
    height: int
    width: int

    def pixels(self, scale: int) -> int:
        """Of all frames together."""
        return self.frames * self.height * self.width * scale**2

    def fits(self, kind: str, scale: int) -> bool:
        """Whether a file of that kind may be so large."""
        side = scale * max(self.height, self.width)
        return side <= KINDS[kind].max_side and self.pixels(scale) <= MAX_PIXELS


def measure(frames: Frames) -> Size:
    """What frames measure.

    Raises:
        ConfigError: there are none.
    """
    if not len(frames):
        raise ConfigError("a film needs at least one frame.")
    return Size(len(frames), frames[0].shape[0], frames[0].shape[1])


def check(kind: str, size: Size, scale: int) -> None:
    """Refuse a file that cannot be made, before any work is done.

    Raises:
        ConfigError: another kind, no such scale, or too large.
        MissingToolError: the library that writes it is missing.
    """
    if kind not in KINDS:
        raise ConfigError(f"the kind of file is {kind!r}; choose one of {', '.join(KINDS)}.")
    if not 1 <= scale <= SCALES[-1]:
        raise ConfigError(f"scale is {scale}; give a whole number from 1 to {SCALES[-1]}.")
    if not size.fits(kind, scale):
        fitting = [smaller for smaller in range(1, scale) if size.fits(kind, smaller)]
        advice = f"take a scale of at most {fitting[-1]}" if fitting else "take fewer pictures"
        raise ConfigError(
            f"scale {scale} makes {size.frames:,} x {size.width * scale:,} x "
            f"{size.height * scale:,} pixels, more than a {KINDS[kind].title} file may hold here "
            f"({KINDS[kind].max_side:,} a side, {MAX_PIXELS:,} in all); {advice}."
        )
    if kind == "mp4":
        _av()


def encode(
    frames: Frames,
    kind: str,
    scale: int = 1,
    frames_per_second: float = 12,
    progress: Progress = lambda share: None,
) -> bytes:
    """Frames (H, W, C) uint8 as a file: an endless GIF or lossless WebP, an MP4 (H.264, yuv420p),
    or of a single frame a PNG.

    Args:
        progress: called at every frame with the share that is done; what it raises ends the work.

    Raises:
        ConfigError, MissingToolError: as :func:`measure` and :func:`check`.
    """
    check(kind, measure(frames), scale)
    return KINDS[kind].encode(frames, scale, frames_per_second, progress)
