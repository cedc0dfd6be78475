r"""What the Learn page says of an objective beyond its own docstring and code.

To teach an objective, write ``lessons/NAME.md`` with these headings::

    ## Idea
    What it is about, in a paragraph.

    ## Equations
    ### Whose it is, such as: The generator minimises
    $$
    -\mathbb{E}_z[\log D(G(z))]
    $$

    ## Terms
    - $\log D(x)$: what this term does.

    ## Balance
    What the curves show where neither player can gain.

    ## In the plane
    What to look for where it learns points, in a sentence or two.

    ## Pitfalls
    ### What one sees when it goes wrong.
    The cause.

    *What to do:* the remedy.

Words are Markdown and may be wrapped anywhere. Equations are LaTeX in the notation of the
objectives' docstrings: s is a logit, D what the critic says, and both players minimise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pages.learn.markdown import sections, unwrap

FOLDER = Path(__file__).parent / "lessons"
WHAT_TO_DO = "*What to do:*"
_PARTS = ("Idea", "Equations", "Terms", "Balance", "In the plane", "Pitfalls")


@dataclass(frozen=True)
class Pitfall:
    """What usually goes wrong. Sentences in Markdown."""

    sign: str  # what one sees
    cause: str
    remedy: str


@dataclass(frozen=True)
class Lesson:
    """One objective explained. Words are Markdown, equations LaTeX."""

    idea: str
    equations: tuple[tuple[str, str], ...]  # whose it is, and the equation
    terms: tuple[tuple[str, str], ...]  # a term, and what it does
    balance: str  # what the curves show where neither player can gain
    plane: str  # what to look for where it learns points
    pitfalls: tuple[Pitfall, ...]


def read_lesson(objective: str) -> Lesson | None:
    """The lesson on an objective; None where nobody has written one.

    Raises:
        ValueError: it is not written as this module says.
    """
    path = FOLDER / f"{objective}.md"
    if not path.is_file():
        return None
    try:
        return parse_lesson(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def parse_lesson(text: str) -> Lesson:
    """A lesson from its Markdown.

    Raises:
        ValueError: it is not written as this module says.
    """
    parts = dict(sections(text, 2))
    if tuple(parts) != _PARTS:
        raise ValueError(f"its headings are {', '.join(parts)}; they must be {', '.join(_PARTS)}.")
    _, *terms = re.split(r"^- ", parts["Terms"], flags=re.MULTILINE)
    return Lesson(
        idea=unwrap(parts["Idea"]),
        equations=tuple(
            (whose, _latex(unwrap(block))) for whose, block in sections(parts["Equations"], 3)
        ),
        terms=tuple(_term(unwrap(line)) for line in terms),
        balance=unwrap(parts["Balance"]),
        plane=unwrap(parts["In the plane"]),
        pitfalls=tuple(_pitfall(*part) for part in sections(parts["Pitfalls"], 3)),
    )


def _latex(block: str) -> str:
    parts = re.fullmatch(r"\$\$ ([^$]+) \$\$", block)
    if parts is None:
        raise ValueError(f"{block!r} is not an equation between two lines of $$.")
    return parts[1]


def _term(line: str) -> tuple[str, str]:
    parts = re.fullmatch(r"\$([^$]+)\$: (.+)", line)
    if parts is None:
        raise ValueError(f"{line!r} is not of the form $TERM$: WORDS.")
    return parts[1], parts[2]


def _pitfall(sign: str, text: str) -> Pitfall:
    cause, mark, remedy = unwrap(text).partition(f" {WHAT_TO_DO} ")
    if not mark:
        raise ValueError(f"{sign!r} does not say {WHAT_TO_DO} after its cause.")
    return Pitfall(sign, cause, remedy)
