"""Small networks are trained on one thread, and nothing else is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from gan_core.training.threads import is_small, on_one_thread
from gan_core.training.trainer import Trainer
from tests.gan_core.helpers import finish, start


def threads_of_another() -> int:
    """How many a thread that begins now computes on."""
    counts: list[int] = []
    other = threading.Thread(target=lambda: counts.append(torch.get_num_threads()))
    other.start()
    other.join()
    return counts[0]


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_one_thread_for_the_caller_alone() -> None:
    with pytest.raises(ZeroDivisionError), on_one_thread():
        assert torch.get_num_threads() == 1
        assert threads_of_another() == 2
        raise ZeroDivisionError
    assert torch.get_num_threads() == 2


def test_within_one_thread_nothing_is_done_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    with on_one_thread():
        with monkeypatch.context() as patch:
            patch.delattr(torch, "set_num_threads")
            with on_one_thread():
                assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1


def test_small_is_weights_times_images() -> None:
    network = nn.Linear(64, 64, bias=False)  # 4,096 weights
    assert is_small(network, 1024)
    assert not is_small(network, 1025)


@pytest.mark.parametrize(("batch", "expected"), [(8, 1), (2048, 2)])
def test_a_session_computes_small_networks_on_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int, expected: int
) -> None:
    counts: set[int] = set()
    step = Trainer.step

    def counting(trainer: Trainer) -> None:
        counts.add(torch.get_num_threads())
        step(trainer)

    monkeypatch.setattr(Trainer, "step", counting)
    session = start(tmp_path / "run", batch_size=batch, steps=2)
    finish(session)
    assert counts == {expected}
    assert torch.get_num_threads() == 2
