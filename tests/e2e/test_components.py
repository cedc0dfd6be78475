"""The browser components, in a browser, around a small app of their own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from pages.shared.charts.figures import PALETTE, Trace, live_figure
from pages.shared.widgets.live_chart.live_chart import SCRIPT

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Request

HARNESS = Path(__file__).with_name("component_harness.py")

Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def harness(streamlit_server: Any) -> Iterator[str]:
    # With both sections the page follows the browser; with [theme] alone it is always light.
    themes = {f"STREAMLIT_THEME_{name}_PRIMARY_COLOR": "#6d4aff" for name in ("LIGHT", "DARK")}
    with streamlit_server(HARNESS, env=themes) as url:
        yield url


@pytest.fixture
def show(harness: str, page: Page, settle: Any, request: Any) -> Open:
    """`show("player", frames=3)` opens the harness on a component."""

    def open_page(component: str, **query: object) -> Page:
        query = {"show": component, "run": request.node.name, **query}
        page.goto(f"{harness}/?" + "&".join(f"{name}={value}" for name, value in query.items()))
        settle(page)
        return page

    return open_page


def requests_to(page: Page, path: str) -> list[str]:
    """Collect the addresses that the page asks for from now on."""
    values: list[str] = []

    def note(request: Request) -> None:
        if path in request.url:
            values.append(request.url)

    page.on("request", note)
    return values


def pixel(canvas: Locator) -> list[int]:
    return canvas.evaluate("c => [...c.getContext('2d').getImageData(0, 0, 1, 1).data]")


def wait_for_pixel(canvas: Locator, color: tuple[int, int, int]) -> None:
    canvas.evaluate(
        """(canvas, color) => new Promise((resolve, reject) => {
            const read = () => [...canvas.getContext('2d').getImageData(0, 0, 1, 1).data];
            const since = performance.now();
            const look = () => {
                if (color.every((value, i) => value === read()[i])) return resolve();
                if (performance.now() - since > 60000) return reject(new Error(`still ${read()}`));
                setTimeout(look, 20);
            };
            look();
        })""",
        list(color),
    )


# The chart

PLOT = "document.querySelector('.gs-chart-plot')"


def grow(page: Page, points: int) -> None:
    page.get_by_role("button", name="Grow").click()
    wait_for_points(page, points)


def wait_for_points(page: Page, points: int) -> None:
    page.wait_for_function(
        f"points => {PLOT}?.drawing?.data[0].length === points",
        arg=points,
    )


def ends(page: Page, axis: str = "x") -> list[float]:
    """Where an axis of the first chart begins and ends."""
    return page.evaluate(f"() => (({{ min, max }}) => [min, max])({PLOT}.drawing.scales.{axis})")


def test_chart_waits_then_grows_with_the_new_rows_only(show: Open, page: Page) -> None:
    requests = requests_to(page, "/fake/curves/")
    show("chart")
    page.get_by_text("Waiting for the first numbers.").first.wait_for()
    for points in (20, 40, 60):
        grow(page, points)
        summary = page.locator(f'.gs-chart-summary[aria-label*="at step {points * 10}"]')
        expect(summary).to_have_count(2)
    page.wait_for_timeout(200)

    after = [int(url.partition("after=")[2]) for url in requests]
    # Two charts of one source: each asks once a tick, for both of its traces.
    assert sorted(after) == [-1, -1, -1, -1, 200, 200, 400, 400]
    label = re.compile(r"^Losses: Critic [\d.]+ at step 600; Generator [\d.]+ at step 600$")
    page.get_by_role("img", name=label).wait_for(state="attached")


def test_chart_keeps_the_readers_zoom_and_hidden_line(show: Open, page: Page) -> None:
    show("chart")
    grow(page, 20)
    assert ends(page) == [10, 200]
    box = page.locator(".gs-chart-plot .u-over").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.5, steps=4)
    page.mouse.up()
    whole = page.get_by_role("button", name="Whole curve")
    whole.wait_for()
    toggle = page.get_by_role("button", name="Generator", exact=True)
    toggle.press("Enter")
    expect(toggle).to_have_attribute("aria-pressed", "false")
    zoomed = ends(page), ends(page, "y")
    low, high = zoomed[0]
    assert 10 < low < 100 < high < 200

    grow(page, 40)
    grow(page, 60)
    assert (ends(page), ends(page, "y")) == zoomed
    expect(toggle).to_have_attribute("aria-pressed", "false")

    ink = f"{PLOT}.drawing.axes[0].stroke()"
    light = page.evaluate(ink)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"light => {ink} !== light", arg=light)
    assert (ends(page), ends(page, "y")) == zoomed
    expect(toggle).to_have_attribute("aria-pressed", "false")

    whole.click()
    expect(whole).to_be_hidden()
    assert ends(page) == [10, 600]


def test_chart_tells_the_numbers_under_the_pointer(show: Open, page: Page) -> None:
    show("chart")
    grow(page, 20)
    over = page.locator(".gs-chart-plot .u-over").first
    box = over.bounding_box()
    assert box
    over.hover(position={"x": box["width"] - 1, "y": 20})
    # The last row of the curves that the harness makes up: step 200.
    critic = 1.2 + math.sin(200 / 90) * 0.3 + math.exp(-1)
    expect(page.locator(".gs-chart-tip").first).to_have_text(
        re.compile(rf"^Training step 200Critic {critic:.4g}Generator [\d.]+$")
    )


def test_chart_is_saved_as_a_picture(show: Open, page: Page) -> None:
    show("chart")
    grow(page, 20)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save picture").first.click()
    assert download.value.suggested_filename == "Losses.png"
    with Image.open(download.value.path()) as picture:
        colours = {colour for _, colour in picture.convert("RGB").getcolors(2**20) or []}
    assert tuple(bytes.fromhex(PALETTE[0][1:])) in colours
    assert tuple(bytes.fromhex(PALETTE[1][1:])) in colours


def test_chart_outlives_a_call_that_a_newer_one_overtakes(show: Open, page: Page) -> None:
    # Where two updates come at once, Streamlit cleans up after the first before it makes the
    # second, although the chart stays on the page.
    show("chart")
    grow(page, 20)
    same_plot, removed = page.evaluate(
        """async (script) => {
            const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
            const { default: component } = await import(url);
            const parentElement = document.createElement("div");
            parentElement.innerHTML = '<div class="gs-chart"></div>';
            document.body.append(parentElement);
            const figure = { title: "", height: 100, traces: [], levels: [], marks: [] };
            const call = () => component({ parentElement, data: { figure, tick: 1 } });
            const root = parentElement.firstChild;
            const overtaken = call();
            const plot = root.querySelector(".gs-chart-plot");
            overtaken();
            const cleanUp = call();
            const kept = plot.isConnected;
            parentElement.remove();
            cleanUp();
            return [kept, !root.hasChildNodes()];
        }""",
        SCRIPT,
    )
    assert same_plot
    assert removed


def test_chart_is_drawn_when_it_is_scrolled_to(show: Open, page: Page) -> None:
    show("chart", down=1)
    page.get_by_role("button", name="Grow").click()
    summary = page.locator('.gs-chart-summary[aria-label*="at step 200"]').first
    summary.wait_for(state="attached")
    page.wait_for_timeout(200)
    assert page.locator(".gs-chart .uplot").count() == 0
    summary.scroll_into_view_if_needed()
    wait_for_points(page, 20)


def test_chart_starts_again_when_the_run_goes_back(show: Open, page: Page) -> None:
    show("chart")
    grow(page, 20)
    page.get_by_role("button", name="Go back").click()
    wait_for_points(page, 5)
    grow(page, 25)


def test_chart_changes_its_axis_without_asking_for_all_again(show: Open, page: Page) -> None:
    show("chart")
    grow(page, 20)
    requests = requests_to(page, "/fake/curves/")
    page.get_by_text("Against images").click()
    page.wait_for_function(f"() => {PLOT}.drawing.data[0].at(-1) === 200 * 64")
    assert requests and all(url.endswith("after=200") for url in requests)


def test_chart_says_so_when_the_numbers_do_not_come(show: Open, page: Page) -> None:
    show("chart")
    grow(page, 20)
    page.route("**/fake/curves/**", lambda route: route.fulfill(status=500))
    page.get_by_role("button", name="Grow").click()
    page.get_by_text("The latest numbers could not be read.").first.wait_for()
    wait_for_points(page, 20)
    # No tick comes: the chart asks again by itself.
    page.unroute("**/fake/curves/**")
    wait_for_points(page, 40)
    page.wait_for_function(
        "() => !document.querySelector('.gs-chart-message').textContent", timeout=5000
    )


def test_live_figure_refuses_what_cannot_be_drawn() -> None:
    traces = [Trace("/curves", "d/loss", "Critic", PALETTE[0])]
    figure = live_figure("Losses", traces, y_range=(0, 1))
    assert figure["traces"][0]["dash"] == "solid"
    assert figure["y_range"] == [0.0, 1.0]
    with pytest.raises(ValueError, match="x must be one of"):
        live_figure("Losses", traces, x="epochs")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be positive"):
        live_figure("Losses", traces, y_range=(0, 1), log_y=True)


# The player


def frame_color(number: int, track: int = 0) -> tuple[int, int, int]:
    return number, 200 if track else 40, 255 - number


def test_player_follows_the_end_until_the_reader_leaves_it(show: Open) -> None:
    page = show("player")
    slider = page.get_by_role("slider", name="Moment")
    first, second = (page.locator("canvas").nth(i) for i in range(2))
    wait_for_pixel(first, frame_color(9))
    wait_for_pixel(second, frame_color(8, 1))
    expect(slider).to_have_attribute("aria-valuetext", "step 4,500")

    page.get_by_role("button", name="More").click()
    wait_for_pixel(first, frame_color(11))
    expect(slider).to_have_attribute("aria-valuetext", "step 5,500")

    slider.press("Home")
    wait_for_pixel(first, frame_color(0))
    # Run B has not begun: its first frame stands in, dimmed.
    wait_for_pixel(second, frame_color(4, 1))
    expect(second).to_contain_class("early")

    slider.press("ArrowRight")
    wait_for_pixel(first, frame_color(1))
    page.get_by_role("button", name="More").click()
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stBidiComponentIsolated]')"
        ".shadowRoot.querySelector('input').max === '13'"
    )
    expect(slider).to_have_attribute("aria-valuetext", "step 500")
    assert pixel(first)[:3] == [*frame_color(1)]


def test_player_plays_without_a_blank_and_scrubs_without_a_request(show: Open, page: Page) -> None:
    requests = requests_to(page, "/fake/frame/")
    show("player", frames=24)
    canvas = page.get_by_role("img", name=re.compile("^Run A"))
    wait_for_pixel(canvas, frame_color(23))
    page.wait_for_timeout(200)
    assert len(set(requests)) < 24 + 10, "only what is near is fetched before the reader plays"

    values = canvas.evaluate(
        """canvas => new Promise((resolve) => {
            const button = canvas.getRootNode().querySelector('.play');
            const seen = [];
            button.click();
            const look = () => {
                seen.push([...canvas.getContext('2d').getImageData(0, 0, 1, 1).data]);
                if (button.getAttribute('aria-label') === 'Play') resolve(seen);
                else requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
        })"""
    )
    assert all(alpha == 255 for *_, alpha in values), "a blank was painted"
    # In their order to the last one, which was shown before; a busy machine may not show each.
    shown = list(dropwhile(lambda red: red == 23, (red for red, *_ in values)))
    assert shown == sorted(shown)
    assert shown[-1] == 23 and len(set(shown)) > 12

    assert len(requests) == len(set(requests)) == 24 + 10
    slider = page.get_by_role("slider")
    slider.press("Home")
    wait_for_pixel(canvas, frame_color(0))
    for number in range(1, 24):
        slider.press("ArrowRight")
        assert pixel(canvas)[:3] == [*frame_color(number)]
    assert len(requests) == 24 + 10


def test_player_with_one_picture_or_none(show: Open) -> None:
    page = show("player", frames=1)
    wait_for_pixel(page.get_by_role("img", name="Run A, frame 0"), frame_color(0))
    assert page.get_by_role("slider").count() == 0
    page = show("player", frames=0)
    page.get_by_text("No pictures yet.").wait_for()


# The latent panel


def wait_for_pictures(page: Page, at_least: int) -> None:
    page.wait_for_function(
        "n => Number(document.querySelector('[data-testid=stBidiComponentIsolated]')"
        "?.shadowRoot.querySelector('.panel')?.dataset.pictures) >= n",
        arg=at_least,
    )


def test_panel_keyboard_moves_the_picture_and_python_hears(show: Open) -> None:
    page = show("panel")
    canvas = page.get_by_role("img", name="Generated picture")
    wait_for_pixel(canvas, (128, 128, 10))
    for _ in range(5):
        page.get_by_label("Direction 1", exact=True).press("ArrowRight")
    page.get_by_label("Direction 2", exact=True).press("ArrowLeft")
    wait_for_pixel(canvas, (148, 124, 10))
    page.get_by_text("committed [0.5, -0.1]").wait_for()
    page.get_by_text("heard [0.5, -0.1]").wait_for()
    expect(page.locator(".panel")).to_have_attribute("data-latency-ms", re.compile(r"[1-9]"))

    # A rerun leaves the sliders where the reader put them.
    page.get_by_role("button", name="Rerun").click()
    page.wait_for_timeout(300)
    expect(page.get_by_label("Direction 1", exact=True)).to_have_value("0.5")

    page.get_by_role("button", name="Reset sliders").click()
    wait_for_pixel(canvas, (128, 128, 10))
    page.get_by_text("committed [0.0, 0.0]").wait_for()


def test_panel_revision_resets_the_sliders(show: Open) -> None:
    page = show("panel")
    canvas = page.get_by_role("img", name="Generated picture")
    slider = page.get_by_label("Direction 1", exact=True)
    slider.press("End")
    wait_for_pixel(canvas, (248, 128, 10))
    page.get_by_text("committed [3.0, 0.0]").wait_for()
    page.get_by_role("button", name="New base").click()
    wait_for_pixel(canvas, (128, 128, 110))
    expect(slider).to_have_value("0")
    # What was committed belonged to the old base.
    page.get_by_text("committed None").wait_for()


def test_panel_never_goes_back_to_a_stale_picture(show: Open, page: Page) -> None:
    requests = requests_to(page, "/fake/picture")
    show("panel", delay=0.4)
    canvas = page.get_by_role("img", name="Generated picture")
    wait_for_pixel(canvas, (128, 128, 10))
    slider = page.get_by_label("Direction 1", exact=True)
    for _ in range(10):
        slider.press("ArrowRight")
    wait_for_pixel(canvas, (168, 128, 10))
    assert len(requests) <= 4, "the positions in between were not all asked for"
    page.get_by_text("committed [1.0, 0.0]").wait_for()

    # The picture of the old base is still on its way when the new base arrives.
    canvas.evaluate(
        """canvas => {
            const context = canvas.getContext('2d');
            const draw = context.drawImage;
            const slider = canvas.getRootNode().querySelector('input');
            window.drawn = [];
            context.drawImage = (...args) => {
                draw.apply(context, args);
                window.drawn.push([slider.value, context.getImageData(0, 0, 1, 1).data[2]]);
            };
        }"""
    )
    slider.press("End")
    page.get_by_role("button", name="New base").click()
    wait_for_pixel(canvas, (128, 128, 110))
    page.wait_for_timeout(500)
    assert ["0", 10] not in page.evaluate("window.drawn"), "the old base under the new sliders"
    assert pixel(canvas)[:3] == [128, 128, 110]


def test_panel_keeps_the_picture_and_tells_what_went_wrong(show: Open) -> None:
    page = show("panel")
    canvas = page.get_by_role("img", name="Generated picture")
    wait_for_pixel(canvas, (128, 128, 10))
    slider = page.get_by_label("Direction 2", exact=True)
    slider.press("End")
    page.get_by_text("That point is too far out.").wait_for()
    assert pixel(canvas)[:3] == [128, 128, 10]
    slider.press("Home")
    wait_for_pixel(canvas, (128, 8, 10))
    expect(page.get_by_text("That point is too far out.")).to_have_count(0)


def test_panel_shows_two_pictures_of_one_position(show: Open) -> None:
    page = show("panel", names="First,Second")
    canvases = [
        page.get_by_role("img", name=f"Generated picture, {n}") for n in ("First", "Second")
    ]
    for canvas in canvases:
        wait_for_pixel(canvas, (128, 128, 10))
    page.get_by_text("Second", exact=True).wait_for()
    page.get_by_label("Direction 1", exact=True).press("End")
    for canvas in canvases:
        wait_for_pixel(canvas, (248, 128, 10))


def test_panel_draws_one_picture_and_tells_what_is_wrong_with_the_other(show: Open) -> None:
    page = show("panel", names="First,Broken")
    wait_for_pixel(page.get_by_role("img", name="Generated picture, First"), (128, 128, 10))
    page.get_by_text("Broken: That generator is broken.").wait_for()
