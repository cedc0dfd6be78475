"""Files to take away: pictures as a kind of file, at a scale that a person chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from gan_core.errors import GanError
from gan_core.images import films, pixels
from pages.shared.forms.choice import choice
from pages.shared.fragments import fragment
from pages.shared.text import plain

FRAMES_PER_SECOND = 12
# Smaller files are made while a person waits for the download; larger ones show how far they are.
QUICK_PIXELS = 2**22

Draw = Callable[[], Sequence[np.ndarray]]  # draws pictures (H, W, C) uint8, one after another
Progress = Callable[[float, str], None]  # the share that is done, and how far that is in words
Work = Callable[[Progress], bytes]  # makes a file


@dataclass(frozen=True)
class Export:
    """Pictures that can become a file: frames that move, or side by side on one sheet."""

    name: str  # of the file, without its ending
    draw: Draw
    size: films.Size
    version: str  # another for other pictures
    columns: int  # of the sheet; 0: there is none
    moving: bool = True  # whether they are frames
    frames_per_second: float = FRAMES_PER_SECOND

    def titles(self) -> dict[str, str]:
        """The kinds of file that they can become: what each is called, by kind."""
        titles = {
            name: kind.title
            for name, kind in films.KINDS.items()
            if (self.moving if kind.moving else self.columns)
        }
        if self.moving and self.columns:
            titles["png"] = "Strip (PNG)"
        return titles

    def size_as(self, kind: str) -> films.Size:
        """What they measure in that kind of file."""
        if films.KINDS[kind].moving:
            return self.size
        rows = -(-self.size.frames // self.columns)
        height = pixels.extent(rows, self.size.height)
        return films.Size(1, height, pixels.extent(self.columns, self.size.width))

    def usual_scale(self, kind: str, scales: Sequence[int]) -> int:
        """The scale to begin with: frames of some 250 pixels, a sheet with pictures of some 64."""
        target = (250 if films.KINDS[kind].moving else 64) / self.size.height
        return max((scale for scale in scales if scale <= target), default=scales[0])

    def encode(self, kind: str, scale: int, progress: Progress) -> bytes:
        """The file.

        Raises:
            ConfigError, MissingToolError: as :func:`gan_core.images.films.encode`.
        """
        pictures = self.draw()
        if not films.KINDS[kind].moving:
            pictures = [pixels.grid(np.stack(pictures), self.columns)]
        return films.encode(
            pictures,
            kind,
            scale,
            self.frames_per_second,
            lambda share: progress(share, f"{share:.0%}"),
        )


@fragment
def export_row(export: Export, *, key: str) -> None:
    """A row that makes a file of pictures when it is asked for, and hands it over."""
    titles = export.titles()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = next(iter(titles))
        if len(titles) > 1:
            kind = choice("File", titles, f"{key}_kind")
        size = export.size_as(kind)
        scale = _scale_choice(export, kind, size, f"{key}_scale_{kind}")
        if scale is None:
            st.caption(f"Too large for a file: it may hold {films.MAX_PIXELS:,} pixels.")
            return
        try:
            films.check(kind, size, scale)
        except GanError as error:
            st.error(plain(error))
            return
        encode = partial(export.encode, kind, scale)
        file = (f"{export.name}.{kind}", films.KINDS[kind].mime)
        if size.pixels(scale) <= QUICK_PIXELS:
            label = f"Save {films.KINDS[kind].title}"
            _save_button(lambda: encode(lambda share, words: None), *file, key=key, label=label)
        else:
            file_button(encode, *file, version=f"{export.version} {kind} {scale}", key=key)


def _scale_choice(export: Export, kind: str, size: films.Size, key: str) -> int | None:
    """A whole factor that pictures are enlarged by; None where no file holds them."""
    scales = [scale for scale in films.SCALES if size.fits(kind, scale)]
    if not scales:
        return None
    if st.session_state.get(key) not in scales:
        st.session_state[key] = export.usual_scale(kind, scales)
    return st.selectbox(
        "Scale",
        scales,
        format_func=lambda times: f"{times}x · {size.width * times:,} x {size.height * times:,}",
        key=key,
        persist_state="session",
        width=220,
    )


def file_button(work: Work, name: str, mime: str, *, version: str, key: str) -> None:
    """A button that makes a file, with a bar meanwhile and a way to stop; then one that saves it.

    The file is kept until another version of it is asked for.
    """
    place = st.empty()
    file_key, request_key = f"{key}_made", f"{key}_asked"
    file: tuple[str, bytes] | None = st.session_state.get(file_key)
    is_requested = st.session_state.pop(request_key, False)
    if file is None or file[0] != version:
        st.session_state.pop(file_key, None)
        if not is_requested:
            with place:
                st.button(
                    "Make the file",
                    icon=":material/hourglass_empty:",
                    key=f"{key}_make",
                    on_click=lambda: st.session_state.update({request_key: True}),
                )
            return
        with place.container(horizontal=True, vertical_alignment="center", width="content"):
            bar = st.progress(0.0, f"Making {plain(name)} ...", width=260)
            # Any press interrupts this run, at the latest when the bar moves next.
            st.button("Stop", icon=":material/stop:", key=f"{key}_stop")

        def progress(share: float, words: str) -> None:
            bar.progress(share, f"Making {plain(name)} ... {words}")

        try:
            file = st.session_state[file_key] = (version, work(progress))
        except GanError as error:
            place.error(plain(error))
            return
    with place:
        content = file[1]
        _save_button(content, name, mime, key=key, label=f"Save ({_volume(len(content))})")


def _volume(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.0f} kB"


def _save_button(
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
