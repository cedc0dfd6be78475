from __future__ import annotations

import subprocess
import sys

from gan_core.objectives.table import OBJECTIVES
from gan_core.objectives.watches import Target, Watch, at_level


def test_a_chart_draws_its_own_lines_and_the_targets_of_its_columns() -> None:
    watch = Watch("Slopes", {"d/a": "a", "d/b": "b"}, "Words.", {"chance": 0.5})
    assert watch.levels({}) == {"chance": 0.5}
    targets = {"d/a": Target(1.0), "d/b": Target("margin", "margin"), "d/c": Target(7.0, "other")}
    assert watch.levels(targets) == {"chance": 0.5, "target": 1.0, "margin": "margin"}


def test_a_level_is_a_number_or_the_value_of_a_setting() -> None:
    assert at_level(0.5, {}) == 0.5
    assert at_level("margin", {"margin": 0.2}) == 0.2


def test_what_each_objective_holds_its_curves_at() -> None:
    assert OBJECTIVES["wgan-gp"].targets == {"d/gradient_norm": Target(1.0)}
    assert OBJECTIVES["ebgan"].targets == {"d/energy(G(z))": Target("margin", "margin")}
    assert not OBJECTIVES["hinge"].targets  # its margins are lines and no targets


def test_records_and_settings_load_without_torch() -> None:
    code = (
        "import sys, gan_core.objectives.watches, gan_core.objectives.settings;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
