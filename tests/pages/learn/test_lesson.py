from __future__ import annotations

from pathlib import Path

import pytest

from gan_core.objectives.table import OBJECTIVES
from pages.learn import lesson
from pages.learn.lesson import FOLDER, Lesson, Pitfall, parse_lesson, read_lesson

TEXT = r"""## Idea

Two players,
one game.

## Equations

### The game

$$
\begin{aligned}
& a \\
& b
\end{aligned}
$$

### and then

$$
c
$$

## Terms

- $a$: what a does,
  in two lines.
- $-\log b$: the second: of two.

## Balance

$a = b$.

## In the plane

Look at
the arrows.

## Pitfalls

### It fails.

Because.

*What to do:* Mend it,
and look again.
"""


def test_a_lesson_is_read_heading_by_heading() -> None:
    assert parse_lesson(TEXT) == Lesson(
        idea="Two players, one game.",
        equations=(
            ("The game", r"\begin{aligned} & a \\ & b \end{aligned}"),
            ("and then", "c"),
        ),
        terms=(("a", "what a does, in two lines."), (r"-\log b", "the second: of two.")),
        balance="$a = b$.",
        plane="Look at the arrows.",
        pitfalls=(Pitfall("It fails.", "Because.", "Mend it, and look again."),),
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("## Balance", "## Blance", "Blance"),
        (
            "## Balance\n\n$a = b$.\n\n",
            "",
            "its headings are Idea, Equations, Terms, In the plane, Pitfalls;",
        ),
        ("- $a$:", "- a:", "'a: what a does, in two lines.' is not of the form"),
        ("\nc\n$$", "\nc\n", "is not an equation"),
        ("*What to do:*", "To do:", "'It fails.' does not say"),
    ],
)
def test_what_is_written_otherwise_is_said_with_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, message: str
) -> None:
    monkeypatch.setattr(lesson, "FOLDER", tmp_path)
    (tmp_path / "new.md").write_text(TEXT.replace(old, new))
    with pytest.raises(ValueError, match=r"^new\.md: ") as caught:
        read_lesson("new")
    assert message in str(caught.value)


def test_an_objective_may_have_no_lesson() -> None:
    assert read_lesson("nobody-wrote-one") is None


LESSONS = sorted(path.stem for path in FOLDER.glob("*.md"))


def test_every_lesson_is_of_an_objective() -> None:
    assert len(LESSONS) >= 12  # another objective may come without one
    assert set(LESSONS) <= set(OBJECTIVES)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_whole(name: str) -> None:
    lesson = read_lesson(name)
    assert lesson is not None
    assert lesson.idea and lesson.balance
    assert len(lesson.equations) >= 2 and len(lesson.terms) >= 3 and len(lesson.pitfalls) >= 2
    for latex in [text for _, text in lesson.equations] + [text for text, _ in lesson.terms]:
        assert latex.count("{") == latex.count("}")
        assert "$" not in latex
