"""What the screen costs: how long a person waits, and what watching takes from a training.

Starts the app twice, so that its files are cached, and drives headless Chromium on the same
machine. What it prints:

- seconds from `streamlit run` to a usable page, each page as the first of a server;
- from a slider's key press, by the browser's own time, to the first animation frame after the panel
  has drawn the new picture, one press every tenth of a second, idle and while a training runs;
- from the click on Start to the first grid, and to the grid of the step named by --read-step, which
  is copied out: whether its digits can be read is for a person to say;
- while the training runs, from the click on a page's link to the last change that this makes to
  the screen, charts and all, by the browser's own time;
- of each second that one, and then eight tabs watch it: the server's processor time beside the
  training's own threads, the bytes that one tab receives, and the training's speed, in turns with
  nobody watching. The watching browser works on the same cores, with low priority;
- the same with viewers that ask the server for all that a tab does and draw nothing: what watching
  costs a training whose watchers sit at other machines.

--loops lets so many other processes compute beside all that; --parts chooses among the tables.

    python benchmarks/pages.py [--presses 200] [--rounds 3] [--data-dir D] [--grid G.png]
                               [--loops 0] [--parts first start sliders switches tabs viewers]
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.busy import busy
from benchmarks.viewer import Viewer
from gan_core.data.loading import default_data_dir
from gan_core.runs.store import RunStore
from tests.e2e.conftest import CHROMIUM_FLAGS, serve_process

ROOT = Path(__file__).resolve().parent.parent
TURN_EVERY = 40  # presses, fewer than there are steps to the end of a slider
PAUSE_MS = 100
FOR_LONG = 500  # epochs
WINDOW = 15  # seconds that a number of tabs is watched at a time
TABS = (0, 1, 8)
SETTLING = 3  # seconds until a viewer has the whole page
BUSY = 0.3  # of a core: what a thread of the training takes at least
QUIET_MS = 200  # without a change, after which a page is drawn; it ticks once a second
PATIENCE_MS = 60_000  # for a page to come, and to come to rest
PARTS = ("first", "start", "sliders", "switches", "tabs", "viewers")
PAGES = ("Home", "Explore", "Compare", "Leaderboard", "Learn", "Runs", "Train", "Plane")
SOURCE = "checkpoints/dcgan-mnist"
PICTURE_THERE = ".panel[data-pictures]:not([data-pictures='0'])"

MEASURE = """panel => {
    window.latencies = [];
    let pressed = 0;
    document.addEventListener("keydown", (event) => (pressed = event.timeStamp), true);
    new MutationObserver(() => {
        const since = pressed;
        requestAnimationFrame(() => window.latencies.push(performance.now() - since));
    }).observe(panel, {attributeFilter: ["data-pictures"]});
}"""

# Times count from the click. A page is there once its script has ended under its own heading and
# nothing on the screen has changed for a while: charts are drawn after the script.
SWITCH = """([title, quiet, patience]) => new Promise((done, failed) => {
    let clickedAt = null, changedAt = 0;
    const until = performance.now() + patience;
    const app = document.querySelector('[data-testid="stApp"]');
    document.addEventListener("click", (event) => (clickedAt = event.timeStamp),
        {capture: true, once: true});
    const watch = new MutationObserver(() => (changedAt = performance.now()));
    watch.observe(document, {subtree: true, childList: true, attributes: true});
    const look = () => {
        const there = clickedAt !== null && changedAt > clickedAt
            && app.dataset.testScriptState === "notRunning"
            && document.querySelector("h1")?.innerText === title;
        const rests = there && performance.now() - changedAt >= quiet;
        const late = performance.now() > until;
        if (!rests && !late) return requestAnimationFrame(look);
        watch.disconnect();
        if (rests) return done(changedAt - clickedAt);
        failed(new Error(`${title}: ${there ? "it never rests" : "it never came"}`));
    };
    look();
})"""


def wait_until_settled(page: Page) -> None:
    """Wait until the script has run to its end."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def slider_latencies(page: Page, url: str, presses: int) -> list[float]:
    """Milliseconds from a key press to the picture, for each press."""
    page.goto(url)
    panel = page.locator(PICTURE_THERE)
    panel.wait_for()
    wait_until_settled(page)
    panel.evaluate(MEASURE)
    page.get_by_role("slider", name="Direction 1").first.focus()
    for press in range(presses):
        forward = (press + TURN_EVERY // 2) // TURN_EVERY % 2 == 0
        page.keyboard.press("ArrowRight" if forward else "ArrowLeft")
        page.wait_for_function("n => window.latencies.length > n", arg=press)
        page.wait_for_timeout(PAUSE_MS)
    return page.evaluate("window.latencies")


def start_training(page: Page, url: str) -> tuple[float, float]:
    """The moment of the click on Start, and the seconds from it to the first grid on the screen."""
    page.goto(f"{url}/train")
    button = page.get_by_role("button", name="Start training")
    button.wait_for()
    wait_until_settled(page)
    page.get_by_text("Length and seed", exact=True).click()
    epochs = page.get_by_role("spinbutton", name="Epochs", exact=True)
    epochs.fill(str(FOR_LONG))
    epochs.press("Enter")
    wait_until_settled(page)
    start = time.perf_counter()
    button.click()
    grid = page.get_by_role("img", name="Generated").first
    grid.wait_for()
    page.wait_for_function("c => c.width > 1", arg=grid.element_handle())
    return start, time.perf_counter() - start


def seconds_to_grid(runs: RunStore, step: int, start: float) -> tuple[float, bytes]:
    """Seconds from the start to the grid of a step, and the grid."""
    while True:
        for run in runs.list():
            if step in run.grids():
                return time.perf_counter() - start, run.grid_path(step).read_bytes()
        time.sleep(0.05)


def page_switches(page: Page, rounds: int) -> dict[str, list[float]]:
    """Milliseconds, by the browser's own time, from the click on each page's link to the last
    change that it makes to the screen."""
    times: dict[str, list[float]] = {name: [] for name in PAGES}
    for _ in range(rounds):
        for name in PAGES:
            title = "GANscope" if name == "Home" else name
            link = page.get_by_role("link", name=name, exact=True).first
            page.evaluate(
                f"args => {{ window.switched = ({SWITCH})(args); }}", [title, QUIET_MS, PATIENCE_MS]
            )
            link.click()
            times[name].append(page.evaluate("window.switched"))
            page.wait_for_timeout(500)
    return times


def low_priority(path: Path) -> Path:
    """A program that starts Chromium so that it waits for whatever else wants to work."""
    path.write_text(f'#!/bin/sh\nexec nice -n 10 {shutil.which("chromium")} "$@"\n')
    path.chmod(0o755)
    return path


def thread_seconds(process: int) -> dict[int, float]:
    """Processor time of each living thread of a process, as Linux counts it."""
    seconds_of = {}
    for task in Path(f"/proc/{process}/task").iterdir():
        try:
            seconds_of[int(task.name)] = int((task / "schedstat").read_text().split()[0]) / 1e9
        except FileNotFoundError:  # it ended meanwhile
            continue
    return seconds_of


def process_seconds(process: int) -> float:
    """Processor time of a process, its ended threads included."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class WatchCost:
    """What a window of watching took, for each of its seconds."""

    server: float  # processor seconds beside the training's threads
    speed: float  # training steps
    websocket_bytes: float = 0.0  # by one watcher
    http_bytes: float = 0.0  # of curves, and in a tab of grids, by one watcher


@contextmanager
def tabs(browser: Browser, url: str, number: int) -> Iterator[Page | None]:
    """So many tabs that watch the training; the first of them, where there is one."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(120_000)
    pages = [context.new_page() for _ in range(number)]
    try:
        for page in pages:
            page.goto(f"{url}/train")
            page.locator(".gs-chart .uplot").first.wait_for()
            wait_until_settled(page)
        yield pages[0] if pages else None
    finally:
        context.close()


def last_row(runs: RunStore) -> dict[str, float]:
    """The newest line of the log of the only run, which may just have begun."""
    [run] = runs.list()
    while not (rows := [*run.rows()]):
        time.sleep(0.1)
    return rows[-1]


def cost_of_a_window(server: int, runs: RunStore, wait: Callable[[float], None]) -> WatchCost:
    """What the server and the training do while so many seconds pass."""
    threads, cpu_seconds = thread_seconds(server), process_seconds(server)
    row, start = last_row(runs), time.perf_counter()
    wait(WINDOW)
    took = time.perf_counter() - start
    own = [
        after - threads[thread]
        for thread, after in thread_seconds(server).items()
        if thread in threads
    ]
    training = sum(share for share in own if share / took > BUSY)
    now = last_row(runs)
    return WatchCost(
        server=(process_seconds(server) - cpu_seconds - training) / took,
        speed=(now["step"] - row["step"]) / (now["seconds"] - row["seconds"]),
    )


def watch_in_tabs(
    browser: Browser, url: str, number: int, server: int, runs: RunStore
) -> WatchCost:
    """Let so many tabs of a browser watch for a while."""
    websocket_bytes = http_bytes = 0

    def frame(event: dict[str, dict[str, str]]) -> None:
        nonlocal websocket_bytes
        # Binary frames come as base64, of which four letters are three bytes.
        websocket_bytes += len(event["response"]["payloadData"]) * 3 // 4

    def count(event: dict[str, int]) -> None:
        nonlocal http_bytes
        http_bytes += event["encodedDataLength"]

    with tabs(browser, url, number) as page:
        if page is None:
            return cost_of_a_window(server, runs, time.sleep)
        client = page.context.new_cdp_session(page)
        client.send("Network.enable")
        client.on("Network.loadingFinished", count)
        client.on("Network.webSocketFrameReceived", frame)
        cost = cost_of_a_window(server, runs, lambda s: page.wait_for_timeout(s * 1e3))
    return replace(cost, websocket_bytes=websocket_bytes / WINDOW, http_bytes=http_bytes / WINDOW)


def watch_without_browser(url: str, number: int, server: int, runs: RunStore) -> WatchCost:
    """Let so many viewers that draw nothing watch for a while."""
    [run] = runs.list()
    viewers = [Viewer(url, run.name) for _ in range(number)]

    def bytes_of_each() -> tuple[float, float]:
        share = max(1, number)
        websocket = sum(viewer.websocket_bytes for viewer in viewers)
        return websocket / share, sum(viewer.http_bytes for viewer in viewers) / share

    try:
        time.sleep(SETTLING)
        websocket_bytes, http_bytes = bytes_of_each()
        cost = cost_of_a_window(server, runs, time.sleep)
        websocket_bytes_after, http_bytes_after = bytes_of_each()
    finally:
        for viewer in viewers:
            viewer.close()
    return replace(
        cost,
        websocket_bytes=(websocket_bytes_after - websocket_bytes) / WINDOW,
        http_bytes=(http_bytes_after - http_bytes) / WINDOW,
    )


def latency_row(what: str, values: list[float]) -> str:
    """One line on slider latencies."""
    late = statistics.quantiles(values, n=20)[-1]
    return f"| {what} | {statistics.median(values):.0f} ms | {late:.0f} ms | {len(values)} |"


def print_watching(what: str, costs: dict[int, list[WatchCost]]) -> None:
    """The table of what watching costs; speeds against the same turn's with nobody watching."""
    print(
        f"\n| {what} | server, ms of processor a second | websocket, bytes/s each "
        "| fetched, bytes/s each | training speed | least and most |"
    )
    print("|--:|--:|--:|--:|--:|---|")
    for number, windows in costs.items():
        shares = [window.speed / base.speed for window, base in zip(windows, costs[0], strict=True)]
        print(
            f"| {number} | {statistics.median(w.server for w in windows) * 1e3:.0f} "
            f"| {statistics.median(w.websocket_bytes for w in windows):,.0f} "
            f"| {statistics.median(w.http_bytes for w in windows):,.0f} "
            f"| {statistics.median(shares):.1%} | {min(shares):.1%} to {max(shares):.1%} |"
        )


def print_switches(switches: dict[str, list[float]]) -> None:
    """The table of page switches."""
    print("\n| while training, to the page | median | longest |")
    print("|---|--:|--:|")
    for name, times in switches.items():
        print(f"| {name} | {statistics.median(times):.0f} ms | {max(times):.0f} ms |")


def first_page(browser: Browser, name: str, folders: dict[str, str]) -> float:
    """Seconds from `streamlit run` to a usable page that is the first of its server."""
    start = time.perf_counter()
    with serve_process(ROOT / "app.py", env=folders) as (url, _), browser.new_page() as page:
        page.set_default_timeout(PATIENCE_MS)
        page.goto(url if name == "Home" else f"{url}/{name.lower()}")
        page.get_by_role("heading", level=1).wait_for()
        wait_until_settled(page)
        if name == "Explore":
            page.locator(PICTURE_THERE).wait_for()
        return time.perf_counter() - start


def print_first_pages(browser: Browser, folders: dict[str, str], rounds: int) -> None:
    """The table of first pages, after a start that lets the files be cached."""
    first_page(browser, "Home", folders)
    print("| first page of a server | median | longest |")
    print("|---|--:|--:|")
    for name in PAGES:
        times = [first_page(browser, name, folders) for _ in range(rounds)]
        print(f"| {name} | {statistics.median(times):.1f} s | {max(times):.1f} s |", flush=True)
    print()


def print_training(
    browser: Browser, watching: Browser, folders: dict[str, str], options: argparse.Namespace
) -> None:
    """The tables of what is measured while a server trains."""
    parts, runs = options.parts, RunStore(Path(folders["GAN_RUNS_DIR"]))
    page, other = browser.new_page(), browser.new_page()
    for tab in (page, other):
        tab.set_default_timeout(120_000)
    with serve_process(ROOT / "app.py", env=folders) as (url, server):
        explore = f"{url}/explore?g={SOURCE}"
        rows = []
        if "sliders" in parts:
            rows.append(latency_row("idle", slider_latencies(page, explore, options.presses)))
        else:
            page.goto(url)
            wait_until_settled(page)
        click, first = start_training(other, url)
        if "start" in parts:
            readable, grid = seconds_to_grid(runs, options.read_step, click)
            if options.grid:
                options.grid.write_bytes(grid)
            print(f"click on Start to the first grid: {first:.1f} s")
            print(f"click on Start to the grid of step {options.read_step:,}: {readable:.1f} s\n")
        other.goto("about:blank")
        if "sliders" in parts:
            latencies = slider_latencies(page, explore, options.presses)
            rows.append(latency_row("while training", latencies))
            print("| from a slider's key to the picture | median | 95th percentile | presses |")
            print("|---|--:|--:|--:|", *rows, sep="\n", flush=True)
        if "switches" in parts:
            print_switches(page_switches(page, options.rounds))
        page.goto("about:blank")
        watchers: dict[str, Callable[[str, int, int, RunStore], WatchCost]] = {
            "tabs": partial(watch_in_tabs, watching),
            "viewers": watch_without_browser,
        }
        for part, watch in watchers.items():
            if part not in parts:
                continue
            costs: dict[int, list[WatchCost]] = {number: [] for number in TABS}
            for number in TABS * options.rounds:
                costs[number].append(watch(url, number, server.pid, runs))
            print_watching(part, costs)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--presses", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data-dir", type=Path, default=default_data_dir())
    parser.add_argument("--read-step", type=int, default=1000)
    parser.add_argument("--grid", type=Path, help="where to copy the grid of that step")
    parser.add_argument("--loops", type=int, default=0, help="other processes that compute")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # so that a second start finds all compiled
    with (
        tempfile.TemporaryDirectory() as scratch,
        sync_playwright() as playwright,
        busy(options.loops),
    ):
        browser, watching = (
            playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
            for path in (shutil.which("chromium"), low_priority(Path(scratch, "chromium")))
        )
        folders = {
            "GAN_RUNS_DIR": f"{scratch}/runs",
            "GAN_DATA_DIR": str(options.data_dir.resolve()),
        }
        if "first" in options.parts:
            print_first_pages(browser, folders, options.rounds)
        if set(options.parts) - {"first"}:
            print_training(browser, watching, folders, options)
        browser.close()
        watching.close()


if __name__ == "__main__":
    main()
