"""Steps that can be captured: without a GPU, that they use the same memory at every turn; with one,
that captured steps train as the others do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from gan_core.config import TrainConfig
from gan_core.objectives.table import OBJECTIVES
from gan_core.training import trainer as trainer_module
from gan_core.training.cuda_graphs import WARM_UP
from gan_core.training.trainer import Trainer
from tests.gan_core.helpers import CPU, differences, tiny_config, tiny_data


class MemoryFromBefore(TorchDispatchMode):
    """Collects the addresses of what operations take in that none of them made."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.taken: set[int] = set()
        self._made: dict[int, Tensor] = {}  # kept, so that no address is used twice

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        for given in tree_leaves((args, kwargs)):
            if isinstance(given, Tensor) and given.data_ptr() not in self._made:
                self.taken.add(given.data_ptr())
        output = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(output):
            if isinstance(tensor, Tensor) and tensor.data_ptr() not in self.taken:
                self._made[tensor.data_ptr()] = tensor
        return output


class Watched:
    """Stands in for a capture: plays every turn, and keeps what memory each one took."""

    def __init__(self, play: Callable[[bool], list[str]], random: torch.Generator) -> None:
        self.play = play
        self.turns: list[set[int]] = []

    def __call__(self, key: bool) -> list[str]:
        with MemoryFromBefore() as watched:
            names = self.play(key)
        self.turns.append(watched.taken)
        return names

    def forget(self) -> None:
        self.turns = []


def not_capturable(
    optimizer: type[torch.optim.Optimizer],
) -> Callable[..., torch.optim.Optimizer]:
    """The optimizer without what only a GPU can do."""

    def make(*given: Any, capturable: bool, **settings: Any) -> torch.optim.Optimizer:
        return optimizer(*given, **settings)

    return make


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_captured_step_would_find_everything_where_it_was(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer_module, "GraphedTurns", Watched)
    monkeypatch.setattr(torch.optim, "Adam", not_capturable(torch.optim.Adam))
    config = tiny_config(objective=name, architecture="mlp", d_steps=2)
    tensor = Trainer(config, tiny_data(), CPU, graphed=True)
    for _ in range(WARM_UP + 3):
        tensor.step()
    turns = tensor._turn.turns  # type: ignore[attr-defined]
    assert turns[WARM_UP]
    assert turns[WARM_UP] == turns[WARM_UP + 1] == turns[WARM_UP + 2]


@pytest.mark.parametrize(
    "act",
    [
        lambda trainer: trainer.change(trainer.config.with_settings({"lr_g": 0.01, "d_steps": 3})),
        lambda trainer: trainer.turn("d"),
        lambda trainer: trainer.turn("g"),
    ],
)
def test_what_is_done_by_hand_is_followed_by_a_new_capture(
    act: Callable[[Trainer], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny_config(architecture="mlp", d_steps=2)
    plain = Trainer(config, tiny_data(), CPU)
    monkeypatch.setattr(trainer_module, "GraphedTurns", Watched)
    monkeypatch.setattr(torch.optim, "Adam", not_capturable(torch.optim.Adam))
    trainer = Trainer(config, tiny_data(), CPU, graphed=True)
    for one in (trainer, plain):
        for _ in range(2):
            one.step()
        act(one)
    captured = trainer._turn
    assert isinstance(captured, Watched)
    assert captured.turns == []
    for one in (trainer, plain):
        for _ in range(WARM_UP + 3):
            one.step()
    assert captured.turns[WARM_UP] == captured.turns[WARM_UP + 1] == captured.turns[WARM_UP + 2]
    assert differences(trainer.generator.state_dict(), plain.generator.state_dict()) == []


GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


@GPU
@pytest.mark.parametrize("name", OBJECTIVES)
def test_captured_steps_train_as_others_do(name: str) -> None:
    cuda = torch.device("cuda")
    config = tiny_config(objective=name, architecture="mlp", d_steps=2)
    plain, graphed = (
        Trainer(config, tiny_data(), cuda, graphed=graphed) for graphed in (False, True)
    )
    for _ in range(WARM_UP + 5):
        plain.step()
        graphed.step()
        losses, same = plain.scalars(), graphed.scalars()
        assert losses.keys() == same.keys()
        for part in losses:
            assert same[part] == pytest.approx(losses[part], rel=1e-3, abs=1e-5)


@GPU
def test_captured_steps_follow_a_schedule_as_others_do() -> None:
    way = (
        "lr_g cosine 0:0.01 end:0.0001; lr_d linear 0:0 10:0.01; ema_decay linear 0:0.5 end:0.9; "
        "clip steps 0:0.1 10:0.01; d_steps steps 0:1 15:2"
    )
    config = tiny_config(objective="wgan", architecture="mlp", schedule=way)
    assert differences(*_after(config.with_settings({"steps": 25}))) == []


@GPU
def test_captured_steps_of_rmsprop_follow_a_schedule_up_to_rounding() -> None:
    way = "lr_g cosine 0:0.01 end:0.0001; lr_d linear 0:0 10:0.01"
    config = tiny_config(
        objective="wgan", architecture="mlp", optimizer="rmsprop", schedule=way, steps=25
    )
    plain, graphed = _after(config)
    for name, weights in plain.items():
        assert torch.allclose(graphed[name], weights, rtol=1e-3, atol=1e-4)


@GPU
def test_captured_steps_see_what_is_done_by_hand() -> None:
    def by_hand(trainer: Trainer) -> None:
        trainer.turn("d")
        trainer.turn("g")
        trainer.change(trainer.config.with_settings({"lr_g": 0.01, "d_steps": 3}))

    assert differences(*_after(tiny_config(architecture="mlp", steps=12), by_hand)) == []


@GPU
def test_trainings_in_threads_of_their_own_are_captured_beside_each_other() -> None:
    config = tiny_config(architecture="mlp", steps=40)
    weights: list[dict[str, Any]] = []

    def train() -> None:
        with torch.cuda.stream(torch.cuda.Stream()):
            weights.append(_trained(config, graphed=True))

    threads = [threading.Thread(target=train) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(weights) == 3
    assert all(differences(weights[0], other) == [] for other in weights[1:])


def _after(
    config: TrainConfig, act: Callable[[Trainer], None] = lambda trainer: None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The weights after plain and after captured steps."""
    plain, graphed = (_trained(config, graphed=graphed, act=act) for graphed in (False, True))
    return plain, graphed


def _trained(
    config: TrainConfig,
    *,
    graphed: bool,
    act: Callable[[Trainer], None] = lambda trainer: None,
) -> dict[str, Any]:
    data = tiny_data()
    trainer = Trainer(config.with_steps(len(data)), data, torch.device("cuda"), graphed=graphed)
    for step in range(config.steps):
        if step == config.steps // 2:
            act(trainer)
        trainer.step()
    return trainer.generator.state_dict()
