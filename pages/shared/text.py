"""Words for the screen: lengths of time, papers as links, recipes."""

from __future__ import annotations

import re


def linked(words: str) -> str:
    """The words as Markdown, every ``arXiv:NUMBER`` a link to its paper."""
    return re.sub(r"arXiv:(\d{4}\.\d{4,5})", r"[arXiv:\1](https://arxiv.org/abs/\1)", words)
