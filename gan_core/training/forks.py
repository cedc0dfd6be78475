"""Forks: a run that begins as another one was at a saved step, and goes on with other settings.

The state is taken over whole: networks, averages, the optimizers' moments, the noise and the order
of the real images. What is changed takes effect from there, so two forks of one state differ by
what was changed and by nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gan_core import catalog
from gan_core.config import FIXED_IN_FORK, TrainConfig
from gan_core.errors import ConfigError
from gan_core.runs.folder import RunFolder
from gan_core.runs.store import RunStore


def fork_settings(config: TrainConfig, changes: Mapping[str, Any]) -> TrainConfig:
    """The settings of a fork: the parent's, with some changed.

    Raises:
        ConfigError: a setting is unknown, its value not allowed, or it cannot change in a fork.
    """
    child = config.with_settings(changes)
    for name, reason in FIXED_IN_FORK.items():
        if getattr(child, name) != getattr(config, name):
            raise ConfigError(f"{name} cannot change in a fork: {reason}.")
    catalog.check(child)
    before, after = catalog.declaration(config), catalog.declaration(child)
    for need in ("head", "conditional", "critic_norm"):
        if getattr(before, need) != getattr(after, need):
            raise ConfigError(
                f"objective cannot change from {config.objective!r} to {child.objective!r} in a "
                "fork: they need networks of different shapes."
            )
    return catalog.complete(child)


def new_fork(
    store: RunStore, parent: RunFolder, step: int, changes: Mapping[str, Any]
) -> RunFolder:
    """An empty folder for a fork, named by its parent, the step and what is changed."""
    title = re.sub(r"^\d{8}-\d{4}-|-at-\d+-.*$", "", parent.name)
    words = [
        f"{name}-{value:g}" if isinstance(value, float) else f"{name}-{value}"
        for name, value in changes.items()
    ]
    return store.create(f"{title[:32]}-at-{step}-{'-'.join(words) or 'unchanged'}")
