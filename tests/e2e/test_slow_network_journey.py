"""A visitor whose network is slow leaves a page before its answers have come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.tables import select_first_row
from tests.tiny import train

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, WebSocketRoute

    from gan_core.runs.store import RunStore

SLOW = 3_500  # milliseconds; Home asks again every second while the server gets ready
PATIENCE = 90_000


class SlowNetwork:
    """What the server says to a page, which can be held back for a while."""

    def __init__(self, page: Page) -> None:
        self.slow = False
        self.held: list[str | bytes] = []
        page.route_web_socket("**/_stcore/stream", self._connect)

    def _connect(self, browser: WebSocketRoute) -> None:
        self._browser = browser
        server = browser.connect_to_server()
        server.on_message(self._pass_on)
        browser.on_message(server.send)

    def _pass_on(self, message: str | bytes) -> None:
        if self.slow:
            self.held.append(message)
        else:
            self._browser.send(message)

    def recover(self) -> None:
        self.slow = False
        while self.held:
            self._browser.send(self.held.pop(0))


def test_home_is_left_while_the_server_gets_ready(page: Page, cold_url: str) -> None:
    network = SlowNetwork(page)
    page.goto(cold_url)
    way = page.get_by_role("link", name="Train a GAN")
    way.wait_for(timeout=PATIENCE)
    network.slow = True
    way.click()
    page.wait_for_timeout(SLOW)
    assert network.held
    network.recover()
    page.get_by_role("button", name="Start training").wait_for(timeout=PATIENCE)
    page.wait_for_timeout(SLOW)
    assert page.get_by_role("button", name="Start training").is_visible()


def test_a_resumed_run_is_shown_though_the_list_has_ticked_meanwhile(
    page: Page, settle: Callable[[Page], None], url: str, runs: RunStore
) -> None:
    train(runs.root, "one")
    network = SlowNetwork(page)
    page.goto(f"{url}/runs")
    settle(page)
    select_first_row(page, "one")
    page.get_by_role("button", name="Continue training").click()
    resume = page.get_by_role("button", name="Resume", exact=True)
    resume.wait_for(timeout=PATIENCE)
    network.slow = True
    resume.click()
    page.wait_for_timeout(2 * SLOW)  # the list of runs asks again every three seconds
    assert network.held
    network.recover()
    page.wait_for_url("**/train?run=one", timeout=PATIENCE)
    page.get_by_role("heading", name="one", exact=True).wait_for(timeout=PATIENCE)
    page.wait_for_timeout(SLOW)
    assert page.get_by_role("heading", name="one", exact=True).is_visible()
