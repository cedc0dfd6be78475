"""A visitor trains a conditional GAN, sees its classes side by side, and asks for one of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.e2e.lists import pick
from tests.e2e.pictures import wait_for_pixels
from tests.e2e.test_explore_journey import wait_for_picture
from tests.e2e.test_train_journey import PATIENCE, choose, choose_small_network, open_train

if TYPE_CHECKING:
    from playwright.sync_api import Page

Settled = Callable[["Page"], None]


def choose_objective(page: Page, settle: Settled, name: str) -> None:
    box = page.get_by_role("combobox", name="Objective")
    pick(page, box, page.get_by_role("option", name=re.compile(f"^{name}: ")), search=f"{name}:")
    settle(page)


def test_a_conditional_gan_from_training_to_one_class(
    url: str, page: Page, settle: Settled
) -> None:
    open_train(page, url, settle)
    choose_small_network(page, settle)
    choose_objective(page, settle, "cgan")
    page.get_by_text(re.compile("The recipe of this objective, cgan-mnist")).wait_for()
    choose(page, settle, "Length and seed", Steps=60)
    page.get_by_role("button", name="Start training").click()
    page.get_by_text("Finished: all 60 steps").wait_for(timeout=PATIENCE)
    page.get_by_text("a column one class: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9.").wait_for()
    grid = page.get_by_role("img", name=re.compile("^Generated, "))
    grid.wait_for()
    page.wait_for_function(  # ten columns, six rows, and gaps of two pixels
        "c => c.width === 10 * 28 + 9 * 2 && c.height === 6 * 28 + 5 * 2",
        arg=grid.element_handle(),
    )

    page.get_by_role("link", name="Explore it").click()
    first = wait_for_picture(page, "")
    page.get_by_role("radio", name="7", exact=True).click()
    seven = wait_for_picture(page, first)
    page.wait_for_url(re.compile(r"[?&]class=7"))
    settle(page)

    page.get_by_role("tab", name="Sample sheet").click()
    page.get_by_role("button", name="Noise 2, class 3", exact=True).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_text("Base: sample 24 of 40 from seed 0").wait_for()
    wait_for_picture(page, seven)
    page.wait_for_url(re.compile(r"[?&]class=3"))

    # The address alone brings the class back.
    page.goto(page.url.replace("class=3", "class=7"))
    wait_for_picture(page, "")
    settle(page)
    wait_for_pixels(page.get_by_role("img", name="Generated picture"), seven)
