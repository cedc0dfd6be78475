"""Words for the screen: lengths of time, papers as links."""

from __future__ import annotations

import re


def link_papers(words: str) -> str:
    """The words as Markdown, every ``arXiv:NUMBER`` a link to its paper."""
    return re.sub(r"arXiv:(\d{4}\.\d{4,5})", r"[arXiv:\1](https://arxiv.org/abs/\1)", words)


def describe_duration(seconds: float) -> str:
    """A length of time as people say it: 45 s, 2 min 05 s, 1 h 20 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes:02d} min"
