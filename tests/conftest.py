"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from gan_core.data.dataset import Request, Rows
from gan_core.data.table import DATASETS

# Tests train tiny networks, where a second thread waits more than it works. Read when torch is
# first imported, and passed on to the programs that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")


# Files of minutes, of which one begun at the end would leave the other workers idle.
_LONG = ("e2e", "test_package.py", "test_notebook.py", "test_onnx.py", "training", "cli")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, those with a browser before all others."""

    def place(test: pytest.Item) -> int:
        return min((n for n, name in enumerate(_LONG) if name in test.path.parts), default=99)

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Files are not forced to the disk: only a power cut would tell, and each takes 4 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _digits_are_read_once() -> Iterator[None]:
    """Each training on the bundled digits would read them anew: 0.1 s, for the same images."""
    digits = DATASETS["digits"]
    read = cache(lambda: digits.read(Request(Path("no data folder"))))

    def read_again(request: Request) -> Rows:
        rows = read()
        return rows._replace(images=rows.images.clone(), labels=rows.labels.clone())

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS, "digits", replace(digits, read=read_again))
        yield
