"""Generators as programs, for a browser to run."""

from __future__ import annotations

from functools import lru_cache

from gan_core import catalog
from gan_core.runs.generators import OpenedGenerator
from pages.shared.server.generators import SavedVersion, open_version

# Beyond these a browser is not asked to try: a picture would take longer than a frame of the
# screen, or the program longer to come than a person plays with it.
MOST_MULTIPLY_ADDS = 20_000_000
MOST_PARAMETERS = 2_000_000


def may_run_in_a_browser(model: OpenedGenerator) -> bool:
    """Whether a generator is small enough for a browser to try."""
    parameters, _, multiply_adds = catalog.network_sizes(
        model.config, model.info.image_shape, model.info.classes
    )
    return parameters <= MOST_PARAMETERS and multiply_adds <= MOST_MULTIPLY_ADDS


@lru_cache(maxsize=8)
def read_program(version: SavedVersion) -> bytes:
    """A generator as a program, made once for each saved version.

    Raises:
        CheckpointError: it cannot be opened.
        SavedAnewError: that version is gone.
        GanError: it cannot be a program.
    """
    from gan_core.runs.program import to_program

    return to_program(open_version(version).generator)
