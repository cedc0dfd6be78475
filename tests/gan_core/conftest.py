"""What the tests of the library share: few threads, and a data set that is tiny."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from gan_core.data.table import DATASETS
from tests.gan_core import helpers


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Tiny networks gain nothing from threads, and lose much on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def tiny_dataset(monkeypatch: pytest.MonkeyPatch) -> None:
    """A data set named 'tiny': 40 noise pictures of 8 x 8."""
    monkeypatch.setitem(DATASETS, "tiny", helpers.tiny_spec())
