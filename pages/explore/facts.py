"""What the generator on the page is, in a line."""

from __future__ import annotations

import streamlit as st

from gan_core import catalog
from gan_core.runs.sizes import network_sizes
from pages.explore.subject import Subject
from pages.shared.server import histories
from pages.shared.text import plain


def facts(subject: Subject) -> None:
    """Show what it is, and whether it is being trained."""
    source, config, info = subject.source, subject.model.config, subject.model.info
    parameters, _, multiply_adds = network_sizes(config, info)
    status = source.folder.status()
    steps = [subject.model.step, source.step, status.step]  # the file's own word before the run's
    step = next(step for step in steps if step is not None)
    side = info.image_shape[1]
    parts = [
        catalog.architecture(config.architecture).title,
        catalog.objective_class(config.objective).title,
        f"data set {config.dataset}, {side} x {side}",
        f"latent size {config.latent_dim}, {config.noise} noise",
        f"{parameters:,} parameters",
        f"{multiply_adds:,} multiply-adds a picture",
        f"trained {step:,} steps",
    ]
    st.caption(plain(" · ".join(parts)))
    live = histories.snapshot(source)
    if live is not None and live.phase.active and source.step is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                f"This run is being trained. Its pictures come from the state saved at step "
                f"{status.step:,}.",
                width="stretch",
            )
            st.button("Take the latest state", icon=":material/refresh:")
