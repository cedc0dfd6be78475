from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from types import FrameType

import pytest

from pages.shared.server.ending import saving_first

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals of Unix")
PATIENCE = 10.0  # seconds

Signals = list[int]


@pytest.fixture
def server() -> Iterator[Signals]:
    """The signals that a server's own handlers, put there for the test, were given."""
    heard: Signals = []

    def hear(number: int, frame: FrameType | None) -> None:
        heard.append(number)

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    yield heard
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


async def wait_for(event: Event) -> None:
    assert await asyncio.to_thread(event.wait, PATIENCE)
    await asyncio.sleep(0.05)  # the loop hears of it in its own time


@pytest.mark.parametrize(
    ("first", "passed_on"),
    [
        (signal.SIGINT, signal.SIGINT),
        (signal.SIGTERM, signal.SIGTERM),
        (signal.SIGHUP, signal.SIGTERM),  # which servers know nothing of
    ],
)
def test_a_server_hears_of_a_second_signal_once_all_is_saved(
    server: Signals, first: int, passed_on: int
) -> None:
    begun, may_end, ended = Event(), Event(), Event()

    def save() -> None:
        begun.set()
        may_end.wait(PATIENCE)
        ended.set()

    async def life() -> None:
        with saving_first(save):
            send(first)
            await wait_for(begun)
            send(signal.SIGINT)
            assert server == [passed_on]
            may_end.set()
            await wait_for(ended)
            assert server == [passed_on, signal.SIGINT]
            send(signal.SIGINT)

    asyncio.run(life())
    assert server == [passed_on, signal.SIGINT, signal.SIGINT]


def test_a_second_signal_of_the_same_moment_waits_too(server: Signals) -> None:
    saved: list[bool] = []

    def save() -> None:
        assert server == [signal.SIGINT]
        saved.append(True)

    async def life() -> None:
        with saving_first(save):
            send(signal.SIGINT)
            send(signal.SIGINT)  # before the loop had a turn to begin saving
            await asyncio.sleep(0.2)

    asyncio.run(life())
    assert (server, saved) == ([signal.SIGINT, signal.SIGINT], [True])


def test_a_server_in_another_thread_is_left_as_it_is(server: Signals) -> None:
    async def life() -> object:
        with saving_first(lambda: None):
            return signal.getsignal(signal.SIGTERM)

    handler = signal.getsignal(signal.SIGTERM)
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(lambda: asyncio.run(life())).result(PATIENCE) == handler
