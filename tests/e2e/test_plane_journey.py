"""A visitor sees a GAN think: a training on points, step by step and back through time."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from playwright.sync_api import expect

from tests.e2e.lists import pick
from tests.streams import frames_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from gan_core.plane.frame import Frame
    from gan_core.runs.store import RunStore


# What comes is noted in the page: the browser calls a stream that was read to its end a request
# that was broken off.
NOTE = """
    const [ask, answers] = [window.fetch, (window.planeAnswers = [])];
    window.fetch = async (...request) => {
        const answer = await ask(...request);
        if (answer.ok && String(request[0]).includes("/plane/live")) {
            const letters = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte));
            const noted = answer.clone().arrayBuffer().then((buffer) => {
                answers.push(btoa(letters(new Uint8Array(buffer)).join("")));
            });
            noted.catch(() => {});
        }
        return answer;
    };
"""


class Received:
    """The frames that the page fetched while it trained."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._frames: list[Frame] = []
        page.add_init_script(NOTE)

    @property
    def frames(self) -> list[Frame]:
        for answer in self.page.evaluate("window.planeAnswers.splice(0)"):
            self._frames += frames_of(b64decode(answer))
        return self._frames

    def next_after(self, act: Callable[[], None]) -> tuple[Frame, Frame]:
        """The last frame before something was done, and the last one behind it."""
        self.page.wait_for_timeout(1500)  # an answer is of a second
        before = len(self.frames)
        act()
        for _ in range(600):
            self.page.wait_for_timeout(100)
            frames = self.frames
            if len(frames) > before:
                return frames[before - 1], frames[-1]
        raise AssertionError("no frame came")


def draw_circle(page: Page) -> None:
    """A circle on the plane to draw on, with the mouse."""
    box = page.get_by_role("img", name="Plane to draw a distribution on").bounding_box()
    assert box is not None
    middle = np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])
    around = [
        middle + 0.3 * box["width"] * np.array([np.cos(angle), np.sin(angle)])
        for angle in np.linspace(0, 6, 40)
    ]
    page.mouse.move(*around[0])
    page.mouse.down()
    for place in around[1:]:
        page.mouse.move(*place)
    page.mouse.up()


def test_a_distribution_is_drawn_and_learnt(
    page: Page, url: str, settle: Callable[[Page], None], runs: RunStore
) -> None:
    received = Received(page)
    page.goto(f"{url}/plane?data=drawing")
    settle(page)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("The drawing has 0 points; draw some more")).to_be_visible()
    draw_circle(page)
    settle(page)
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".plane .state")).to_have_text(re.compile(r"step \d"))
    for _ in range(600):
        if received.frames:
            break
        page.wait_for_timeout(100)
    (run,) = runs.list()
    real = np.fromfile(run.frames.real_path, "<f2").astype(float).reshape(-1, 2)
    # The circle that was drawn, its radius three tenths of a plane that is 2 wide.
    assert abs(np.hypot(*real.T).mean() - 0.6) < 0.05


def test_two_race_in_the_plane(page: Page, url: str, settle: Callable[[Page], None]) -> None:
    page.goto(f"{url}/compare")
    settle(page)
    page.get_by_text("Race: train two recipes").click()
    for label, recipe in (("Recipe A", "grid-gan"), ("Recipe B", "grid-wgan-gp")):
        box = page.get_by_role("combobox", name=label)
        pick(page, box, page.get_by_role("option", name=recipe, exact=True), recipe)
        settle(page)
    steps = page.get_by_label("Steps", exact=True)
    steps.fill("20000")
    steps.press("Enter")
    settle(page)
    page.get_by_role("button", name="Start the race").click()
    states = page.locator(".plane .state")
    expect(states).to_have_count(2)
    for number in range(2):
        expect(states.nth(number)).to_have_text(re.compile(r"step [1-9]"))
    page.get_by_role("button", name="Stop the race").click()
    page.get_by_text("The race was stopped").wait_for()
    expect(page.locator(".plane .covered").first).to_have_text(re.compile(r"of 25 modes covered"))


def test_steps_of_each_player_are_seen_and_time_goes_back(
    page: Page, url: str, settle: Callable[[Page], None]
) -> None:
    received = Received(page)
    page.goto(f"{url}/plane?data=grid")  # long enough to be paused on a busy machine
    page.get_by_role("button", name="Start").click()
    state = page.locator(".plane .state")
    expect(state).to_have_text(re.compile(r"step \d"))
    expect(page.locator(".plane .covered")).to_have_text(re.compile(r"of 25 modes covered"))
    for _ in range(600):
        if received.frames and received.frames[-1].step > 40:
            break
        page.wait_for_timeout(100)

    page.get_by_role("button", name="Pause").click()
    step_d = page.get_by_role("button", name="Step D")
    expect(step_d).to_be_enabled()
    before, after = received.next_after(step_d.click)
    assert np.array_equal(before.points, after.points)
    assert not np.array_equal(before.landscape, after.landscape)

    settle(page)
    before, after = received.next_after(page.get_by_role("button", name="Step G").click)
    assert not np.array_equal(before.points, after.points)
    assert np.array_equal(before.landscape, after.landscape)
    assert after.step == before.step + 1
    expect(state).to_have_text(f"step {after.step:,} · averaged generator")

    arrows = page.get_by_role("checkbox", name="Where the generator is pushed")
    arrows.check()
    expect(page.locator(".plane .arrow-words")).to_be_visible()
    slider = page.get_by_role("slider", name="Recorded step")
    slider.press("Home")
    expect(state).to_have_text("step 0 · averaged generator")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "step 1")
    page.get_by_role("button", name="Now", exact=True).click()
    expect(state).to_have_text(f"step {after.step:,} · averaged generator")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Film: the frames that were kept")).to_be_visible()
