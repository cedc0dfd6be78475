"""Markdown files of texts, taken apart at their headings."""

from __future__ import annotations

import re


def sections(text: str, level: int) -> list[tuple[str, str]]:
    """What stands below each heading of a level: the heading and its text, in order.

    What stands before the first one is left out.
    """
    _, *parts = re.split(rf"^#{{{level}}} (.+)$", text, flags=re.MULTILINE)
    headings, texts = parts[::2], parts[1::2]
    return [(heading.strip(), text) for heading, text in zip(headings, texts, strict=True)]


def unwrap(text: str) -> str:
    """A paragraph on one line."""
    return " ".join(text.split())
