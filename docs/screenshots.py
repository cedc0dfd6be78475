"""The README's pictures of the app: starts it, trains for a while, and takes one of each page.

python docs/screenshots.py [--data-dir D] [--seconds 60] [--out docs/images]
                           [--dark] [--width 1280]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_core.datasets import default_data_dir
from tests.e2e.conftest import CHROMIUM_FLAGS, serve

SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
CANVAS_DRAWN = "() => [...document.querySelectorAll('img')].every(image => image.complete)"


def take(page: Page, url: str, out: Path, height: int) -> None:
    """Visit a page, let its pictures arrive, and take it."""
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height})  # type: ignore[index]
    page.goto(url)
    page.wait_for_selector(SETTLED)
    page.wait_for_function(CANVAS_DRAWN)
    page.wait_for_timeout(2500)
    page.screenshot(path=out)


def visit(page: Page, url: str, out: Path, seconds: float) -> None:
    """Every page in the order in which a newcomer meets them."""
    take(page, url, out / "home.png", 900)
    page.goto(f"{url}/train")
    start = page.get_by_role("button", name="Start training")
    start.wait_for()
    page.wait_for_selector(SETTLED)
    start.click()
    page.wait_for_timeout(seconds * 1000)
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 1150})  # type: ignore[index]
    page.wait_for_timeout(1000)
    page.screenshot(path=out / "train.png")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_timeout(3000)
    page.goto(f"{url}/explore")
    keys = page.get_by_role("button", name="Random keys")
    keys.wait_for()
    page.wait_for_selector(SETTLED)
    keys.click()
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 1500})  # type: ignore[index]
    page.wait_for_timeout(4000)
    page.screenshot(path=out / "explore.png")
    take(page, f"{url}/compare", out / "compare.png", 1700)
    take(page, f"{url}/runs", out / "runs.png", 800)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-dir", type=Path, default=default_data_dir())
    parser.add_argument("--seconds", type=float, default=60, help="of training before its picture")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "images")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--width", type=int, default=1280)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as runs, sync_playwright() as playwright:
        env = {"GAN_DATA_DIR": str(chosen.data_dir.resolve()), "GAN_RUNS_DIR": runs}
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(CHROMIUM_FLAGS)
        )
        page = chromium.new_page(
            viewport={"width": chosen.width, "height": 900},
            color_scheme="dark" if chosen.dark else "light",
        )
        with serve("app.py", env) as url:
            visit(page, url, chosen.out, chosen.seconds)
        chromium.close()


if __name__ == "__main__":
    main()
