from __future__ import annotations

import time
from pathlib import Path

from gan_core.presets import preset
from pages.shared.server import process
from tests.pages.explore.screen import (
    button,
)
from tests.pages.screen import open_page, words
from tests.tiny import STEPS, train


def test_the_facts_of_the_generator(lab: Path) -> None:
    train(lab / "runs", "one")
    facts = words(open_page("explore"))
    # 16 * 128 + 128, 128 * 256 + 256, 256 * 512 + 512, 512 * 784 + 784
    assert "568,976 parameters" in facts
    assert "567,296 multiply-adds" in facts
    assert "data set digits, 28 x 28" in facts
    assert "latent size 16" in facts
    assert f"trained {STEPS} steps" in facts
    assert "GANSpace" in facts


def test_a_run_that_is_being_trained_says_so(lab: Path) -> None:
    config = preset("digits").with_settings({"architecture": "mlp", "steps": 1_000_000})
    job = process.trainings().start([config])
    deadline = time.monotonic() + 60
    while job.snapshot.step == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    at = open_page("explore", g=f"runs/{job.snapshot.run}")
    assert not at.exception
    assert "This run is being trained" in words(at)
    button(at, "Take the latest state")
    job.stop(timeout=30)
    assert "This run is being trained" not in words(at.run())
