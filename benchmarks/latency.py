"""How long a person waits: for the first page, for a first grid, and for the picture of a slider.

Starts the app, drives headless Chromium, and prints a table. A slider's latency runs from the
browser's own time of the key press to the first animation frame after the panel has drawn the new
picture, one press every tenth of a second, idle and while the Train page's default recipe trains.

Whether digits can be read is for a person to say: the grid of the step named by --read-step is
copied out, and the time that it took is printed.

    python benchmarks/latency.py [--presses 200] [--data-dir D] [--read-step 1000] [--grid G.png]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_core.datasets import default_data_dir
from gan_core.runs import CHECKPOINTS_DIR, RunStore
from tests.e2e.conftest import CHROMIUM_FLAGS, serve
from tests.tiny import train

ROOT = Path(__file__).resolve().parent.parent
TURN_EVERY = 40  # presses, fewer than there are steps to the end of a slider
PAUSE_MS = 100

MEASURE = """panel => {
    window.latencies = [];
    let pressed = 0;
    document.addEventListener("keydown", (event) => (pressed = event.timeStamp), true);
    new MutationObserver(() => {
        const since = pressed;
        requestAnimationFrame(() => window.latencies.push(performance.now() - since));
    }).observe(panel, {attributeFilter: ["data-pictures"]});
}"""


def settled(page: Page) -> None:
    """Wait until the script has run to its end."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def slider_latencies(page: Page, url: str, presses: int) -> list[float]:
    """Milliseconds from a key press to the picture, for each press."""
    page.goto(url)
    panel = page.locator(".panel[data-pictures]:not([data-pictures='0'])")
    panel.wait_for()
    settled(page)
    panel.evaluate(MEASURE)
    page.get_by_role("slider", name="Direction 1").first.focus()
    for press in range(presses):
        forward = (press + TURN_EVERY // 2) // TURN_EVERY % 2 == 0
        page.keyboard.press("ArrowRight" if forward else "ArrowLeft")
        page.wait_for_function("n => window.latencies.length > n", arg=press)
        page.wait_for_timeout(PAUSE_MS)
    return page.evaluate("window.latencies")


def start_training(page: Page, url: str) -> tuple[float, float, float]:
    """The moment of the click on Start, and the seconds from it to the first grid on the screen and
    to the first after some training."""
    page.goto(f"{url}/train")
    button = page.get_by_role("button", name="Start training")
    button.wait_for()
    settled(page)
    began = time.perf_counter()
    button.click()
    grid = page.get_by_role("img", name="Generated").first
    grid.wait_for()
    page.wait_for_function("c => c.width > 1", arg=grid.element_handle())
    first = time.perf_counter() - began
    slider = page.get_by_role("slider", name="Training step of the grid")
    slider.wait_for()
    return began, first, time.perf_counter() - began


def seconds_to_grid(runs: RunStore, step: int, began: float) -> tuple[float, bytes]:
    """Seconds from the start to the grid of a step, and the grid."""
    while True:
        for run in runs.list():
            if step in run.grids():
                return time.perf_counter() - began, run.grid_path(step).read_bytes()
        time.sleep(0.05)


def row(what: str, values: list[float]) -> str:
    """One line on slider latencies."""
    late = statistics.quantiles(values, n=20)[-1]
    return f"| {what} | {statistics.median(values):.0f} ms | {late:.0f} ms | {len(values)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--presses", type=int, default=200)
    parser.add_argument("--data-dir", type=Path, default=default_data_dir())
    parser.add_argument("--read-step", type=int, default=1000)
    parser.add_argument("--grid", type=Path, default=Path("grid.png"))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        runs = Path(scratch)
        shipped = {run.name for run in RunStore(CHECKPOINTS_DIR).list()}
        if "dcgan-mnist" in shipped:
            source = "checkpoints/dcgan-mnist"
        else:
            train(runs, "tiny", architecture="dcgan-28")
            source = "runs/tiny"
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(CHROMIUM_FLAGS)
        )
        page, other = browser.new_page(), browser.new_page()
        for tab in (page, other):
            tab.set_default_timeout(120_000)
        began = time.perf_counter()
        folders = {"GAN_RUNS_DIR": str(runs), "GAN_DATA_DIR": str(chosen.data_dir.resolve())}
        with serve(ROOT / "app.py", env=folders) as url:
            page.goto(url)
            page.get_by_role("heading", level=1).wait_for()
            settled(page)
            usable = time.perf_counter() - began
            explore = f"{url}/explore?g={source}"
            idle = slider_latencies(page, explore, chosen.presses)
            clicked, first, trained = start_training(other, url)
            readable, grid = seconds_to_grid(RunStore(runs), chosen.read_step, clicked)
            chosen.grid.write_bytes(grid)
            busy = slider_latencies(page, explore, chosen.presses)
            other.get_by_role("button", name="Stop").click()
            other.get_by_text("Stopped").first.wait_for()
        browser.close()
    print(f"generator: {source}\n")
    print("| from a slider's key press to the picture | median | 95th percentile | presses |")
    print("|---|---|---|---|")
    print(row("idle", idle))
    print(row("while training", busy))
    print()
    print(f"`streamlit run` to a usable page: {usable:.1f} s")
    print(f"click on Start to the first grid: {first:.1f} s, to the next: {trained:.1f} s")
    print(f"click on Start to the grid of step {chosen.read_step:,}: {readable:.1f} s")


if __name__ == "__main__":
    main()
