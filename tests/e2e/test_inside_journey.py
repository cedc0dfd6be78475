"""A journey in a browser: look inside a generator while a slider moves, then let its discriminator
judge the point, and a drawing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from gan_core.runs.store import RunStore
from tests.e2e.pictures import pixels, wait_for_other, wait_for_the_panel
from tests.tiny import train

if TYPE_CHECKING:
    from playwright.sync_api import Page

Settled = Callable[["Page"], None]


def test_look_inside_and_ask_the_discriminator(
    page: Page, settle: Settled, url: str, runs: RunStore
) -> None:
    train(runs.root, "small", architecture="dcgan-28", latent_dim=8, batch_size=8, steps=4)
    page.goto(f"{url}/explore?g=runs/small&tool=Layers")
    strip = page.get_by_role("slider", name=re.compile("^ConvTranspose2d, body.7: 96 to 48"))
    expect(strip).to_have_attribute("aria-valuetext", "map 1 of 48")
    # All layers of the network, the picture last.
    expect(page.get_by_role("group", name="Layers").get_by_role("slider")).to_have_count(12)
    page.locator('.maps:not([data-drawn="0"])').wait_for()
    large = page.get_by_role("img", name=re.compile("^Map 1 of 1, Tanh, output"))
    before = pixels(large)
    of_strip = strip.locator("canvas")
    before_of_strip = pixels(of_strip)

    # A slider moves: strips and picture follow.
    slider = page.get_by_role("slider", name=re.compile("^Direction 1 "))
    for _ in range(40):
        slider.press("ArrowRight")
    wait_for_other(of_strip, before_of_strip)
    wait_for_other(large, before)

    # By keyboard, and by pointer, another map stands large, with what its layer is.
    strip.press("ArrowRight")
    expect(strip).to_have_attribute("aria-valuetext", "map 2 of 48")
    page.get_by_role("img", name=re.compile("^Map 2 of 48, ConvTranspose2d, body.7")).wait_for()
    page.get_by_text("body.7: 96 to 48, kernel 4 x 4, stride 2", exact=True).wait_for()
    expect(page.locator(".large dl")).to_contain_text("73,728")  # 96 x 48 x 4 x 4
    of_strip.hover(position={"x": 100, "y": 5})
    expect(strip).to_have_attribute("aria-valuetext", "map 3 of 48")

    # The discriminator judges the same point, and follows too.
    settle(page)
    page.get_by_role("tab", name="Discriminator").click()
    words = page.locator(".verdict .among p")
    expect(words).to_contain_text("D(x), the probability of being real: 0.")
    expect(words).to_contain_text("of the generated for more real than this.")
    page.get_by_role("img", name=re.compile("of 500 real and 500 generated")).wait_for()
    settle(page)
    said = words.inner_text()
    overlay = page.get_by_role("img", name="Where the verdict turns", exact=True).get_attribute(
        "src"
    )
    for _ in range(40):
        slider.press("ArrowLeft")
    wait_for_the_panel(page)
    expect(words).not_to_have_text(said)
    assert (
        page.get_by_role("img", name="Where the verdict turns", exact=True).get_attribute("src")
        != overlay
    )

    # A drawing is judged where it stands.
    page.get_by_role("radio", name="Draw").click()
    sheet = page.get_by_role("img", name=re.compile("^Sheet to draw on"))
    sheet.wait_for()
    settle(page)
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 150, steps=8)
    page.mouse.up()
    expect(words).to_contain_text("of the generated for more real than this.")
    picture = page.get_by_role("img", name="The picture that is judged")
    expect(picture).to_have_attribute("src", re.compile("^data:image/png"))
