from __future__ import annotations

import builtins
import io
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from gan_core.errors import ConfigError, MissingToolError
from gan_core.images import films


class Stopped(BaseException):
    """As a page's rerun, which no ordinary handler may swallow."""


def pictures(n: int, channels: int = 1, height: int = 4, width: int = 4) -> list[np.ndarray]:
    shape = (n, height, width, channels)
    return list(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_animations_show_every_frame(kind: str) -> None:
    frames = pictures(4)
    content = films.encode(frames, kind, 2, frames_per_second=10)
    with Image.open(io.BytesIO(content)) as film:
        assert film.format == kind.upper()
        assert film.size == (8, 8)
        assert getattr(film, "n_frames", 1) == 4
        assert film.info["loop"] == 0
        for index, frame in enumerate(frames):
            film.seek(index)
            assert np.array_equal(np.asarray(film.convert("L"))[::2, ::2], frame[:, :, 0])
            assert film.info["duration"] == 100


@pytest.mark.parametrize("channels", [1, 3])
def test_an_mp4_plays_in_browsers_and_shows_every_frame(channels: int) -> None:
    frames = [np.full((7, 9, channels), 40 * index, np.uint8) + np.uint8(10) for index in range(5)]
    content = films.encode(frames, "mp4", 3, frames_per_second=8)
    with av.open(io.BytesIO(content), "r") as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 8
        decoded = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(decoded) == 5
    for pixels, frame in zip(decoded, frames, strict=True):
        assert pixels.shape == (22, 28, 3)  # 21 x 27, made even
        assert np.abs(pixels.astype(int) - int(frame[0, 0, 0])).max() <= 4


def test_an_mp4_keeps_colours() -> None:
    frame = np.zeros((8, 8, 3), np.uint8)
    frame[:4, :, 0], frame[4:, :4, 1], frame[4:, 4:, 2] = 220, 200, 240
    content = films.encode([frame] * 3, "mp4", 4)
    with av.open(io.BytesIO(content), "r") as film:
        pixels = next(film.decode(video=0)).to_ndarray(format="rgb24")
    for row, column in ((1, 1), (1, 6), (6, 1), (6, 6)):  # away from where colours meet
        difference = pixels[4 * row + 2, 4 * column + 2].astype(int) - frame[row, column]
        assert np.abs(difference).max() <= 4


def test_a_still_is_a_png() -> None:
    (picture,) = pictures(1, 3)
    with Image.open(io.BytesIO(films.encode([picture], "png", 4))) as film:
        assert np.array_equal(np.asarray(film)[::4, ::4], picture)


@pytest.mark.parametrize("kind", films.FILMS)
def test_the_share_done_grows_and_the_work_can_be_stopped(kind: str) -> None:
    frames, shares = pictures(6), list[float]()
    films.encode(frames, kind, progress=shares.append)
    assert shares == [index / 6 for index in range(6)]

    def stop(share: float) -> None:
        if share > 0.3:
            raise Stopped

    with pytest.raises(Stopped):
        films.encode(frames, kind, progress=stop)


def test_what_is_refused() -> None:
    with pytest.raises(ConfigError, match="'avi'; choose one of mp4, webp, gif, png"):
        films.encode(pictures(2), "avi")
    with pytest.raises(ConfigError, match="at least one frame"):
        films.encode([], "gif")
    with pytest.raises(ConfigError, match="scale is 33; give a whole number from 1 to 32"):
        films.encode(pictures(2), "gif", 33)
    with pytest.raises(ConfigError, match=r"2 x 4,800 x 64 pixels.*4,096 a.*at most 13\."):
        films.encode(pictures(2, width=300), "webp", 16)
    with pytest.raises(ConfigError, match=r"67,108,864 in all\); take a scale of at most 9\."):
        films.check("mp4", films.Size(300, 64, 40), 16)
    with pytest.raises(ConfigError, match="take fewer pictures"):
        films.check("png", films.Size(1, 20, 20_000), 1)
    assert films.Size(1, 64, 1000).fits("png", 16) and not films.Size(1, 64, 1000).fits("gif", 16)


def test_without_pyav_there_is_no_mp4_and_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "av":
            raise ImportError("libav is broken")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingToolError, match=r"MP4 needs the package av .*take GIF or WebP\."):
        films.check("mp4", films.Size(2, 4, 4), 1)
    films.encode(pictures(2), "gif")


def test_without_its_encoder_there_is_no_mp4(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*arguments: object) -> None:
        raise av.codec.codec.UnknownCodecError("libx264")

    monkeypatch.setattr(av.codec, "Codec", none)
    with pytest.raises(MissingToolError, match="MP4 needs the package av"):
        films.encode(pictures(2), "mp4")
