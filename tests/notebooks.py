"""Notebooks run as Jupyter would, with what they show kept in them: no package is needed.

    python -m tests.notebooks docs/notebook.ipynb

runs one anew, in a folder of its own.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SHOWN = {"image/png": "_repr_png_", "text/markdown": "_repr_markdown_"}


def execute(notebook: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The same notebook with the outputs that its cells give, run one after the other in a folder.

    Raises whatever a cell raises.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    cells: list[dict[str, Any]] = []
    with contextlib.chdir(folder):
        for number, cell in enumerate(notebook["cells"]):
            if cell["cell_type"] == "code":
                count = 1 + sum(before["cell_type"] == "code" for before in cells)
                outputs = _run("".join(cell["source"]), names, f"cell {number}", count)
                cell = {**cell, "execution_count": count, "outputs": outputs}
            cells.append(cell)
    return {**notebook, "cells": cells}


def _run(source: str, names: dict[str, Any], title: str, count: int) -> list[dict[str, Any]]:
    tree = ast.parse(source)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, title, "exec"), names)
        value = None if last is None else eval(compile(last, title, "eval"), names)
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        text = printed.getvalue().splitlines(keepends=True)
        outputs.append({"output_type": "stream", "name": "stdout", "text": text})
    if value is not None:
        data: dict[str, Any] = {"text/plain": repr(value).splitlines(keepends=True)}
        for kind, method in _SHOWN.items():
            if hasattr(value, method):
                shown = getattr(value, method)()
                is_text = isinstance(shown, str)
                data[kind] = (
                    shown.splitlines(keepends=True) if is_text else base64.b64encode(shown).decode()
                )
        outputs.append(
            {
                "output_type": "execute_result",
                "execution_count": count,
                "data": data,
                "metadata": {},
            }
        )
    return outputs


if __name__ == "__main__":
    path = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        done = execute(json.loads(path.read_text("utf-8")), Path(scratch))
    path.write_text(json.dumps(done, indent=1, ensure_ascii=False) + "\n", "utf-8")
