"""What the schedule of a training makes of its settings, as small curves."""

from __future__ import annotations

import streamlit as st

from gan_core.config import TrainConfig
from gan_core.data.table import dataset_spec
from gan_core.errors import ConfigError
from pages.shared.text import plain

_IMAGES = 10_000  # where it is not known yet how many a data set has
_WIDTH, _HEIGHT, _EDGE = 240, 48, 3  # pixels
_PLACES = 120
_COLOR = "#0072b2"  # which light and dark pages show


def schedule(config: TrainConfig) -> None:
    """Each scheduled setting over the training, with the values that it begins and ends with;
    nothing where there are none."""
    if not config.schedule:
        return
    try:
        config = config.with_steps(dataset_spec(config.dataset).images or _IMAGES)
    except ConfigError as error:
        st.error(plain(error))
        return
    steps = [round(config.steps * place / _PLACES) for place in range(_PLACES + 1)]
    moments = [config.scheduled(step) for step in steps]
    st.caption(f"Over {config.steps:,} steps the schedule leads")
    with st.container(horizontal=True):
        for name in moments[0]:
            values = [moment[name] for moment in moments]
            words = f"{name}: {values[0]:.3g} to {values[-1]:.3g}"
            st.image(_curve(values), caption=plain(words), width=_WIDTH)


def _curve(values: list[float]) -> str:
    """Values at even distances as a line, an SVG."""
    low, span = min(values), (max(values) - min(values)) or 1.0
    across = (_WIDTH - 2 * _EDGE) / (len(values) - 1)
    points = " ".join(
        f"{_EDGE + across * place:.1f},"
        f"{_HEIGHT - _EDGE - (_HEIGHT - 2 * _EDGE) * (value - low) / span:.1f}"
        for place, value in enumerate(values)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}">'
        f'<polyline points="{points}" fill="none" stroke="{_COLOR}" stroke-width="2"/></svg>'
    )
