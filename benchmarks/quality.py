"""The measurements of every shipped generator, as a table in docs/quality.md.

Reads what each keeps in its evaluation.json; one that was not measured yet, or whose weights have
changed since, is measured first.

    python benchmarks/quality.py [--out docs/quality.md] [--data-dir D]
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_core.data import loading
from gan_core.errors import GanError
from gan_core.files import write_atomic
from gan_core.places import CHECKPOINTS_DIR
from gan_core.quality import evaluation, record
from gan_core.quality.measures import MEASURES
from gan_core.quality.record import Evaluation
from gan_core.runs.folder import RunFolder
from gan_core.runs.store import RunStore

OUT = Path(__file__).resolve().parent.parent / "docs" / "quality.md"
COLUMNS = (
    "fd", "kd", "kd_spread", "precision", "recall", "density", "coverage", "classifier_score",
    "readable", "present", "kl", "as_asked", "diversity", "copies",
)  # fmt: skip


def up_to_date(run: RunFolder, data_dir: Path) -> Evaluation:
    """The measurement that a checkpoint keeps of its present weights, made now if need be.

    Raises:
        GanError: it cannot be opened, or its data are not on this machine.
    """
    last = record.read(run)
    if last is not None and record.is_current(last, run):
        return last
    print(f"Measuring {run.name}", flush=True)
    return evaluation.measure(run, data_dir)


def document(evaluations: Sequence[tuple[str, Evaluation]]) -> str:
    """The table of each data set, the best generator first, and what its columns say."""
    parts = [
        "# The shipped generators in numbers",
        "Written by\n\n    python benchmarks/quality.py",
    ]
    for dataset in sorted({pair[1].dataset for pair in evaluations}):
        rows = [pair for pair in evaluations if pair[1].dataset == dataset]
        rows.sort(key=lambda pair: pair[1].result.get("fd", float("inf")))
        first = rows[0][1]
        parts += [
            f"## {dataset}",
            textwrap.fill(f"{first.headline}. {first.distances} {first.bounds}", 72),
            "\n".join(_table(rows)),
        ]
    parts += ["## What the columns say", "\n".join(_legend())]
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[tuple[str, Evaluation]]) -> Iterator[str]:
    names = [name for name in COLUMNS if any(name in row.result for _, row in rows)]
    yield "| | " + " | ".join(MEASURES[name].title for name in names) + " |"
    yield "|---|" + "--:|" * len(names)
    first = rows[0][1]
    bounds = [("*ceiling*", first.ceiling), ("*floor*", first.floor)]
    for title, values in [*bounds, *((name, row.result) for name, row in rows)]:
        cells = (MEASURES[name].format(values[name]) if name in values else "" for name in names)
        yield f"| {title} | " + " | ".join(cells) + " |"


def _legend() -> Iterator[str]:
    for name in COLUMNS:
        measure = MEASURES[name]
        better = f" {measure.better.capitalize()} is better." if measure.better else ""
        yield textwrap.fill(
            f"- **{measure.title}.** {measure.meaning}{better}", 72, subsequent_indent="  "
        )


def main() -> None:
    """Write the document."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--data-dir", type=Path, default=loading.default_data_dir())
    options = parser.parse_args()
    try:
        runs = RunStore(CHECKPOINTS_DIR).list()
        evaluations = [(run.name, up_to_date(run, options.data_dir)) for run in runs]
    except GanError as error:
        raise SystemExit(str(error)) from None
    write_atomic(options.out, document(evaluations).encode())
    print(f"{options.out}: {len(evaluations)} generators")


if __name__ == "__main__":
    main()
