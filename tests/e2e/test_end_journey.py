"""How the app ends while a training runs."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import torch

from gan_core.runs.generators import load_training
from gan_core.runs.status import Phase
from gan_core.runs.store import RunStore
from tests.e2e.conftest import START_SECONDS, serve_process

# That the server waits for before it would save by itself.
HALF = "POST /api/checkpoints/x/picture HTTP/1.1\r\nHost: {}\r\nContent-Length: 9\r\n\r\n{{"
SCRIPT = Path(__file__).with_name("training_app.py")


@contextmanager
def half_a_request(url: str) -> Iterator[None]:
    """A client that never says all it wanted to."""
    host = urlsplit(url)
    with socket.create_connection((str(host.hostname), int(host.port or 80))) as client:
        client.sendall(HALF.format(host.netloc).encode())
        yield


def test_ctrl_c_after_a_kill_while_a_request_hangs_loses_nothing(
    tmp_path: Path, runs: RunStore
) -> None:
    environment = {"GAN_DATA_DIR": str(tmp_path), "GAN_RUNS_DIR": str(runs.root)}
    with serve_process(SCRIPT, environment) as (url, process):
        deadline = time.monotonic() + START_SECONDS
        while not any(run.curves() for run in runs.list()):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        with half_a_request(url):
            time.sleep(1)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        process.wait(60)
    (run,) = runs.list()
    assert run.status().phase is Phase.STOPPED
    assert load_training(run, torch.device("cpu"))["step"] == run.status().step > 0
