"""Pictures one after another: to play, and to take away as a file."""

from __future__ import annotations

from collections.abc import Sequence

from pages.explore.pictures import Pictures
from pages.explore.subject import Subject
from pages.shared.forms.downloads import FRAMES_PER_SECOND, export_row
from pages.shared.widgets.player.player import player


def animation(
    subject: Subject,
    pictures: Pictures,
    moments: Sequence[int],
    *,
    unit: str,
    name: str,
    key: str,
    captions: Sequence[str] = (),
    frames_per_second: float = FRAMES_PER_SECOND,
) -> None:
    """Show a player of pictures at so many moments, and a row of files of them.

    ``unit`` is what a moment is, ``name`` what the file is called after the generator.
    """
    frames = [
        {"at": moment, "url": address}
        for moment, address in zip(moments, pictures.addresses, strict=True)
    ]
    if captions:
        frames = [
            {**frame, "caption": caption} for frame, caption in zip(frames, captions, strict=True)
        ]
    player(
        [{"label": "", "frames": frames}],
        key=f"{key}_player",
        unit=unit,
        fps=frames_per_second,
        follow=False,
        label=unit.capitalize(),
        size=subject.thumbnail(280),
        drawn=pictures.drawn,
    )
    export = pictures.export(
        f"{subject.source.name}-{name}",
        len(moments),
        moving=True,
        frames_per_second=frames_per_second,
    )
    export_row(export, key=f"{key}_file")
