from __future__ import annotations

from pages.learn.markdown import sections, unwrap

TEXT = """What stands before is left out.

## One

first

### Within

second

## Two: and a half
third
"""


def test_sections_are_the_headings_of_one_level_and_what_stands_below_each() -> None:
    assert [heading for heading, _ in sections(TEXT, 2)] == ["One", "Two: and a half"]
    (one, first), (_, last) = sections(TEXT, 2)
    assert one == "One" and "### Within" in first and last.strip() == "third"
    assert [(heading, text.strip()) for heading, text in sections(first, 3)] == [
        ("Within", "second")
    ]
    assert sections("no heading", 2) == []


def test_a_paragraph_is_put_on_one_line() -> None:
    assert unwrap("\n one\n  two\n") == "one two"
