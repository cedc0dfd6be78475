"""A visitor whose network is slow leaves a page before its answers have come."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocketRoute

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


def test_home_is_left_while_the_server_gets_ready(page: Page, url: str) -> None:
    network = SlowNetwork(page)
    page.goto(url)
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
