"""All generators, with what was measured of each.

Nothing is computed here but the sizes of networks: measurements are read from the files that a run
or checkpoint keeps, so that a list of many is quick.
"""

from __future__ import annotations

from gan_core.errors import CheckpointError, GanError
from gan_core.quality.record import read_quality
from pages.leaderboard.standings import Entry
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
    from gan_core.catalog import network_sizes  # builds the networks, on no device

    run = source.folder
    config, info, status = run.config(), run.info(), run.status()
    config = config.with_steps(info.dataset_size)
    parameters, _, multiply_adds = network_sizes(config, info.image_shape, info.classes)
    grids = run.grids()
    return Entry(
        source=source,
        config=config,
        info=info,
        step=status.step,
        seconds=status.seconds,
        grid=grids[-1] if grids else None,
        quality=read_quality(run, config.dataset),
        parameters=parameters,
        multiply_adds=multiply_adds,
    )
