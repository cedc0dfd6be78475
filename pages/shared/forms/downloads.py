"""Files to take away: a walk or a sheet as a kind of file, at a scale that a person chooses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from gan_core.errors import GanError

if TYPE_CHECKING:
    from gan_core.images.films import Size


FRAMES_PER_SECOND = 12
# Smaller files are made while a person waits for the download; larger ones show how far they are.
QUICK_PIXELS = 2**22

Drawn = Callable[[], Sequence[np.ndarray]]  # draws pictures (H, W, C) uint8, one after another
Progress = Callable[[float, str], None]  # the share that is done, and how far that is in words
Work = Callable[[Progress], bytes]  # makes a file


@dataclass(frozen=True)
class Export:
    """Pictures that can be taken away: as a film, or side by side on one sheet."""

    name: str  # of the file, without its ending
    draw: Drawn
    size: Size
    version: str  # another for other pictures
    columns: int  # of the sheet; 0: there is none
    moving: bool = True  # whether they are a film
    frames_per_second: float = FRAMES_PER_SECOND


def export_of(
    pictures: np.ndarray,
    name: str,
    columns: int,
    *,
    moving: bool,
    frames_per_second: float = FRAMES_PER_SECOND,
) -> Export:
    """Pictures (N, H, W, C) that stand on the page, to take away."""
    from gan_core.images import films

    version = hashlib.blake2b(pictures.tobytes(), digest_size=8).hexdigest()
    size = films.measure(list(pictures))
    return Export(name, lambda: list(pictures), size, version, columns, moving, frames_per_second)


@st.fragment
def export_row(film: Export, *, key: str) -> None:
    """A row that makes a file of pictures when it is asked for, and hands it over."""
    from gan_core.images import films

    kinds = [
        kind for kind, of in films.KINDS.items() if (film.moving if of.moving else film.columns)
    ]
    titles = {kind: films.KINDS[kind].title for kind in kinds}
    if film.moving and film.columns:
        titles["png"] = "Strip (PNG)"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = kinds[0]
        if len(kinds) > 1:
            kind = (
                st.segmented_control(
                    "File",
                    kinds,
                    format_func=lambda name: titles[name],
                    default=kinds[0],
                    required=True,
                    key=f"{key}_kind",
                    persist_state="session",
                )
                or kinds[0]
            )
        size = _sheet_size(film) if kind == "png" else film.size
        scales = [scale for scale in films.SCALES if size.fits(kind, scale)]
        if not scales:
            st.caption(f"Too large for a file: it may hold {films.MAX_PIXELS:,} pixels.")
            return
        scale_key = f"{key}_scale_{kind}"
        if st.session_state.get(scale_key) not in scales:
            st.session_state[scale_key] = _usual(scales, film, films.KINDS[kind].moving)
        scale = st.selectbox(
            "Scale",
            scales,
            format_func=lambda times: (
                f"{times}x · {size.width * times:,} x {size.height * times:,}"
            ),
            key=scale_key,
            persist_state="session",
            width=220,
        )

        def work(told: Progress) -> bytes:
            pictures = film.draw()
            if kind == "png":
                from gan_core.images import pixels

                pictures = [pixels.grid(np.stack(pictures), film.columns)]
            return films.encode(
                pictures,
                kind,
                scale,
                film.frames_per_second,
                lambda share: told(share, f"{share:.0%}"),
            )

        try:
            films.check(kind, size, scale)
        except GanError as error:
            st.error(str(error))
            return
        file = (f"{film.name}.{kind}", films.KINDS[kind].mime)
        if size.pixels(scale) <= QUICK_PIXELS:
            label = f"Save {films.KINDS[kind].title}"
            _save(lambda: work(lambda share, words: None), *file, key=key, label=label)
        else:
            file_button(work, *file, version=f"{film.version} {kind} {scale}", key=key)


def file_button(work: Work, name: str, mime: str, *, version: str, key: str) -> None:
    """A button that makes a file, with a bar meanwhile and a way to stop; then one that saves it.

    The file is kept until another version of it is asked for.
    """
    place = st.empty()
    made_key, asked_key = f"{key}_made", f"{key}_asked"
    kept: tuple[str, bytes] | None = st.session_state.get(made_key)
    asked = st.session_state.pop(asked_key, False)
    if kept is None or kept[0] != version:
        st.session_state.pop(made_key, None)
        if not asked:
            with place:
                st.button(
                    "Make the file",
                    icon=":material/hourglass_empty:",
                    key=f"{key}_make",
                    on_click=lambda: st.session_state.update({asked_key: True}),
                )
            return
        with place.container(horizontal=True, vertical_alignment="center", width="content"):
            bar = st.progress(0.0, f"Making {name} ...", width=260)
            # Any press interrupts this run, at the latest when the bar moves next.
            st.button("Stop", icon=":material/stop:", key=f"{key}_stop")

        def told(share: float, words: str) -> None:
            bar.progress(share, f"Making {name} ... {words}")

        try:
            kept = st.session_state[made_key] = (version, work(told))
        except GanError as error:
            place.error(str(error))
            return
    with place:
        _save(kept[1], name, mime, key=key, label=f"Save ({_volume(len(kept[1]))})")


def _volume(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.0f} kB"


def _save(
    content: bytes | Callable[[], bytes], name: str, mime: str, *, key: str, label: str
) -> None:
    st.download_button(
        label,
        content,
        name,
        mime,
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}_save",
    )


def _sheet_size(film: Export) -> Size:
    """What all pictures measure on one sheet."""
    from gan_core.images import films, pixels

    rows = -(-film.size.frames // film.columns)
    width = pixels.extent(film.columns, film.size.width)
    return films.Size(1, pixels.extent(rows, film.size.height), width)


def _usual(scales: Sequence[int], film: Export, moving: bool) -> int:
    """The scale to begin with: a film of some 250 pixels, a sheet with pictures of some 64."""
    wanted = (250 if moving else 64) / film.size.height
    return max((scale for scale in scales if scale <= wanted), default=scales[0])
