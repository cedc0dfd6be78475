"""Whether a page is ever drawn twice, or loses a heading, on a busy machine.

Begins a training on a server just started, beside processes that keep the cores busy, and looks at
Train, Runs and Compare ten times a second while they are drawn and drawn anew.

python benchmarks/redraws.py [--starts 20] [--busy 2]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.e2e.conftest import CHROMIUM_FLAGS, serve

PATIENCE = 120_000  # milliseconds
VIEWS = "() => document.body.innerText.split('Training time').length - 1"
HEADINGS = "() => [...document.querySelectorAll('h1, h3')].map(heading => heading.innerText)"


def count_wrong(page: Page, seconds: float, is_right: Callable[[int, list[str]], bool]) -> int:
    """How often in that time the views and headings on the page were not as they should be."""
    wrong, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        wrong += not is_right(page.evaluate(VIEWS), page.evaluate(HEADINGS))
        page.wait_for_timeout(100)
    return wrong


def one_start(page: Page, url: str, runs: Path) -> dict[str, int]:
    """Looks that were wrong, by page, while a training begins and goes on."""
    page.goto(f"{url}/train?recipe=digits")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_function(f"() => ({VIEWS})() > 0")
    name = next(runs.iterdir()).name
    train = count_wrong(page, 14, lambda views, headings: views == 1 and headings.count(name) == 1)
    page.goto(f"{url}/runs")
    page.get_by_test_id("stDataFrame").first.wait_for()
    listing = count_wrong(page, 4, lambda views, headings: headings.count("Runs") == 1)
    page.goto(f"{url}/compare")
    page.get_by_role("heading", name="In numbers").wait_for()
    parts = {"Compare", "On fresh noise", "Over the course of training", "In numbers"}
    compare = count_wrong(
        page,
        4,
        lambda views, headings: parts <= set(headings) and len(headings) == len(set(headings)),
    )
    return {"Train": train, "Runs": listing, "Compare": compare}


def main() -> None:
    """Begin so many trainings and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--busy", type=int, default=2, help="processes that do nothing but count")
    options = parser.parse_args()
    loops = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(options.busy)
    ]
    try:
        with sync_playwright() as playwright:
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(
                executable_path=chromium, args=list(CHROMIUM_FLAGS)
            )
            for start in range(options.starts):
                with tempfile.TemporaryDirectory() as scratch:
                    runs = Path(scratch) / "runs"
                    folders = {"GAN_RUNS_DIR": str(runs), "GAN_DATA_DIR": f"{scratch}/data"}
                    with serve("app.py", folders) as url:
                        page = browser.new_page(viewport={"width": 1280, "height": 1600})
                        page.set_default_timeout(PATIENCE)
                        wrong = one_start(page, url, runs)
                        page.close()
                print(f"start {start + 1}: wrong looks {wrong}", flush=True)
    finally:
        for loop in loops:
            loop.kill()


if __name__ == "__main__":
    main()
