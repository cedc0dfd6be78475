"""What a browser makes of an answer in which the frames of a training follow one another."""

from __future__ import annotations

import struct

from gan_core.plane.frame import Frame, unpack


def frames_of(stream: bytes) -> list[Frame]:
    """Its frames, each behind its length in four bytes."""
    frames = []
    while stream:
        (length,) = struct.unpack_from("<I", stream)
        frames.append(unpack(stream[4 : 4 + length]))
        stream = stream[4 + length :]
    return frames
