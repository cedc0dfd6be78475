"""Quality while a run trains: some hundred samples, or more points, measured within a budget.

Measuring reads the generator that pictures are drawn from, in eval mode, on noise of its own that
is the same each time, and so changes neither weights nor any random state.
"""

from __future__ import annotations

import time
from pathlib import Path

from gan_core.config import TrainConfig
from gan_core.data.dataset import POINT, ImageData, Progress, to_unit_range
from gan_core.data.table import dataset_spec, is_digits
from gan_core.images import pixels
from gan_core.latent import vectors
from gan_core.networks.base import Generator
from gan_core.networks.sampling import balanced_labels, draw
from gan_core.quality import metrics
from gan_core.quality.digit_classifier import view
from gan_core.quality.features import (
    Extractor,
    digit_extractor,
    features_of,
    part,
    reference_images,
)
from gan_core.quality.plane import PlaneMeasures

SAMPLES = 500
SEED = 1  # of the noise, which is not that of the grids
BUDGET = 0.05  # of the training time


class Monitor:
    """Measures the samples of one training.

    The number of samples never changes: the Frechet distance falls with it, and a curve of unequal
    numbers would show progress that is none. What adapts is the interval: a measurement that is
    due is left out where it, and one more at the end, would bring the time spent on measuring above
    :data:`BUDGET` of the time that training itself took since the run was started or resumed. The
    first one is made before training begins, and is counted as well.

    Args:
        config: of the training.
        train: its images.
        data_dir: where its test images are, and the cache.
        progress: called with what is being read.

    Raises:
        DataError: test images that cannot be read.
        CheckpointError: the classifier cannot be opened.
    """

    def __init__(
        self, config: TrainConfig, train: ImageData, data_dir: Path, progress: Progress
    ) -> None:
        self.spent = 0.0  # seconds
        self.longest = 0.0  # seconds that one measurement took
        self._config = config
        real, split = reference_images(train, data_dir, progress)
        self._spread = metrics.spread(part(real, slice(SAMPLES), "live").images)
        self._plane: PlaneMeasures | None = None
        if train.image_shape == POINT:
            modes = dataset_spec(config.dataset).modes(config.deviation)
            self._plane = PlaneMeasures(train, modes)
        self._extractor: Extractor | None = None
        self._real_fd: float | None = None
        if is_digits(config.dataset):
            self._extractor = digit_extractor()
            progress(0.0, "Preparing to measure")
            features = features_of(real, self._extractor, data_dir, progress)
            self._fd = metrics.FrechetDistance(features)
            if split == "test":
                some = part(train, slice(SAMPLES), "live")
                self._real_fd = self._fd(self._extractor.features(some.images))

    def affords(self, seconds: float, last: bool) -> bool:
        """Whether a measurement is within the budget after so many seconds of training."""
        needed = self.longest if last else 2 * self.longest
        return self.spent + needed <= BUDGET * seconds

    def measure(self, generator: Generator) -> dict[str, float]:
        """What the samples of a generator are worth, by name.

        ``samples`` is their number and ``diversity`` the mean distance of two of them over that of
        two real images. For sets of digits also ``fd``, the Frechet distance from the test images
        on the features of the digit classifier; ``fd/real``, that of as many training images;
        ``readable``, ``present``, ``kl`` and ``share/0`` to ``share/9``, see
        :class:`gan_core.quality.digit_classifier.View`. For points of the plane what
        :class:`gan_core.quality.plane.PlaneMeasures` gives, and as ``modes/real`` and so on what
        as many real points get.
        """
        start = time.perf_counter()
        config = self._config
        count = self._plane.size if self._plane else SAMPLES
        z = vectors.noise(count, config.latent_dim, SEED, config.noise)
        y = balanced_labels(count, generator.n_classes)
        images = pixels.to_tensor(draw(generator, z, y))
        row: dict[str, float] = {"samples": count}
        if self._spread > 0:  # not where all real images are alike
            row["diversity"] = metrics.spread(images[:SAMPLES]) / self._spread
        if self._plane is not None:
            row |= self._plane.of(to_unit_range(images).flatten(1))
            row |= {f"{name}/real": value for name, value in self._plane.real.items()}
        extractor = self._extractor
        if extractor is not None and extractor.probabilities is not None:
            features = extractor.features(images)
            classes = view(extractor.probabilities(features))
            row |= {"fd": self._fd(features)}
            if self._real_fd is not None:
                row["fd/real"] = self._real_fd
            row |= {"readable": classes.readable, "present": classes.present, "kl": classes.kl}
            row |= {f"share/{digit}": share for digit, share in enumerate(classes.shares)}
        duration = time.perf_counter() - start
        self.spent += duration
        self.longest = duration if not self.longest else max(duration, 0.9 * self.longest)
        return {name: round(value, 6) for name, value in row.items()}
