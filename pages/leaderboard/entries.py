"""All generators, with what was measured of each.

Nothing is computed here: measurements and sizes are read from the files that a run or checkpoint
keeps, so that a list of many is quick. Only of a run of an earlier version the network is counted.
"""

from __future__ import annotations

from gan_core.errors import CheckpointError, GanError
from gan_core.quality.record import read_quality
from gan_core.runs.sizes import network_sizes
from pages.leaderboard.standings import Entry
from pages.shared.runs.state import read_state
from pages.shared.server import sources


def read_entries() -> tuple[list[Entry], list[str]]:
    """All generators that can be read, and a sentence for each of the others."""
    entries, damages = [], []
    for source in sources.list_sources():
        try:
            entries.append(read_entry(source))
        except CheckpointError as error:  # it names the run
            damages.append(str(error))
        except GanError as error:
            damages.append(f"{source.label}: {error}")
    return entries, damages


def read_entry(source: sources.Source) -> Entry:
    """A generator with what its folder says.

    Raises:
        CheckpointError: it is gone or damaged.
        ConfigError: a network that this program does not know.
    """
    state = read_state(source)
    config, info = state.config, state.info
    if config is None or info is None:
        raise CheckpointError(state.damage or f"{source.name} is not yet a run.")
    parameters, _, multiply_adds = network_sizes(config, info)
    quality = read_quality(source.folder, config.dataset)
    return Entry(state, config, info, quality, parameters, multiply_adds)
