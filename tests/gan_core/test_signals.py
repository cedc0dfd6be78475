from __future__ import annotations

import os
import signal

import pytest

from gan_core.signals import KILL_AFTER, Wish, heed_signals

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals of Unix")


def test_the_exit_code_is_that_of_the_first_signal() -> None:
    wish = Wish()
    assert wish.exit_code == 130
    with heed_signals(wish.receive):
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
    assert (wish.count, wish.exit_code) == (2, 143)


def test_the_handlers_are_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGHUP)
    with heed_signals(Wish().receive):
        assert signal.getsignal(signal.SIGHUP) != before
    assert signal.getsignal(signal.SIGHUP) == before


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        wish = Wish()
        with heed_signals(wish.receive):
            os.kill(os.getpid(), signal.SIGHUP)
        assert wish.count == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_third_signal_kills_after_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setattr(signal, "raise_signal", killed.append)
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    wish = Wish()
    for _ in range(3):
        wish.receive(signal.SIGINT, None)
    assert killed == []
    wish.since -= KILL_AFTER + 1
    wish.receive(signal.SIGINT, None)
    assert killed == [signal.SIGINT]
