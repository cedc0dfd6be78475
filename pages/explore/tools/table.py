"""The tools of the Explore page, a tab each, of which only the open one is drawn.

To add one, write a function of the subject in a file beside this one, and give it a line here.
"""

from __future__ import annotations

from collections.abc import Callable

from pages.explore.subject import Subject
from pages.explore.tools.arithmetic import arithmetic
from pages.explore.tools.directions import direction_strips
from pages.explore.tools.discriminator import discriminator
from pages.explore.tools.interpolation import interpolation
from pages.explore.tools.layers import layer_maps
from pages.explore.tools.map import latent_map
from pages.explore.tools.onnx import onnx_file
from pages.explore.tools.own_picture import own_picture
from pages.explore.tools.page_to_keep import page_to_keep
from pages.explore.tools.sample_sheet import sample_sheet
from pages.explore.tools.settings import settings
from pages.explore.tools.through_training import through_training

TOOLS: dict[str, Callable[[Subject], None]] = {
    "Interpolate": interpolation,
    "Through training": through_training,
    "Directions": direction_strips,
    "Map": latent_map,
    "Layers": layer_maps,
    "Discriminator": discriminator,
    "Arithmetic": arithmetic,
    "Your picture": own_picture,
    "Sample sheet": sample_sheet,
    "As a page": page_to_keep,
    "As ONNX": onnx_file,
    "Settings": settings,
}
