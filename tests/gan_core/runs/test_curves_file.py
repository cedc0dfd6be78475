from __future__ import annotations

from pathlib import Path

from gan_core.runs.curves_file import curves_csv
from gan_core.runs.folder import HISTORY, QUALITY, RunFolder


def test_a_row_a_step(tmp_path: Path) -> None:
    (tmp_path / HISTORY).write_text(
        '{"step": 50, "images": 100, "seconds": 1.5, "d/loss": 0.5}\n'
        '{"step": 100, "images": 200, "seconds": 3.0, "d/loss": 0.25, "=evil": 1}\n'
    )
    (tmp_path / QUALITY).write_text(
        '{"step": 75, "images": 150, "seconds": 2.0, "fd": 7.0}\n'
        '{"step": 100, "images": 200, "seconds": 3.0, "fd": 6.0}\n'
    )
    assert curves_csv(RunFolder(tmp_path)) == (
        "step,images,seconds,d/loss,=evil,quality/fd\n"
        "50,100,1.5,0.5,,\n"
        "75,150,2.0,,,7.0\n"
        "100,200,3.0,0.25,1,6.0\n"
    )


def test_of_nothing_it_is_a_head(tmp_path: Path) -> None:
    assert curves_csv(RunFolder(tmp_path)) == "step,images,seconds\n"
