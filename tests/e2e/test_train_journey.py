"""A visitor trains a GAN: from the first click to the end, with every button, in two tabs."""

from __future__ import annotations

import os
import random
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from gan_core.runs.generators import open_generator
from gan_core.runs.store import RunStore
from gan_core.training.snapshot import Phase
from gan_core.training.trainings import Trainings
from tests.e2e.conftest import ROOT, serve_warm, serve_warm_process
from tests.e2e.lists import pick
from tests.e2e.pictures import pixels, wait_for_other
from tests.warm import WarmProcess

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

PATIENCE = 90_000  # milliseconds; the machine may be busy with other tests

Settled = Callable[["Page"], None]


class Lab:
    """A running app with runs and data of its own."""

    def __init__(self, url: str, runs: Path) -> None:
        self.url = url
        self.runs = runs

    def names(self) -> list[str]:
        return sorted(path.parent.name for path in self.runs.glob("*/config.json"))


@pytest.fixture
def lab(streamlit_server: Any, tmp_path: Path) -> Iterator[Lab]:
    env = {"GAN_RUNS_DIR": str(tmp_path / "runs"), "GAN_DATA_DIR": str(tmp_path / "data")}
    with streamlit_server(ROOT / "app.py", env=env) as url:
        yield Lab(url, tmp_path / "runs")


def open_train(page: Page, url: str, settle: Settled) -> None:
    page.goto(f"{url}/train")
    page.get_by_role("button", name="Start training").wait_for(timeout=PATIENCE)
    settle(page)


def choose(page: Page, settle: Settled, group: str, **numbers: int) -> None:
    """Open a group of settings and type numbers into it."""
    page.get_by_text(group, exact=True).click()
    for label, number in numbers.items():
        field = page.get_by_role("spinbutton", name=label.replace("_", " "), exact=True)
        field.fill(str(number))
        field.press("Enter")
        settle(page)


def choose_small_network(page: Page, settle: Settled) -> None:
    page.get_by_text("Networks and objective", exact=True).click()
    network = page.get_by_role("combobox", name="Network")
    pick(page, network, page.get_by_role("option", name=re.compile("^mlp: ")))
    settle(page)


def start_endless(page: Page, url: str, settle: Settled, **every: int) -> None:
    """Begin a training that no test sees the end of, logged and saved every so many steps."""
    open_train(page, url, settle)
    choose_small_network(page, settle)
    choose(page, settle, "Length and seed", Steps=1_000_000)
    choose(page, settle, "Log, draw, save", **every)
    page.get_by_role("button", name="Start training").click()


def step(page: Page) -> int:
    """The step that the progress bar names."""
    text = page.get_by_text(re.compile(r"(step|all) [\d,]+ (of|steps)")).first.inner_text()
    number = re.search(r"(?:step|all) ([\d,]+)", text)
    assert number is not None, text
    return int(number[1].replace(",", ""))


def wait_until_past(page: Page, earlier: int) -> int:
    for _ in range(PATIENCE // 200):
        now = step(page)
        if now > earlier:
            return now
        page.wait_for_timeout(200)
    raise AssertionError(f"still at step {earlier}")


def points(page: Page) -> list[int]:
    """How many points each line of each chart has."""
    return page.evaluate(
        "[...document.querySelectorAll('.gs-chart-plot')].filter(plot => plot.drawing)"
        ".flatMap(({drawing}) => drawing.data.slice(1))"
        ".map(line => line.filter(value => value !== null).length)"
    )


def test_the_command_trains_what_the_button_does(
    lab: Lab, page: Page, settle: Settled, tmp_path: Path
) -> None:
    open_train(page, lab.url, settle)
    choose_small_network(page, settle)
    choose(page, settle, "Length and seed", Steps=20)
    page.get_by_role("button", name="Copy as command").click()
    command = page.get_by_text("python -m gan_core train").inner_text()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Start training").click()
    page.get_by_text("Finished: all 20 steps").wait_for(timeout=PATIENCE)

    python, option, module, *words = shlex.split(command.replace("\\\n", " "))
    assert (python, option) == ("python", "-m")
    worker = WarmProcess(module, words, {**os.environ}, log=tmp_path / "log")
    assert worker.wait(PATIENCE / 1e3) == 0, worker.log.read_text()
    first, second = (RunStore(lab.runs).get(name) for name in lab.names())
    assert first.config() == second.config()
    assert first.generator_path().read_bytes() == second.generator_path().read_bytes()


def test_the_digits_are_trained_to_the_end(lab: Lab, page: Page, settle: Settled) -> None:
    page.goto(lab.url)
    page.get_by_role("link", name="Train a GAN").click()
    page.get_by_role("button", name="Start training").wait_for(timeout=PATIENCE)
    settle(page)
    expect(page.get_by_role("combobox", name="Recipe")).to_have_value("digits")
    choose_small_network(page, settle)
    choose(page, settle, "Length and seed", Steps=60)
    choose(page, settle, "Log, draw, save", Log_every=5, Draw_every=10)

    page.get_by_role("button", name="Start training").click()
    page.get_by_text("Finished: all 60 steps").wait_for(timeout=PATIENCE)

    page.wait_for_function(
        "[...document.querySelectorAll('.gs-chart-plot')].slice(0, 2)"
        ".every(plot => plot.drawing?.data[0].length === 12)"
    )
    assert points(page)[:5] == [12] * 5
    distance = page.get_by_label(re.compile(r"^Distance from the real images: Samples .* at step"))
    distance.wait_for(state="attached", timeout=PATIENCE)
    page.get_by_text("step 60", exact=True).wait_for()
    grid = page.locator("canvas[role=img]").first
    pixels_at_the_end = pixels(grid)
    page.get_by_role("slider").focus()
    page.keyboard.press("Home")
    page.get_by_text("step 0", exact=True).wait_for()
    wait_for_other(grid, pixels_at_the_end)
    expect(page.get_by_text(re.compile(r"\[3/3\]\[4/28\] Loss_D [\d.]+ Loss_G"))).to_have_count(1)
    page.get_by_role("radio", name="GIF").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save GIF").click()
    assert download.value.path().read_bytes().startswith(b"GIF89a")

    page.get_by_role("link", name="Explore it").click()
    page.wait_for_url(re.compile(r"/explore\?.*g=runs(/|%2F)"))


def test_pause_resume_stop_refresh_and_a_second_tab(
    lab: Lab, page: Page, context: BrowserContext, settle: Settled
) -> None:
    page.set_viewport_size({"width": 1280, "height": 2000})  # a chart is drawn where it is seen
    start_endless(page, lab.url, settle, Log_every=5)
    page.get_by_text("Training: step").wait_for(timeout=PATIENCE)
    page.locator(".gs-chart .uplot").nth(1).wait_for(timeout=PATIENCE)

    chart = page.locator(".gs-chart .uplot").first.element_handle()
    place = chart.bounding_box()
    before = points(page)[0]
    latest = wait_until_past(page, wait_until_past(page, step(page)))
    assert chart.evaluate("element => element.isConnected")
    assert chart.bounding_box() == place
    page.wait_for_function(
        "before => document.querySelector('.gs-chart-plot').drawing.data[0].length > before",
        arg=before,
        timeout=PATIENCE,
    )

    page.reload()
    page.get_by_text("Training: step").wait_for(timeout=PATIENCE)
    assert step(page) >= latest

    other = context.new_page()
    open_train(other, lab.url, settle)
    other.get_by_text("Training: step").wait_for(timeout=PATIENCE)
    assert step(other) >= latest
    other.get_by_role("button", name="Start training").click()
    other.get_by_text(re.compile("is being trained. Stop it, or wait")).wait_for()

    other.get_by_role("button", name="Pause", exact=True).click()
    for tab in (page, other):
        tab.get_by_text("Paused at step").wait_for(timeout=PATIENCE)
    pause_step = step(page)
    page.wait_for_timeout(1500)
    assert step(page) == step(other) == pause_step
    page.get_by_role("button", name="Resume", exact=True).click()
    wait_until_past(other, pause_step)

    page.get_by_role("link", name="Home").click()
    page.get_by_role("link", name="Watch it on the Train page").click()
    page.locator(".gs-chart .uplot").first.wait_for(timeout=PATIENCE)
    chart = page.locator(".gs-chart .uplot").first.element_handle()
    page.get_by_role("button", name="Stop", exact=True).click()
    for tab in (page, other):
        tab.get_by_text("Stopped at step").wait_for(timeout=PATIENCE)
    assert step(page) == step(other) > pause_step
    assert chart.evaluate("element => element.isConnected")
    assert len(lab.names()) == 1


def test_a_training_is_steered_while_it_runs_and_step_by_step(
    lab: Lab, page: Page, settle: Settled
) -> None:
    page.set_viewport_size({"width": 1280, "height": 2000})
    start_endless(page, lab.url, settle, Log_every=5)
    page.get_by_text("Training: step").wait_for(timeout=PATIENCE)

    page.get_by_role("button", name="Change settings").click()
    rate = page.get_by_role("spinbutton", name="Generator learning rate").last
    rate.fill("0.0004")
    wait_until_past(page, step(page))  # a tick of the view leaves what is being typed
    expect(rate).to_have_value("0.0004")
    page.get_by_role("button", name="Change from here on").click()
    told = re.compile(r"By hand: step [\d,]+: lr_g from 0\.002 to 0\.0004\.")
    page.get_by_text(told).wait_for(timeout=PATIENCE)
    page.keyboard.press("Escape")
    mark = page.get_by_label(re.compile(r"^Loss: .*marked at step [\d,]+: lr_g = 0\.0004"))
    mark.wait_for(state="attached", timeout=PATIENCE)

    expect(page.get_by_role("button", name="Step D")).to_be_disabled()
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_text(re.compile("Paused at step .* and saved")).wait_for(timeout=PATIENCE)
    before = step(page)
    page.get_by_role("button", name="Step D").click()
    alone = f"step {before:,}: a step of the discriminator alone"
    page.get_by_text(re.compile(f"By hand: .*{alone}")).wait_for(timeout=PATIENCE)
    assert step(page) == before
    page.get_by_role("button", name="Step G").click()
    assert wait_until_past(page, before) == before + 1
    page.get_by_role("button", name="One round").click()
    assert wait_until_past(page, before + 1) == before + 2

    speed = page.get_by_role("combobox", name="Speed")
    pick(page, speed, page.get_by_role("option", name="1 step a second", exact=True))
    page.get_by_role("button", name="Resume", exact=True).click()
    now = wait_until_past(page, before + 2)
    assert wait_until_past(page, now) < now + 20  # at full speed it takes some hundred a second
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("Stopped at step").wait_for(timeout=PATIENCE)
    (run,) = RunStore(lab.runs).list()
    assert [(event.kind, event.name) for event in run.events()] == [
        ("set", "lr_g"), ("turn", "d"), ("turn", "g"),
    ]  # fmt: skip


def test_a_server_that_is_killed_leaves_a_run_that_goes_on(
    page: Page, settle: Settled, tmp_path: Path
) -> None:
    runs, data = tmp_path / "runs", tmp_path / "data"
    env = {"GAN_RUNS_DIR": str(runs), "GAN_DATA_DIR": str(data)}
    with serve_warm_process(ROOT / "app.py", env) as (url, server):
        start_endless(page, url, settle, Log_every=5, Save_every=20)
        page.get_by_text("Training: step").wait_for(timeout=PATIENCE)
        wait_until_past(page, 20)
        page.wait_for_timeout(random.uniform(0, 1000))
        server.kill()
        server.wait()
    [run] = RunStore(runs).list()
    saved_step = run.status().step
    assert saved_step >= 20
    open_generator(run.path)
    with serve_warm(ROOT / "app.py", env) as url:
        page.goto(f"{url}/train?run={run.name}")
        page.get_by_text("It can be resumed from its last saved state").wait_for(timeout=PATIENCE)
    trainings = Trainings(RunStore(runs), data, "cpu")
    job = trainings.resume(run.name, {"steps": saved_step + 10})
    job.wait(60)
    assert job.snapshot.error is None
    assert (job.snapshot.phase, job.snapshot.step) == (Phase.FINISHED, saved_step + 10)
