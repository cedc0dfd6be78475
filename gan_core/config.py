"""TrainConfig: every setting of a training, validated, to and from JSON.

Standard library only, so that pages and the command line can describe and check settings without
loading torch. Names that are looked up in tables (data set, architecture, objective) are checked
by :func:`gan_core.catalog.check`, which knows the tables.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from gan_core.errors import ConfigError

MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Setting:
    """How one setting is explained, bounded and shown."""

    label: str
    help: str
    group: str
    minimum: float | None = None
    maximum: float | None = None
    open_maximum: bool = False  # the maximum itself is not allowed
    table: bool = False  # the value is the name of an entry in a table
    choices: tuple[str, ...] = ()  # the only texts allowed


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
        "", "Broken on purpose", "The mistake made on purpose, of gan_core/breakages.py; empty "
        "where none is.", "name",
    )  # fmt: skip
    dataset: str = _setting(
        "mnist", "Data set", "What the discriminator calls real.", "data", table=True
    )
    folder: str = _setting(
        "",
        "Picture folder",
        "For the data set 'folder': where the pictures are, relative to the data folder or "
        "absolute; empty is the data folder itself.",
        "data",
    )
    image_size: int = _setting(
        0, "Image size", "Side in pixels; 0 takes what the network asks for.", "data",
        minimum=0, maximum=128,
    )  # fmt: skip
    channels: int = _setting(
        0, "Channels", "1 is grey, 3 is colour; 0 takes the data set's own.", "data",
        minimum=0, maximum=3,
    )  # fmt: skip
    architecture: str = _setting(
        "mlp", "Network", "The pair of generator and discriminator.", "network", table=True
    )
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
    gradient_penalty: float = _setting(
        10.0, "Gradient penalty", "Weight of the penalty that holds the norm of the critic's "
        "gradient at 1 (lambda).", "objective", minimum=0.0, maximum=1000.0,
    )  # fmt: skip
    zero_penalty: float = _setting(
        1.0, "Zero-centred penalty", "Weight of the penalties on the squared gradient norm at real "
        "and at generated images (gamma).", "objective", minimum=0.0, maximum=1000.0,
    )  # fmt: skip
    clip: float = _setting(
        0.01, "Weight clip", "The critic's weights are held between minus this and this.",
        "objective", minimum=1e-6, maximum=100.0,
    )  # fmt: skip
    class_weight: float = _setting(
        1.0, "Class weight", "Weight of the auxiliary classifier's loss in both players' losses.",
        "objective", minimum=0.0, maximum=100.0,
    )  # fmt: skip
    margin: float = _setting(
        0.2, "Margin", "Energy above which generated images no longer teach the critic (m), in "
        "mean squared error a pixel.", "objective", minimum=0.0, maximum=4.0,
    )  # fmt: skip
    pull_away: float = _setting(
        0.1, "Pull-away weight", "Weight of the term that keeps the codes of generated images "
        "apart.", "objective", minimum=0.0, maximum=100.0,
    )  # fmt: skip
    diversity: float = _setting(
        0.5, "Diversity ratio", "The energy of generated images that the critic aims at, as a "
        "share of that of real ones (gamma): more is more varied and less sharp. The paper stays "
        "below 1; above it the critic minds generated images more and more.", "objective",
        minimum=0.0, maximum=2.0,
    )  # fmt: skip
    k_rate: float = _setting(
        0.001, "Balance rate", "Step size of the balance k (lambda_k).", "objective",
        minimum=0.0, maximum=1.0,
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
        for item in fields(self):
            object.__setattr__(self, item.name, _checked(item, getattr(self, item.name)))
        if self.batch_size_g == 1:
            raise ConfigError("batch_size_g is 1; it must be 2 or more, or 0 for the batch size.")
        if self.channels == 2:
            raise ConfigError("channels is 2; it must be 1 (grey), 3 (colour) or 0 (automatic).")
        if self.steps and self.epochs:
            raise ConfigError(
                f"steps is {self.steps} and epochs is {self.epochs}; give one of them and set "
                "the other to 0."
            )
        if not self.steps and not self.epochs:
            raise ConfigError("steps and epochs are both 0; give the length of the training.")

    def changed(self, changes: Mapping[str, Any]) -> TrainConfig:
        """This configuration with some settings changed.

        ``steps`` in the changes replaces a length in epochs, and the other way round.

        Raises:
            ConfigError: a key is unknown or a value is not allowed.
        """
        check_keys(changes)
        changes = dict(changes)
        if changes.get("steps") and "epochs" not in changes:
            changes["epochs"] = 0
        if changes.get("epochs") and "steps" not in changes:
            changes["steps"] = 0
        return dataclasses.replace(self, **changes)

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
        """The same settings with the length in steps, for a data set of so many images."""
        if self.steps:
            return self
        most = SETTINGS["steps"].maximum or math.inf
        if self.epochs * self.steps_per_epoch(images) > most:
            raise ConfigError(
                f"epochs is {self.epochs}; with {images:,} images in batches of {self.batch_size} "
                f"that is more than {most:,.0f} steps, the most that a run may have."
            )
        return dataclasses.replace(self, steps=self.epochs * self.steps_per_epoch(images), epochs=0)

    def to_dict(self) -> dict[str, Any]:
        """The settings by name, ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainConfig:
        """Settings from a mapping; those left out take their defaults.

        Raises:
            ConfigError: a key is unknown or a value is not allowed.
        """
        check_keys(values)
        return cls(**values)


SETTINGS: dict[str, Setting] = {item.name: item.metadata["setting"] for item in fields(TrainConfig)}

# What may differ between a saved run and its continuation: none of these reach the weights.
CHANGEABLE_ON_RESUME = frozenset(
    {"steps", "epochs", "log_every", "sample_every", "measure_every", "save_every", "keep_states"}
)


def check_keys(values: Iterable[str]) -> None:
    """Refuse names that are no setting.

    Raises:
        ConfigError: naming the first unknown key and all known ones.
    """
    for key in values:
        if key not in SETTINGS:
            raise ConfigError(f"{key!r} is not a setting; the settings are {', '.join(SETTINGS)}.")


def parse_assignments(assignments: Iterable[str]) -> dict[str, Any]:
    """Settings from ``key=value`` words, each value read in the type of its setting.

    Raises:
        ConfigError: a word has no '=', an unknown key, or a value of another type.
    """
    types = {item.name: item.type for item in fields(TrainConfig)}
    values: dict[str, Any] = {}
    for word in assignments:
        key, equals, text = word.partition("=")
        if not equals:
            raise ConfigError(f"{word!r} is not of the form key=value.")
        check_keys([key])
        values[key] = _parsed(key, text.strip(), str(types[key]))
    return values


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


def _parsed(key: str, text: str, kind: str) -> Any:
    try:
        if kind == "int":
            return int(text)
        if kind == "float":
            return float(text)
    except ValueError:
        expected = "a whole number" if kind == "int" else "a number"
        raise ConfigError(f"{key} is {text!r}; it must be {expected}{_range(key)}.") from None
    return text


def _checked(item: dataclasses.Field[Any], value: Any) -> Any:
    setting: Setting = item.metadata["setting"]
    kind = str(item.type)
    if kind == "str":
        if not isinstance(value, str):
            raise ConfigError(f"{item.name} is {value!r}; it must be text.")
        if setting.choices and value not in setting.choices:
            raise ConfigError(
                f"{item.name} is {value!r}; choose one of {', '.join(setting.choices)}."
            )
        return value
    wanted = (int,) if kind == "int" else (int, float)
    unfit = isinstance(value, bool) or not isinstance(value, wanted)
    if unfit or (isinstance(value, float) and not math.isfinite(value)):
        expected = "a whole number" if kind == "int" else "a number"
        raise ConfigError(f"{item.name} is {value!r}; it must be {expected}{_range(item.name)}.")
    too_small = setting.minimum is not None and value < setting.minimum
    too_large = setting.maximum is not None and (
        value >= setting.maximum if setting.open_maximum else value > setting.maximum
    )
    if too_small or too_large:
        raise ConfigError(f"{item.name} is {value}; it must be a number{_range(item.name)}.")
    return value if kind == "int" else float(value)


def _range(key: str) -> str:
    setting = SETTINGS[key]
    if setting.minimum is None or setting.maximum is None:
        return ""
    below = "below " if setting.open_maximum else ""
    return f" from {setting.minimum:g} to {below}{setting.maximum:,.10g}"
