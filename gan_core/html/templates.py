"""HTML files from Jinja templates that lie beside the code that fills them.

All values are escaped, whoever they come from; a template marks as ``safe`` what is HTML already.
Templates name those that they include from the root of the project.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

_ROOT = Path(__file__).resolve().parents[2]


def render(template: Path, **values: object) -> str:
    """The text of a template of the project, with those values in it.

    Raises:
        jinja2.TemplateError: it cannot be read, or asks for a value that is not there.
    """
    name = template.resolve().relative_to(_ROOT).as_posix()
    return _environment().get_template(name).render(values)


@cache
def _environment() -> Environment:
    # Not loaded with the pages, few visitors of which take a file away.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_ROOT),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
