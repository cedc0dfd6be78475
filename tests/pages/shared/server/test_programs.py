from __future__ import annotations

from dataclasses import replace

from gan_core.runs.generators import find_checkpoint, open_generator
from pages.shared.server.programs import may_run_in_a_browser


def test_what_ships_may_run_in_a_browser_and_large_networks_may_not() -> None:
    model = open_generator(find_checkpoint("cgan-mnist"))
    assert may_run_in_a_browser(model)
    large = replace(
        model,
        config=model.config.with_settings({"architecture": "dcgan-64"}),
        info=replace(model.info, image_shape=(1, 64, 64)),
    )
    assert not may_run_in_a_browser(large)
