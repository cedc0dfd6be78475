"""What each layer of the generator makes of the point, while the sliders move."""

from __future__ import annotations

import streamlit as st

from pages.explore.subject import Subject
from pages.shared.fragments import fragment
from pages.shared.server import generators, urls
from pages.shared.widgets.feature_maps.feature_maps import feature_maps


@fragment
def layer_maps(subject: Subject) -> None:
    """Show the feature maps of every layer for the point above."""
    version, source = subject.version, subject.source
    st.markdown(
        "**What each layer makes of the point above.** From z at the top to the picture at the "
        "bottom. Point at a map to see it large; it follows the sliders."
    )
    feature_maps(
        generators.layers(version),
        subject.model.info.image_shape,
        subject.exploration.point.vector.tolist(),
        url=urls.layers_url(source, version.number, subject.label),
        follows=urls.picture_url(source, version.number, subject.label),
        key="explore_layers",
    )
    st.caption(
        "A map is one channel of a layer's output; numbers without a place in a picture lie in "
        "rows. Black and white are the ends of a layer's own numbers, so that maps of one layer "
        "can be compared, and those of two cannot."
    )
