"""What a component needs to draw the pictures of latent vectors in the browser."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent

# The address of such a picture begins so; its number follows.
DRAWN = "drawn:"

# Put before a component's own script.
SCRIPT = "".join(
    (_HERE / name).read_text("utf-8")
    for name in ("follower.js", "local_generator.js", "drawn_pictures.js")
)
