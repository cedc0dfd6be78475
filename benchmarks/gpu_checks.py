"""Whether a GPU trains as a CPU does, captured steps as plain ones, and each twice alike.

Every objective trains the light network on the bundled digits in small batches. Noise, labels and
masks are drawn on the CPU and copied, where two devices are compared: each kind of device has
random numbers of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from gan_core.config import TrainConfig
from gan_core.data.dataset import ImageData
from gan_core.training.trainer import Trainer

STEPS = 50
BATCH = 8
FEW = 5  # steps before and after a resume
Losses = list[dict[str, float]]  # one entry a step


def config_of(objective: str) -> TrainConfig:
    """Settings with which 50 steps of that objective take a second or two on a CPU."""
    return TrainConfig.from_dict(
        {
            "dataset": "digits",
            "architecture": "dcgan-28",
            "objective": objective,
            "latent_dim": 64,
            "batch_size": BATCH,
            "steps": STEPS,
        }
    )


class DrawnOnHost(TorchFunctionMode):
    """Draws everything that a generator of random numbers is named for from one on the CPU."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = torch.Generator().manual_seed(seed)

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if kwargs.get("generator") is None:
            return func(*args, **kwargs)
        kwargs["generator"] = self._random
        if args and isinstance(args[0], torch.Tensor):  # in place, as bernoulli_ is
            return args[0].copy_(func(torch.empty_like(args[0], device="cpu"), *args[1:], **kwargs))
        device = kwargs.pop("device", "cpu")
        return func(*args, **kwargs).to(device)


@contextmanager
def precision(dtype: torch.dtype = torch.float32, *, tf32: bool = False) -> Iterator[None]:
    """Within: that default type, and products and convolutions in TF32 or in full precision."""
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = torch.get_default_dtype(), matmul.allow_tf32, cudnn.allow_tf32
    torch.set_default_dtype(dtype)
    matmul.allow_tf32 = cudnn.allow_tf32 = tf32
    try:
        yield
    finally:
        dtype, matmul.allow_tf32, cudnn.allow_tf32 = before
        torch.set_default_dtype(dtype)


@contextmanager
def deterministic(on: bool = True) -> Iterator[None]:
    """Within: convolutions by kernels that add in the same order each time, or by any."""
    before = torch.backends.cudnn.deterministic
    torch.backends.cudnn.deterministic = on
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic = before


def train(trainer: Trainer, steps: int) -> Losses:
    """So many steps, and the scalars of each."""
    losses = []
    for _ in range(steps):
        trainer.step()
        losses.append(trainer.scalars())
    return losses


def difference(these: Losses, those: Losses) -> float:
    """The largest of two trainings, relative where a loss exceeds 1."""
    return max(
        abs(these[step][name] - value) / max(1.0, abs(value))
        for step, row in enumerate(those)
        for name, value in row.items()
    )


def same_weights(a: Trainer, b: Trainer) -> bool:
    """Whether both have the same weights, bit by bit."""
    return all(
        torch.equal(tensor, other.state_dict()[name])
        for network, other in ((a.generator, b.generator), (a.critic, b.critic))
        for name, tensor in network.state_dict().items()
    )


@dataclass(frozen=True)
class Checks:
    """What was found for one objective. Differences are of losses, over :data:`STEPS` steps."""

    objective: str
    double: float  # GPU against CPU
    single: float  # the same in single precision, in which a GAN is soon another training
    first: float  # of single precision, over the first steps alone
    tf32: float  # as torch comes against full single precision, both on the GPU, first steps
    bf16: float  # the same for mixed precision
    captured: float  # captured steps against plain ones
    captured_equal: bool  # whether their weights are equal, bit by bit
    repeats_freely: bool  # two plain trainings with whatever kernels torch picks are equal
    repeats: bool  # the same with kernels that always add in the same order, as all others here
    captured_repeats: bool
    resumes: bool  # saved and gone on with is as never stopped, bit by bit
    captured_resumes: bool

    @property
    def holds(self) -> bool:
        """Whether captured steps may stand in for plain ones on this GPU."""
        exact = self.captured_repeats and self.captured_resumes
        return exact and self.double < 1e-6 and self.captured < 1e-3


def check(objective: str, data: ImageData, gpu: torch.device) -> Checks:
    """Train it in all these ways."""
    config = config_of(objective)
    freely = [Trainer(config, data, gpu) for _ in range(2)]
    for trainer in freely:
        train(trainer, STEPS)
    with deterministic():
        return _check(config, data, gpu, same_weights(*freely))


def _check(config: TrainConfig, data: ImageData, gpu: torch.device, repeats_freely: bool) -> Checks:

    def make(device: torch.device = gpu, **ways: Any) -> Trainer:
        return Trainer(config, data, device, **ways)

    def on_both(steps: int = STEPS) -> tuple[Losses, Losses]:
        both = []
        for device in (torch.device("cpu"), gpu):
            with DrawnOnHost(config.seed):
                both.append(train(make(device), steps))
        return both[0], both[1]

    with precision(torch.float64):
        double = difference(*on_both())
    with precision():
        cpu, single = on_both()
        exact = train(make(), FEW)
    with precision(tf32=True):
        tf32 = difference(train(make(), FEW), exact)
    bf16 = difference(train(make(mixed=True), FEW), exact)
    plain, again, captured, recaptured = make(), make(), make(graphed=True), make(graphed=True)
    losses = [train(trainer, STEPS) for trainer in (plain, again, captured, recaptured)]
    return Checks(
        objective=config.objective,
        double=double,
        single=difference(single, cpu),
        first=difference(single[:FEW], cpu[:FEW]),
        tf32=tf32,
        bf16=bf16,
        captured=difference(losses[2], losses[0]),
        captured_equal=same_weights(captured, plain),
        repeats_freely=repeats_freely,
        repeats=same_weights(plain, again),
        captured_repeats=same_weights(captured, recaptured),
        resumes=resumes_exactly(make),
        captured_resumes=resumes_exactly(lambda: make(graphed=True)),
    )


def resumes_exactly(make: Callable[[], Trainer]) -> bool:
    """Whether some steps, a state, and as many steps from it are as all of them at once; with
    captured steps both before and after it."""
    whole, first, second = make(), make(), make()
    train(whole, 2 * FEW)
    train(first, FEW)
    second.load_state_dict(first.state_dict())
    train(second, FEW)
    return same_weights(whole, second)
