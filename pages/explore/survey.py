"""What a critic says of real and of generated pictures, asked once for all visitors."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from pages.shared.server import critics, generators
from pages.shared.server.generators import SavedVersion
from pages.shared.server.real_pictures import real_pictures

if TYPE_CHECKING:
    from gan_core.quality.judgement import Survey


@dataclass(frozen=True)
class SharedSurvey:
    """A survey that several visitors may wait for."""

    survey: Survey
    split: str  # of the data set that the real pictures are from
    _lock: Lock = field(default_factory=Lock)

    def advance(self, seconds: float) -> None:
        """Go on with it for about so long, where nobody else does at this moment."""
        if self._lock.acquire(blocking=False):
            try:
                self.survey.advance(seconds)
            finally:
                self._lock.release()


@lru_cache(maxsize=8)
def shared_survey(version: SavedVersion) -> SharedSurvey:
    """The survey of the critic of a saved version.

    Raises:
        CheckpointError: there is no critic, or one of both networks cannot be opened.
        SavedAnewError: that version is gone.
        DataError: the data set is not on disk.
    """
    from gan_core.quality.judgement import Survey

    judge, model = critics.open_critic(version), generators.open_version(version)
    real = real_pictures(model.config, model.info.image_shape)
    return SharedSurvey(Survey(judge, model, real.pixels, real.labels), real.split)
