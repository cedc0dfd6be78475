"""A generator in a notebook: opened, asked for pictures, measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from gan_core.data.loading import default_data_dir, in_class_order
from gan_core.data.moved import check_folder_of
from gan_core.data.table import is_digits
from gan_core.errors import CheckpointError, ConfigError
from gan_core.images import pixels
from gan_core.latent.directions import FAMILIES
from gan_core.latent.vectors import Sheet, noise
from gan_core.networks.sampling import draw
from gan_core.notebook.shown import Measured, Pictures, Steps
from gan_core.quality.digit_classifier import open_classifier
from gan_core.quality.evaluation import FULL, evaluate, training_images
from gan_core.quality.pictures import SEED, draw_samples
from gan_core.runs import samples
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import OpenedGenerator, find_checkpoint, open_generator
from gan_core.runs.history import Curves
from gan_core.runs.store import RunStore, default_runs_dir


class Model:
    """A generator with the run or checkpoint that it is of. It shows itself as a sheet of samples.

    Attributes:
        run: its folder, with curves, grids, settings and status.
        config: what it was trained with.
        info: what else it was made of: the shape of its pictures and the classes.
        generator: the network, in eval mode on the CPU: ``generator(z, y)``.
    """

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self._opened: OpenedGenerator = open_generator(run.path)
        self.config, self.info = self._opened.config, self._opened.info
        self.generator = self._opened.generator

    def __repr__(self) -> str:
        config = self.config
        return (
            f"{self.run.name}: {config.objective}, {config.architecture} on {config.dataset}, "
            f"step {self.run.status().step:,}"
        )

    def _repr_png_(self) -> bytes:
        return self.sample(64)._repr_png_()

    @property
    def curves(self) -> Curves:
        """What was logged: columns (N,) by name, "step" among them."""
        return self.run.curves()

    def sample(self, n: int = 64, seed: int = 0, label: str | int | None = None) -> Pictures:
        """Pictures of random points; the same for the same seed.

        Args:
            label: of a generator that takes labels, a class by its name or number; without it, a
                row is a point and a column a class.

        Raises:
            ConfigError: a label for a generator that takes none, or a class that it does not know.
        """
        return self._draw(samples.points(self._opened, n, seed, _text(label), in_columns=True))

    def draw(self, z: np.ndarray | torch.Tensor, label: str | int | None = None) -> Pictures:
        """Pictures of points (N, latent_dim) of your own.

        Raises:
            ConfigError: points of another length, or a label as in :meth:`sample`.
        """
        points = torch.as_tensor(z, dtype=torch.float32)
        if points.ndim != 2 or points.shape[1] != self.config.latent_dim:
            raise ConfigError(
                f"z has the shape {tuple(points.shape)}; it must be (N, {self.config.latent_dim})."
            )
        y = None
        if label is not None or self.generator.n_classes:
            index = samples.class_of(self._opened, _text(label) or "0")
            y = torch.full((len(points),), index)
        return self._draw(Sheet(points, y, None))

    def interpolate(
        self,
        seeds: Sequence[int] = (1, 2, 3),
        steps: int = 8,
        method: str = "slerp",
        label: str | int | None = None,
    ) -> Pictures:
        """Pictures on the way through the points of these seeds; ``save("walk.mp4")`` makes a film.

        Raises:
            ConfigError: fewer than two seeds, fewer than one step, another method than slerp and
                lerp, or a label as in :meth:`sample`.
        """
        return self._draw(samples.walk(self._opened, seeds, steps, method, _text(label)))

    def directions(
        self,
        family: str = "pca",
        count: int = 6,
        seed: int = 0,
        reach: float = 3.0,
        label: str | int | None = None,
    ) -> Steps:
        """What changes along directions of latent space, from one point: a row for each of the
        first so many, from ``-reach`` to ``reach``.

        Args:
            family: how they are found, a key of :data:`gan_core.latent.directions.FAMILIES`.
            seed: of the point.

        Raises:
            ConfigError: there is no such family, or not for this generator.
        """
        if family not in FAMILIES:
            raise ConfigError(f"family is {family!r}; choose one of {', '.join(FAMILIES)}.")
        reader = None
        if FAMILIES[family].reads:
            if self.generator.n_classes or not is_digits(self.config.dataset):
                raise ConfigError(
                    f"{self.run.name} has no directions between classes: these are read in digits "
                    "that were drawn without labels."
                )
            reader = open_classifier().reader
        found = FAMILIES[family].find(self.generator, self.config.noise, reader)
        vectors = found.vectors[:count]
        titles = tuple(found.title(index) for index in range(len(vectors)))
        base = noise(1, self.config.latent_dim, seed, self.config.noise).numpy()
        shares = np.linspace(-reach, reach, 7, dtype=np.float32)
        z = (base + shares[None, :, None] * vectors[:, None]).reshape(-1, base.shape[1])
        drawn = self.draw(z, label)
        return Steps(vectors, titles, Pictures(drawn.pixels, drawn.z, drawn.labels, len(shares)))

    def evaluate(
        self, n: int = FULL, seed: int = SEED, data_dir: str | Path | None = None
    ) -> Measured:
        """Measure samples against the test images of its own data set; of 10,000 it takes minutes.

        Raises:
            ConfigError, DataError, CheckpointError: too few samples, data that is missing, or
                images other than those that it was trained on.
        """
        place = default_data_dir() if data_dir is None else Path(data_dir)
        config = self.config
        check_folder_of(self.run.name, config, place)
        drawn = draw_samples(self._opened, n, seed, self.run)
        train = training_images(config.dataset, drawn, place, folder=config.folder, own=True)
        train = in_class_order(train, self.info.classes)
        return Measured(*evaluate(drawn, train, place))

    def grid(self, step: int | None = None) -> Pictures:
        """The sheet of the fixed noise as it was drawn at a step of its training, or the last.

        Raises:
            CheckpointError: none was drawn at that step.
        """
        steps = self.run.grids()
        step = max(steps, default=-1) if step is None else step
        if step not in steps:
            drawn = ", ".join(f"{at:,}" for at in steps) or "none"
            raise CheckpointError(f"{self.run.name} has no grid of step {step:,}; it has {drawn}.")
        sheet = pixels.from_png(self.run.grid_path(step).read_bytes())
        return Pictures(sheet[None], np.empty((1, 0), np.float32))

    def _draw(self, sheet: Sheet) -> Pictures:
        labels = None if sheet.y is None else sheet.y.numpy()
        drawn = draw(self.generator, sheet.z, sheet.y)
        return Pictures(drawn, sheet.z.numpy(), labels, sheet.columns)


def load(name: str | Path, runs_dir: str | Path | None = None) -> Model:
    """A generator: a shipped one by its name, a run by its name, or the folder of either.

    Raises:
        CheckpointError: there is none, or it cannot be opened.
    """
    if not Path(name).exists():
        try:
            place = default_runs_dir() if runs_dir is None else Path(runs_dir)
            return Model(RunStore(place).get(str(name)))
        except CheckpointError:
            pass
    return Model(RunFolder(find_checkpoint(str(name)).resolve()))


def _text(label: str | int | None) -> str | None:
    return None if label is None else str(label)
