"""What all pages and all browser tabs share: the one Trainings object, the run stores, and opened
generators. The only place with ``st.cache_resource``.

torch is imported inside the functions that need it, so that a page can show its frame before torch
is loaded.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st

from gan_core.config import TrainConfig
from gan_core.data.loading import Split, default_data_dir
from gan_core.errors import CheckpointError, ConfigError, GanError
from gan_core.runs.folder import (
    CHECKPOINTS_DIR,
    HISTORY,
    QUALITY,
    Curves,
    OpenedGenerator,
    RunFolder,
    RunInfo,
    RunStore,
)
from gan_core.runs.folder import open_generator as open_folder
from pages.shared.server import urls

if TYPE_CHECKING:
    from gan_core.latent.directions import Reader, Samples
    from gan_core.latent.vectors import Directions
    from gan_core.quality.digit_classifier import Classifier
    from gan_core.training.job import Snapshot, Trainings

_KEPT_PICTURES = 1000
_FIRST_VISIT = 3.0  # seconds that a browser has to come before torch is loaded
_FIRST_PAGE = 10.0  # seconds that its page then has
# The first brings what torch sizes a network with, which most pages ask for.
_LOADED_EARLY = ("torchvision.datasets", "sklearn.decomposition", "torchmetrics.image.fid")
_LAST_WORDS = 2.0  # seconds for a job that ended to write down how


@dataclass(frozen=True)
class Options:
    """Where things are, and what to train on: ``streamlit run app.py -- --data-dir D``."""

    data_dir: Path
    runs_dir: Path
    device: str


@cache
def options() -> Options:
    """The command line's options, else the environment's, else the defaults.

    Exits with one sentence where the command line asks for what is not there.
    """
    parser = argparse.ArgumentParser(prog="streamlit run app.py --", allow_abbrev=False)
    parser.add_argument("--data-dir", type=Path, default=default_data_dir())
    parser.add_argument(
        "--runs-dir", type=Path, default=Path(os.environ.get("GAN_RUNS_DIR") or "runs")
    )
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    known, _ = parser.parse_known_args()
    if known.device == "cuda":
        from gan_core.training.session import select_device

        try:
            select_device(known.device)
        except ConfigError as error:
            parser.error(str(error))
    return Options(known.data_dir, known.runs_dir, known.device)


@st.cache_resource(show_spinner=False)
def trainings() -> Trainings:
    """The jobs of this server, the same object for every tab."""
    from gan_core.training.job import Trainings
    from gan_core.training.session import select_device

    chosen = options()
    return Trainings(RunStore(chosen.runs_dir), chosen.data_dir, select_device(chosen.device))


_page_asked, _page_shown = Event(), Event()  # the first of this server
_warming_up = Event()


@contextmanager
def showing_page() -> Iterator[None]:
    """Around a page's script, which what can wait leaves the interpreter to."""
    _page_asked.set()
    try:
        yield
    finally:
        _page_shown.set()


def warming_up() -> bool:
    """Whether the server is still to load torch, of its own accord."""
    return _warming_up.is_set()


def warm_up() -> None:
    """Load what the first training or picture would otherwise wait for.

    Not before the first page is shown, if one is asked for soon: loading leaves little of the
    interpreter to others, and a page that needs torch loads it sooner alone.
    """
    _warming_up.set()
    try:
        if _page_asked.wait(_FIRST_VISIT):
            _page_shown.wait(_FIRST_PAGE)
        trainings()
    finally:
        _warming_up.clear()
    for module in _LOADED_EARLY:
        import_module(module)


@dataclass(frozen=True)
class Source:
    """A run or a shipped checkpoint, by an id that is safe in a URL: ``runs/NAME``; and which of
    its saved generators is meant."""

    kind: str  # "runs" or "checkpoints"
    name: str
    step: int | None = None  # of its kept steps; None for the latest

    @property
    def id(self) -> str:
        """The id, as it stands in links."""
        return f"{self.kind}/{self.name}"

    @property
    def label(self) -> str:
        """The name that a person reads."""
        return f"{self.name} (shipped)" if self.kind == "checkpoints" else self.name

    @property
    def title(self) -> str:
        """The label, and the step where it is not the latest."""
        return self.label if self.step is None else f"{self.label}, step {self.step:,}"

    def at(self, step: int | None) -> Source:
        """The same as it was saved at one of its kept steps, or the latest."""
        return replace(self, step=step)

    @property
    def folder(self) -> RunFolder:
        """Its folder.

        Raises:
            CheckpointError: it is gone.
        """
        return store(self.kind).get(self.name)


def store(kind: str) -> RunStore:
    """The store of own runs, or of shipped checkpoints.

    Raises:
        CheckpointError: another kind.
    """
    if kind == "runs":
        return RunStore(options().runs_dir)
    if kind == "checkpoints":
        return RunStore(CHECKPOINTS_DIR)
    raise CheckpointError(f"{kind!r} is neither 'runs' nor 'checkpoints'.")


def source(source_id: str) -> Source:
    """The run or checkpoint of that id.

    Raises:
        CheckpointError: there is none.
    """
    kind, _, name = source_id.partition("/")
    store(kind).get(name)
    return Source(kind, name)


def sources() -> list[Source]:
    """All generators: the shipped ones first, then own runs, the newest first."""
    shipped = [Source("checkpoints", run.name) for run in store("checkpoints").list()]
    own = [Source("runs", run.name) for run in reversed(store("runs").list())]
    return shipped + own


class SavedAnewError(GanError):
    """A version was asked for that is neither in memory nor on disk any more."""


class _Saved(NamedTuple):
    """A generator as it was saved: what is found out about it is kept by this."""

    folder: Path
    step: int | None
    version: int

    @property
    def notes(self) -> Path:
        return RunFolder(self.folder).notes_path(self.step)


def settings(item: Source) -> tuple[TrainConfig, RunInfo]:
    """What it was trained as, read once for each version of its config.json.

    Raises:
        CheckpointError: it is gone or damaged.
    """
    return _settings(item.folder, _written(item.folder.path / "config.json"))


def opened(item: Source, of: int | None = None) -> OpenedGenerator:
    """Its generator, opened once for each saved version: of that one, else of the latest.

    Raises:
        CheckpointError: it cannot be opened.
        SavedAnewError: that version is gone.
    """
    return _opened(_saved(item, of))


def drawn(item: Source, vector: np.ndarray, label: int | None) -> np.ndarray:
    """The picture (H, W, C) uint8 of one latent vector (latent_dim,), drawn once for each saved
    version.

    Raises:
        CheckpointError: it cannot be opened.
        SavedAnewError: it is saved anew this moment.
    """
    return _drawn(_saved(item, None), np.asarray(vector, np.float32).tobytes(), label)


def version(item: Source) -> int:
    """A number that changes whenever its generator is saved anew; 0 before the first time.

    Raises:
        CheckpointError: it is gone.
    """
    return _version(item.folder, item.step)


def directions(item: Source, of: int | None = None, family: str = "pca") -> Directions:
    """A family of its directions, found once for each saved version and kept with it: of that
    version, or the latest.

    Raises:
        CheckpointError: it cannot be opened.
        ConfigError: there is no such family of this generator.
        SavedAnewError: that version is gone.
    """
    return _directions(_saved(item, of), family)


def named_directions(item: Source, of: int, family: str) -> Directions:
    """The same, with the names that a person gave them.

    Raises:
        CheckpointError, ConfigError, SavedAnewError: as :func:`directions`.
    """
    from gan_core.latent import direction_files

    found = directions(item, of, family)
    saved = _saved(item, of)
    kept = direction_files.names(saved.notes, _fingerprint(saved))
    titles = [kept.get(f"{family}/{i}", found.title(i)) for i in range(len(found.vectors))]
    return replace(found, titles=tuple(titles))


def name_direction(item: Source, of: int, family: str, index: int, name: str) -> None:
    """Call a direction so, from now on; an empty name gives it its own back.

    Raises:
        CheckpointError, SavedAnewError: as :func:`directions`.
        ConfigError: it cannot be a name.
        OSError: no folder takes it.
    """
    from gan_core.latent import direction_files

    saved = _saved(item, of)
    direction_files.keep_name(saved.notes, _fingerprint(saved), f"{family}/{index}", name)


def families(opened: OpenedGenerator) -> dict[str, str]:
    """The families of directions that a generator has: their titles by name."""
    from gan_core.latent import directions as latent_directions

    readable = _reader(opened) is not None
    return {
        name: family.title
        for name, family in latent_directions.FAMILIES.items()
        if readable or not family.reads
    }


SPRITE_COLUMNS = 40
_MAP_SAMPLES, _MAP_PIXELS = 2000, 2**22


@dataclass(frozen=True)
class SampleMap:
    """Samples of a generator, N of them, laid out by how alike their pictures are."""

    z: np.ndarray  # (N, latent_dim)
    places: np.ndarray  # (N, 2), each axis from 0 to 1
    classes: np.ndarray  # (N,) told or read; -1 where the reader is not sure
    names: tuple[str, ...]  # of the classes that are read


def sample_map(item: Source, of: int, kind: str) -> SampleMap:
    """A map of that saved version, made once; `kind` as in :func:`gan_core.latent.maps.layout`.

    Raises:
        CheckpointError: it cannot be opened.
        ConfigError: another kind.
        SavedAnewError: that version is gone.
    """
    return _sample_map(_saved(item, of), kind)


def map_samples(item: Source, of: int) -> Samples:
    """The samples that its map shows, drawn once for each saved version.

    Raises:
        CheckpointError: it cannot be opened.
        SavedAnewError: that version is gone.
    """
    return _map_samples(_saved(item, of))


@lru_cache(maxsize=4)
def _map_samples(saved: _Saved) -> Samples:
    from gan_core.latent import directions as latent_directions

    opened = _opened(saved)
    _, height, width = opened.info.image_shape
    n = min(_MAP_SAMPLES, _MAP_PIXELS // (height * width))
    return latent_directions.samples(opened.generator, opened.config.noise, n)


@lru_cache(maxsize=8)
def _sample_map(saved: _Saved, kind: str) -> SampleMap:
    from gan_core.latent import maps
    from gan_core.latent.directions import named

    samples, read = _map_samples(saved), _reader(_opened(saved))
    places = maps.layout(samples.pictures, kind)
    if samples.labels is not None:
        return SampleMap(samples.z, places, samples.labels, ())
    if read is None:
        return SampleMap(samples.z, places, np.zeros(len(samples.z), int), ())
    probabilities = read(samples.pictures)
    names = tuple(str(k) for k in range(probabilities.shape[1]))
    return SampleMap(samples.z, places, named(probabilities), names)


@dataclass(frozen=True)
class Pictures:
    """Real pictures of a data set."""

    title: str
    split: str
    pictures: np.ndarray  # (N, H, W, C) uint8


def pictures_of(config: TrainConfig, image_shape: tuple[int, int, int]) -> Pictures:
    """Some pictures of the data set of a training, kept for tests where there are such.

    Raises:
        DataError: it is not on disk.
    """
    return _pictures_of(config.dataset, config.folder, image_shape)


@lru_cache(maxsize=4)
def _pictures_of(dataset: str, folder: str, image_shape: tuple[int, int, int]) -> Pictures:
    from gan_core.data.loading import dataset_spec, load

    channels, side, _ = image_shape
    spec = dataset_spec(dataset)
    split: Split = "train" if spec.read_test is None else "test"
    data = load(
        dataset,
        options().data_dir,
        image_size=side,
        channels=channels,
        folder=folder,
        split=split,
    )
    some = data.images[:: max(1, len(data) // _KEPT_PICTURES)]
    return Pictures(spec.title, split, some.permute(0, 2, 3, 1).contiguous().numpy())


@lru_cache(maxsize=1)
def classifier() -> Classifier | None:
    """The digit classifier that ships; None where it is damaged or missing."""
    from gan_core.quality.digit_classifier import open_classifier

    try:
        return open_classifier()
    except CheckpointError:
        return None


def _reader(opened: OpenedGenerator) -> Reader | None:
    """What tells a generator's pictures apart that is not told which class to draw."""
    from gan_core.quality.digit_classifier import reads

    if opened.generator.n_classes or not reads(opened.config.dataset):
        return None
    digits = classifier()
    return None if digits is None else digits.read


def snapshots() -> dict[str, Snapshot]:
    """The states of the job that runs, or of the last one that ran, by run."""
    job = trainings().job
    if job is None:
        return {}
    if not job.phase.active:
        job.wait(_LAST_WORDS)
    return {snapshot.run: snapshot for snapshot in job.snapshots}


def last_snapshot(item: Source) -> Snapshot | None:
    """The state of the job that trains it, or that trained it last; None for all others."""
    if item.kind != "runs" or not options().runs_dir.is_dir():
        return None
    return snapshots().get(item.name)


def snapshot(item: Source) -> Snapshot | None:
    """The state of the job that trains it now; once that has ended, its folder tells all."""
    last = last_snapshot(item)
    return last if last is not None and last.phase.active else None


def curves(item: Source) -> Curves:
    """Its history so far, from memory while it is being trained.

    Raises:
        CheckpointError: it is gone.
    """
    live = snapshot(item)
    if live is not None and live.curves is not None:
        return live.curves
    return _curves(item.folder, _written(item.folder.path / HISTORY))


def quality(item: Source) -> Curves:
    """What was measured of its samples while it trained, from memory while it does.

    Raises:
        CheckpointError: it is gone.
    """
    live = snapshot(item)
    if live is not None and live.quality is not None:
        return live.quality
    return _quality(item.folder, _written(item.folder.path / QUALITY))


def _written(path: Path) -> int:
    """When a file was last written, in nanoseconds; 0 where there is none."""
    return path.stat().st_mtime_ns if path.is_file() else 0


def _saved(item: Source, of: int | None) -> _Saved:
    return _Saved(item.folder.path, item.step, version(item) if of is None else of)


def _version(folder: RunFolder, step: int | None) -> int:
    try:
        return folder.generator_path(step).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=16)
def _opened(saved: _Saved) -> OpenedGenerator:
    return _open(saved)


def _open(saved: _Saved) -> OpenedGenerator:
    if saved.version != _version(RunFolder(saved.folder), saved.step):
        raise SavedAnewError("This run was saved anew; press 'Take the latest state'.")
    return open_folder(saved.folder, saved.step)


@lru_cache(maxsize=32)
def _directions(saved: _Saved, name: str) -> Directions:
    from gan_core.latent import direction_files
    from gan_core.latent import directions as latent_directions

    opened = _opened(saved)
    if name not in families(opened):
        raise ConfigError(f"{opened.name} has no directions {name!r}.")
    generator = opened.generator
    weights = _fingerprint(saved)
    kept = direction_files.load(saved.notes, weights, generator.latent_dim)
    if name not in kept:
        kind = opened.config.noise
        kept[name] = latent_directions.FAMILIES[name].find(generator, kind, _reader(opened))
        direction_files.save(saved.notes, weights, kept)
    return kept[name]


@lru_cache(maxsize=16)
def _fingerprint(saved: _Saved) -> str:
    from gan_core.latent import directions as latent_directions

    return latent_directions.fingerprint(_opened(saved).generator)


@lru_cache(maxsize=1024)
def _drawn(saved: _Saved, vector: bytes, label: int | None) -> np.ndarray:
    """One picture (H, W, C); its generator is not kept open, for there may be many."""
    z = np.frombuffer(vector, np.float32)[None].copy()
    labels = None if label is None else np.array([label])
    return urls.pictures(_open(saved).generator, z, labels)[0]


@lru_cache(maxsize=1024)
def _settings(folder: RunFolder, version: int) -> tuple[TrainConfig, RunInfo]:
    return folder.config(), folder.info()


@lru_cache(maxsize=32)
def _curves(folder: RunFolder, version: int) -> Curves:
    return folder.curves()


@lru_cache(maxsize=32)
def _quality(folder: RunFolder, version: int) -> Curves:
    return folder.quality()
