"""What it costs a training on points that somebody watches it on the Plane page, and what they see.

    python benchmarks/plane_watching.py [--objective gan] [--window 8] [--turns 2]

Starts the app and drives headless Chromium on the same cores. A training on the grid is begun from
the page; printed are the seconds from Start to the first frame, and in turns, watched and not, its
steps a second and the frames that the page draws of it.
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

from gan_core.runs.store import RunStore
from tests.e2e.conftest import CHROMIUM_FLAGS, serve_process

ROOT = Path(__file__).resolve().parent.parent
SETTLING = 4  # seconds after a change, before it is measured
STATE = ".plane .state"
# Each frame writes its step there.
COUNT = """state => {
    window.frames_drawn = 0;
    new MutationObserver(() => window.frames_drawn++).observe(
        state, {childList: true, characterData: true, subtree: true}
    );
}"""


def steps_of(runs: RunStore) -> tuple[float, float]:
    """The last step that was logged, and the seconds trained until then."""
    [run] = runs.list()
    row = [*run.rows()][-1]
    return row["step"], row["seconds"]


def speed(runs: RunStore, window: float) -> float:
    """Steps a second of the clock, over so many seconds."""
    step, start = steps_of(runs)[0], time.perf_counter()
    time.sleep(window)
    return (steps_of(runs)[0] - step) / (time.perf_counter() - start)


def measure(page: Page, url: str, runs: RunStore, options: argparse.Namespace) -> None:
    """Begin a training, and print the table."""
    page.goto(f"{url}/plane?data=grid&objective={options.objective}")
    page.get_by_role("button", name="Start").click()
    click = time.perf_counter()
    page.locator(STATE, has_text="step").wait_for()
    print(f"Start to the first frame: {time.perf_counter() - click:.2f} s\n")
    print("| | watched | frames | not watched |\n|---|--:|--:|--:|")
    watched, alone = [], []
    for turn in range(1, options.turns + 1):
        page.locator(STATE, has_text="step").wait_for()
        time.sleep(SETTLING)
        page.locator(STATE).evaluate(COUNT)
        begun = time.perf_counter()
        watched.append(speed(runs, options.window))
        frames = page.evaluate("window.frames_drawn") / (time.perf_counter() - begun)
        page.goto("about:blank")
        time.sleep(SETTLING)
        alone.append(speed(runs, options.window))
        print(f"| turn {turn} | {watched[-1]:.0f} steps/s | {frames:.1f} a second ", end="")
        print(f"| {alone[-1]:.0f} steps/s |", flush=True)
        page.goto(f"{url}/plane")
    share = statistics.mean(watched) / statistics.mean(alone)
    print(f"\nwatched it has {share:.0%} of its speed")


def main() -> None:
    """Print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--objective", default="gan")
    parser.add_argument("--window", type=float, default=8)
    parser.add_argument("--turns", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        runs = Path(folder) / "runs"
        with serve_process(ROOT / "app.py", env={"GAN_RUNS_DIR": str(runs)}) as (url, _):
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
            )
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(60_000)
            page.goto(url)  # a warm server
            page.wait_for_timeout(6000)
            measure(page, url, RunStore(runs), options)
            browser.close()


if __name__ == "__main__":
    main()
