"""How often each of the tabs that watch looks."""

from __future__ import annotations

from pages.shared.server.viewers import LONGEST, Viewers


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_more_tabs_watch_the_longer_each_waits() -> None:
    viewers = Viewers(Clock())
    assert [viewers.look(f"tab {number}") for number in range(8)] == [1, 1, 1, 2, 2, 2, 3, 3]
    assert [viewers.look("tab 0") for _ in range(5)] == [3] * 5  # one that looks again is no more
    assert max(viewers.look(f"tab {number}") for number in range(100)) == LONGEST


def test_a_tab_that_was_closed_is_forgotten() -> None:
    clock = Clock()
    viewers = Viewers(clock)
    for number in range(8):
        viewers.look(f"tab {number}")
    clock.now += LONGEST
    assert viewers.look("tab 0") == 3  # the others may be waiting still
    clock.now += 3 * LONGEST
    assert viewers.look("tab 0") == 1
