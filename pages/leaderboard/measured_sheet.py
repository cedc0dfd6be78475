"""One generator's full measurement: every figure beside those of real images, and samples beside
the training images nearest to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gan_core.errors import CheckpointError
from pages.shared.server import sources

if TYPE_CHECKING:
    from gan_core.quality.record import Evaluation


def measured_sheet(item: sources.Source) -> None:
    """What was measured of a generator in full, or a sentence where that cannot be read."""
    from gan_core.quality import record

    try:
        found = record.read(item.folder)
    except CheckpointError as error:
        st.warning(str(error))
        return
    if found is None:
        st.caption(f"{item.label} was not measured in full yet.")
        return
    st.caption(f"{found.headline}, measured {found.measured.replace('T', ' ')}. {found.named}")
    rows = list(zip(*found.rows(), strict=True))
    scales = rows[0]
    st.table(
        {
            "Measurement": [scale.title for scale in scales],
            **dict(zip(("Result", "Ceiling", "Floor"), rows[1:], strict=True)),
            "What it says": [scale.meaning for scale in scales],
        },
        hide_index=True,
    )
    if found.shares:
        read = (f"{digit}: {share:.1%}" for digit, share in enumerate(found.shares))
        st.caption(f"Digits read in the samples: {', '.join(read)}.")
    st.caption(f"{found.ends} {' '.join(found.notes)}")
    _memory(item, found)


def _memory(item: sources.Source, found: Evaluation) -> None:
    from gan_core.quality.record import SHEET

    st.markdown("**Has it memorised the training images?**")
    st.write(found.memory)
    sheet = item.folder.path / SHEET
    if sheet.is_file():
        with st.container(width=640):
            st.image(
                sheet.read_bytes(),
                caption="Pairs of a sample and, at its right, the training image nearest to it: "
                "above the samples that come nearest to one image alone, below others as they "
                "came.",
                width="stretch",
            )
