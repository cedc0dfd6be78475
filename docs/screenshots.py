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

from gan_core.data.loading import default_data_dir
from tests.e2e.conftest import CHROMIUM_FLAGS, serve

# The script has ended, nothing is still a grey box or a spinner, and the images have arrived.
READY = """() =>
    document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    && !document.querySelector('[data-testid="stSkeleton"], [data-testid="stSpinner"]')
    && [...document.querySelectorAll("img")].every(image => image.complete)
"""
REST_MS = 2500  # for what begins late, and for animations
PATIENCE_MS = 120_000  # the machine may be busy


def rest(page: Page) -> None:
    """Wait until the page is drawn."""
    page.wait_for_timeout(REST_MS)
    page.wait_for_function(READY)


def open_page(page: Page, url: str) -> None:
    """Visit a page and let its pictures arrive."""
    page.goto(url)
    rest(page)


def take(page: Page, out: Path, width: int, height: int) -> None:
    """Take the page as it is, at a height that shows what it is about."""
    page.set_viewport_size({"width": width, "height": height})
    rest(page)
    page.screenshot(path=out)


def visit(page: Page, url: str, out: Path, width: int, seconds: float) -> None:
    """Every page in the order in which a newcomer meets them."""
    open_page(page, url)
    take(page, out / "home.png", width, 900)
    open_page(page, f"{url}/train")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_timeout(seconds * 1000)
    take(page, out / "train.png", width, 1150)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("link", name="Explore it").wait_for()
    open_page(page, f"{url}/plane")
    page.get_by_role("button", name="Start").click()
    page.wait_for_timeout(seconds * 1000 / 4)
    page.get_by_role("checkbox", name="Where the generator is pushed").check()
    take(page, out / "plane.png", width, 1150)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Film: the frames that were kept").wait_for()
    open_page(page, f"{url}/explore")
    page.get_by_role("button", name="Random keys").click()
    take(page, out / "explore.png", width, 1500)
    open_page(page, f"{url}/explore?g=checkpoints%2Fcgan-mnist&class=7")
    page.get_by_role("tab", name="Sample sheet").click()
    take(page, out / "classes.png", width, 1450)
    open_page(page, f"{url}/explore?tool=Map")
    page.get_by_role("radio", name="Samples").click()
    take(page, out / "map.png", width, 1650)
    open_page(page, f"{url}/compare")
    take(page, out / "compare.png", width, 1700)
    open_page(page, f"{url}/leaderboard")
    take(page, out / "leaderboard.png", width, 1050)
    open_page(page, f"{url}/learn?objective=wgan-gp")
    take(page, out / "learn.png", width, 1150)
    open_page(page, f"{url}/runs")
    page.get_by_test_id("stDataFrame").first.click(position={"x": 20, "y": 68})
    take(page, out / "runs.png", width, 1500)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-dir", type=Path, default=default_data_dir())
    parser.add_argument("--seconds", type=float, default=60, help="of training before its picture")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "images")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--width", type=int, default=1280)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as runs, sync_playwright() as playwright:
        env = {"GAN_DATA_DIR": str(options.data_dir.resolve()), "GAN_RUNS_DIR": runs}
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(CHROMIUM_FLAGS)
        )
        page = chromium.new_page(
            viewport={"width": options.width, "height": 900},
            color_scheme="dark" if options.dark else "light",
        )
        page.set_default_timeout(PATIENCE_MS)
        with serve("app.py", env) as url:
            visit(page, url, options.out, options.width, options.seconds)
        chromium.close()


if __name__ == "__main__":
    main()
