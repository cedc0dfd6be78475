"""What the generator on the page is, in a line."""

from __future__ import annotations

import streamlit as st

from pages.explore.subject import Subject
from pages.shared.server import histories


def facts(subject: Subject) -> None:
    """Show what it is, and whether it is being trained."""
    from gan_core.networks.summary import multiply_adds, parameter_count
    from gan_core.networks.table import architecture
    from gan_core.objectives.table import objective_class

    source, config = subject.source, subject.model.config
    generator = subject.model.generator
    status = source.folder.status()
    side = subject.model.info.image_shape[1]
    parts = [
        architecture(config.architecture).title,
        objective_class(config.objective).title,
        f"data set {config.dataset}, {side} x {side}",
        f"latent size {config.latent_dim}, {config.noise} noise",
        f"{parameter_count(generator):,} parameters",
        f"{multiply_adds(generator):,} multiply-adds a picture",
        f"trained {status.step if source.step is None else source.step:,} steps",
    ]
    st.caption(" · ".join(parts))
    live = histories.snapshot(source)
    if live is not None and live.phase.active and source.step is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                f"This run is being trained. Its pictures come from the state saved at step "
                f"{status.step:,}.",
                width="stretch",
            )
            st.button("Take the latest state", icon=":material/refresh:")
