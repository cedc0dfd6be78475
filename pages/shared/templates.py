"""HTML files that leave the house, from Jinja templates that lie beside the code that fills them.

All values are escaped, whoever they come from; a template marks as ``safe`` what is HTML already.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

_PAGES = Path(__file__).resolve().parents[1]


def render(template: Path, **values: object) -> str:
    """The text of a template below ``pages/``, with those values in it.

    Raises:
        jinja2.TemplateError: it cannot be read, or asks for a value that is not there.
    """
    name = template.resolve().relative_to(_PAGES).as_posix()
    return _environment().get_template(name).render(values)


@cache
def _environment() -> Environment:
    # Not loaded with the pages, few visitors of which take a file away.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
