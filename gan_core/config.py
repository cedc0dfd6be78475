"""TrainConfig: every setting of a training, validated, to and from JSON.

Standard library only, so that pages and the command line can describe and check settings without
loading torch. Names that are looked up in tables (data set, architecture, objective) and the
settings that an objective has of its own are checked by :func:`gan_core.catalog.check`, which knows
the tables.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from gan_core import schedules
from gan_core.errors import ConfigError

MAX_SEED = 2**31 - 1
MAX_IMAGE_SIZE = 128  # side in pixels
MIN_POINTS, MAX_POINTS = 100, 100_000  # of the plane, where their number is chosen
MIN_DEVIATION = 0.005  # below it the 256 levels of a side are coarser than the noise
AUGMENTATIONS = ("colour", "translation", "cutout")  # in the order in which they are made


@dataclass(frozen=True)
class Setting:
    """How one setting is explained, bounded and shown."""

    label: str
    help: str
    group: str = "objective"
    minimum: float | None = None
    maximum: float | None = None
    open_maximum: bool = False  # the maximum itself is not allowed
    table: bool = False  # the value is the name of an entry in a table
    choices: tuple[str, ...] = ()  # the only texts allowed

    @property
    def range_words(self) -> str:
        """What is allowed, as the end of a sentence; empty where there are no bounds."""
        if self.minimum is None or self.maximum is None:
            return ""
        below = "below " if self.open_maximum else ""
        return f" from {self.minimum:g} to {below}{self.maximum:,.10g}"

    def check_text(self, name: str, value: Any) -> None:
        """Refuse what is no text, or none of the choices.

        Raises:
            ConfigError: naming the setting and what is allowed.
        """
        if not isinstance(value, str):
            raise ConfigError(f"{name} is {value!r}; it must be text.")
        if self.choices and value not in self.choices:
            raise ConfigError(f"{name} is {value!r}; choose one of {', '.join(self.choices)}.")

    def check_number(self, name: str, value: Any, *, whole: bool = False) -> None:
        """Refuse what is no finite number, or lies outside the bounds.

        Raises:
            ConfigError: naming the setting and what is allowed.
        """
        unfit = isinstance(value, bool) or not isinstance(value, int if whole else int | float)
        if unfit or not _is_finite(value):
            number = "a whole number" if whole else "a number"
            raise ConfigError(f"{name} is {value!r}; it must be {number}{self.range_words}.")
        too_small = self.minimum is not None and value < self.minimum
        too_large = self.maximum is not None and (
            value >= self.maximum if self.open_maximum else value > self.maximum
        )
        if too_small or too_large:
            raise ConfigError(f"{name} is {value}; it must be a number{self.range_words}.")


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


class Numbers(Mapping[str, float]):
    """Finite numbers by name that cannot be changed, and so can be hashed.

    Raises:
        ConfigError: a value is no finite number.
    """

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._values: dict[str, float] = {}
        for name, value in (values or {}).items():
            ANY_NUMBER.check_number(name, value)
            self._values[name] = float(value)

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return f"Numbers({self._values})"


# What is asked of a number as long as nobody knows whose setting it is.
ANY_NUMBER = Setting("", "")


def _setting(default: Any, label: str, help: str, group: str, **limits: Any) -> Any:
    return field(default=default, metadata={"setting": Setting(label, help, group, **limits)})


@dataclass(frozen=True)
class TrainConfig:
    """All settings of one training run.

    Steps are generator updates. Exactly one of ``steps`` and ``epochs`` is positive: a length
    given in epochs becomes steps once the size of the data set is known (:meth:`with_steps`).

    Raises:
        ConfigError: a value has the wrong type or lies outside its range.
    """

    preset: str = _setting("", "Recipe", "The recipe these settings started from.", "name")
    breakage: str = _setting(
        "", "Broken on purpose", "The mistake made on purpose, as Learn and Compare name it; empty "
        "where none is.", "name",
    )  # fmt: skip
    dataset: str = _setting(
        "mnist", "Data set", "What the discriminator calls real.", "data", table=True
    )
    folder: str = _setting(
        "",
        "Folder or file",
        "For the data set 'folder': where the pictures are, relative to the data folder or "
        "absolute; empty is the data folder itself. For 'points' and 'drawing': the file.",
        "data",
    )
    image_size: int = _setting(
        0, "Image size", "Side in pixels; 0 takes what the network asks for.", "data",
        minimum=0, maximum=MAX_IMAGE_SIZE,
    )  # fmt: skip
    channels: int = _setting(
        0, "Channels", "1 is grey, 3 is colour; 0 takes the data set's own.", "data",
        minimum=0, maximum=3,
    )  # fmt: skip
    points: int = _setting(
        0, "Number of points", "For points of the plane: how many real ones there are; 0 takes the "
        "data set's own number.", "data", minimum=0, maximum=MAX_POINTS,
    )  # fmt: skip
    deviation: float = _setting(
        0.0, "Noise of the points", "For points of the plane, which reaches from -1 to 1: the "
        "deviation around where they would lie without noise; 0 takes the data set's own.", "data",
        minimum=0.0, maximum=0.3,
    )  # fmt: skip
    architecture: str = _setting(
        "mlp", "Network", "The pair of generator and discriminator.", "network", table=True
    )
    depth: int = _setting(
        0, "Hidden layers", "For the network 'points': in each of the two; 0 takes its own two.",
        "network", minimum=0, maximum=8,
    )  # fmt: skip
    width: int = _setting(
        0, "Width", "For the network 'points': units of a hidden layer; 0 takes its own 64.",
        "network", minimum=0, maximum=1024,
    )  # fmt: skip
    latent_dim: int = _setting(
        100, "Latent size", "Numbers in the generator's input z.", "network",
        minimum=1, maximum=1024,
    )  # fmt: skip
    noise: str = _setting(
        "normal", "Noise", "What z is drawn from: standard normal, or uniform from -1 to 1.",
        "network", choices=("normal", "uniform"),
    )  # fmt: skip
    objective: str = _setting(
        "gan", "Objective", "The losses of the two players.", "network", table=True
    )
    # The objective's own settings, by the names of its constructor's arguments; those left out take
    # its defaults. In files and among changes they stand beside all others, by their names.
    objective_settings: Mapping[str, float] = Numbers()
    augment: str = _setting(
        "", "Augmentation (DiffAugment)", "How what the discriminator is shown is changed at "
        "random, for few pictures: any of colour, translation and cutout, with commas between; "
        "empty is none.", "data",
    )  # fmt: skip
    optimizer: str = _setting(
        "adam", "Optimizer", "How gradients become steps, for both players.", "optimizer",
        choices=("adam", "rmsprop"),
    )  # fmt: skip
    batch_size: int = _setting(
        64, "Batch size", "Real images (and as many generated ones) in a discriminator step.",
        "optimizer", minimum=2, maximum=4096,
    )  # fmt: skip
    batch_size_g: int = _setting(
        0, "Generator batch size", "Images in a generator step; 0 takes the batch size.",
        "optimizer", minimum=0, maximum=4096,
    )  # fmt: skip
    lr_g: float = _setting(
        2e-4, "Generator learning rate", "The optimizer's step size for the generator.",
        "optimizer", minimum=0.0, maximum=1.0,
    )  # fmt: skip
    lr_d: float = _setting(
        2e-4, "Discriminator learning rate", "The optimizer's step size for the discriminator.",
        "optimizer", minimum=0.0, maximum=1.0,
    )  # fmt: skip
    beta1: float = _setting(
        0.5, "Adam beta1", "Decay of the running mean of gradients.", "optimizer",
        minimum=0.0, maximum=1.0, open_maximum=True,
    )  # fmt: skip
    beta2: float = _setting(
        0.999, "Adam beta2", "Decay of the running mean of squared gradients.", "optimizer",
        minimum=0.0, maximum=1.0, open_maximum=True,
    )  # fmt: skip
    d_steps: int = _setting(
        1, "Discriminator steps", "Discriminator updates in each round of the game.",
        "optimizer", minimum=1, maximum=100,
    )  # fmt: skip
    g_steps: int = _setting(
        1, "Generator steps", "Generator updates in each round of the game.", "optimizer",
        minimum=1, maximum=100,
    )  # fmt: skip
    ema_decay: float = _setting(
        0.999, "Generator average (EMA)",
        "Decay of the moving average of generator weights that pictures are drawn from; 0 is off.",
        "optimizer", minimum=0.0, maximum=1.0, open_maximum=True,
    )  # fmt: skip
    schedule: str = _setting(
        "", "Schedule", "Settings that follow the step, each as a name, 'linear', 'cosine' or "
        "'steps', and points of a step and a value: 'lr_g cosine 0:0.001 end:2e-05; lr_d linear "
        "0:0 500:0.001'. A step may be a share of the length, such as 50%; empty is none.",
        "optimizer",
    )  # fmt: skip
    seed: int = _setting(
        0, "Seed", "The same seed gives the same weights on the same machine.", "length",
        minimum=0, maximum=MAX_SEED,
    )  # fmt: skip
    steps: int = _setting(
        0, "Steps", "Length in generator updates; 0 where epochs are given.", "length",
        minimum=0, maximum=10_000_000,
    )  # fmt: skip
    epochs: int = _setting(
        0, "Epochs", "Length in passes over the data set; 0 where steps are given.", "length",
        minimum=0, maximum=10_000,
    )  # fmt: skip
    log_every: int = _setting(
        50, "Log every", "Steps between two points of the curves.", "record",
        minimum=1, maximum=1_000_000,
    )  # fmt: skip
    sample_every: int = _setting(
        100, "Draw every", "Steps between two grids of samples.", "record",
        minimum=1, maximum=1_000_000,
    )  # fmt: skip
    measure_every: int = _setting(
        200, "Measure every", "Steps between two measurements of the pictures' quality; 0 measures "
        "none. Where that would take more than 5% of the training time, some are left out.",
        "record", minimum=0, maximum=1_000_000,
    )  # fmt: skip
    save_every: int = _setting(
        500, "Save every", "Steps between two saved states.", "record",
        minimum=1, maximum=1_000_000,
    )  # fmt: skip
    keep_states: int = _setting(
        12, "Keep states", "Saved states kept beside the latest, spread over the training: the run "
        "can be forked at each. They take the most room of a run; 0 keeps the latest only.",
        "record", minimum=0, maximum=1000,
    )  # fmt: skip

    def __post_init__(self) -> None:
        for name, setting in SETTINGS.items():
            value = getattr(self, name)
            if SETTING_TYPES[name] == "str":
                setting.check_text(name, value)
                continue
            setting.check_number(name, value, whole=SETTING_TYPES[name] == "int")
            if SETTING_TYPES[name] == "float":
                object.__setattr__(self, name, float(value))
        object.__setattr__(self, "objective_settings", Numbers(self.objective_settings))
        object.__setattr__(self, "schedule", schedules.text_of(schedules.parse(self.schedule)))
        object.__setattr__(self, "augment", _augmentations(self.augment))
        if self.batch_size_g == 1:
            raise ConfigError("batch_size_g is 1; it must be 2 or more, or 0 for the batch size.")
        if self.channels == 2:
            raise ConfigError("channels is 2; it must be 1 (grey), 3 (colour) or 0 (automatic).")
        if 0 < self.points < MIN_POINTS:
            raise ConfigError(
                f"points is {self.points}; it must be {MIN_POINTS} or more, or 0 for the data "
                "set's own number."
            )
        if 0 < self.deviation < MIN_DEVIATION:
            raise ConfigError(
                f"deviation is {self.deviation:g}; it must be {MIN_DEVIATION:g} or more, or 0 for "
                "the data set's own."
            )
        if self.steps and self.epochs:
            raise ConfigError(
                f"steps is {self.steps} and epochs is {self.epochs}; give one of them and set "
                "the other to 0."
            )
        if not self.steps and not self.epochs:
            raise ConfigError("steps and epochs are both 0; give the length of the training.")

    def with_settings(self, changes: Mapping[str, Any]) -> TrainConfig:
        """This configuration with some settings changed.

        ``steps`` in the changes replaces a length in epochs, and the other way round. A name that
        is no field is taken for a setting of the objective's own.

        Raises:
            ConfigError: a value is not allowed.
        """
        values, own = _apart(changes)
        if values.get("steps") and "epochs" not in values:
            values["epochs"] = 0
        if values.get("epochs") and "steps" not in values:
            values["steps"] = 0
        own = {**self.objective_settings, **own}
        return dataclasses.replace(self, objective_settings=own, **values)

    def steps_per_epoch(self, images: int) -> int:
        """Generator updates in one pass over a data set of so many images."""
        batches = images // self.batch_size
        return max(1, batches * self.g_steps // self.d_steps)

    def batches_at(self, step: int) -> int:
        """Batches of real images that the discriminator was shown by that step: each round of
        ``g_steps`` generator updates begins with ``d_steps`` discriminator updates."""
        return math.ceil(step / self.g_steps) * self.d_steps

    def images_at(self, step: int) -> int:
        """Real images that the discriminator was shown by that step."""
        return self.batches_at(step) * self.batch_size

    def with_steps(self, images: int) -> TrainConfig:
        """The same settings in steps, for a data set of so many images: the length, and where the
        points of the schedule lie.

        Raises:
            ConfigError: that is too long, or too short for the schedule.
        """
        steps = self.steps or self.epochs * self.steps_per_epoch(images)
        most = SETTINGS["steps"].maximum or math.inf
        if steps > most:
            raise ConfigError(
                f"epochs is {self.epochs}; with {images:,} images in batches of {self.batch_size} "
                f"that is more than {most:,.0f} steps, the most that a run may have."
            )
        schedule = schedules.resolve(self.schedule, steps)
        return dataclasses.replace(self, steps=steps, epochs=0, schedule=schedule)

    def scheduled(self, step: int) -> dict[str, float]:
        """What the schedule makes of its settings at a step; empty where there is none.

        Of settings in steps: see :meth:`with_steps`.
        """
        own = self.objective_settings
        values: dict[str, float] = {}
        for schedule in schedules.parse(self.schedule):
            name = schedule.name
            begins = own[name] if name in own else getattr(self, name, schedule.points[0][1])
            if name in SMOOTH:
                values[name] = schedules.single(schedule.value(step, begins))
                continue
            value = schedule.value(schedule.in_stairs(step), begins)
            values[name] = round(value) if SETTING_TYPES.get(name) == "int" else value
        return values

    def without_schedule(self, *names: str) -> TrainConfig:
        """The same settings with these held where they are."""
        return dataclasses.replace(self, schedule=schedules.without(self.schedule, names))

    def to_dict(self) -> dict[str, Any]:
        """The settings by name, the objective's own among them, ready for JSON."""
        values: dict[str, Any] = {}
        for entry in fields(self):
            value = getattr(self, entry.name)
            values |= value if entry.name == "objective_settings" else {entry.name: value}
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainConfig:
        """Settings from a mapping as :meth:`to_dict` gives it; those left out take their defaults.

        Raises:
            ConfigError: a value is not allowed.
        """
        values, own = _apart(values)
        return cls(objective_settings=own, **values)


# The settings that every training has, whatever its objective.
SETTINGS: dict[str, Setting] = {
    entry.name: entry.metadata["setting"]
    for entry in fields(TrainConfig)
    if entry.name != "objective_settings"
}
SETTING_TYPES = {entry.name: str(entry.type) for entry in fields(TrainConfig)}

# What cannot differ between a run and a fork of it, each with the reason.
_DATA = "a fork goes on with the same real images"
_SHAPES = "the networks of the saved state have the shapes that it gave them"
FIXED_IN_FORK: dict[str, str] = {
    "preset": "it is only a name",
    "breakage": "a mistake made on purpose belongs to a training from its first step",
    "dataset": _DATA,
    "points": _DATA,
    "deviation": _DATA,
    "image_size": _SHAPES,
    "channels": _SHAPES,
    "architecture": _SHAPES,
    "depth": _SHAPES,
    "width": _SHAPES,
    "latent_dim": _SHAPES,
    "noise": "a fork goes on with the same noise",
    "seed": "a fork goes on with the same noise and the same order of real images",
    "optimizer": "what the optimizer remembers of past gradients serves no other kind of optimizer",
    "batch_size": "the place in the order of the real images is counted in batches of it",
}

# What may change while a training runs, by hand or by schedule, beside the objective's own
# settings.
CHANGEABLE_WHILE_TRAINING = ("lr_g", "lr_d", "beta1", "beta2", "d_steps", "g_steps", "ema_decay")
SMOOTH = ("lr_g", "lr_d", "ema_decay")  # of these, what a schedule may change at every step

# What may differ between a saved run and its continuation: none of these reach the weights. A
# folder of pictures may have moved; whether it holds the same ones, their fingerprint tells.
CHANGEABLE_ON_RESUME = frozenset(
    {
        "folder", "steps", "epochs", "log_every", "sample_every", "measure_every", "save_every",
        "keep_states",
    }
)  # fmt: skip


def _apart(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings that every training has, and the others, which are an objective's own."""
    return (
        {name: value for name, value in values.items() if name in SETTINGS},
        {name: value for name, value in values.items() if name not in SETTINGS},
    )


def _augmentations(text: str) -> str:
    """Names of augmentations in their order, with commas between.

    Raises:
        ConfigError: one is none.
    """
    names = text.replace(",", " ").split()
    for name in names:
        if name not in AUGMENTATIONS:
            raise ConfigError(
                f"augment is {text!r}; give any of {', '.join(AUGMENTATIONS)}, or nothing."
            )
    return ", ".join(name for name in AUGMENTATIONS if name in names)


def parse_seeds(text: str, least: int = 1) -> list[int]:
    """Seeds typed as whole numbers with commas or spaces between them.

    Raises:
        ConfigError: fewer than ``least``, or something else among them.
    """
    words = text.replace(",", " ").split()
    # The length is looked at first: to read a number of thousands of digits is an error of its own.
    seeds = [int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 20]
    if len(seeds) < max(least, len(words)) or max(seeds) > MAX_SEED:
        many = {1: "", 2: "two or more "}.get(least, f"{least} or more ")
        raise ConfigError(
            f"seeds is {text!r}; give {many}whole numbers from 0 to {MAX_SEED:,} with commas "
            "between them, such as 1, 2, 3."
        )
    return seeds
