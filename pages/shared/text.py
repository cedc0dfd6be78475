"""Words for the screen: lengths of time, papers as links, and what others wrote as it stands."""

from __future__ import annotations

import re

_JOINER = "\u2060"  # takes no room and is not seen
_MARKS = re.compile(r"[\\`*\[\]<>&$~|]|(?<![^\W_])_|_(?![^\W_])")
_LINE_START = re.compile(r"^(?:(?=#|[-+](?:\s|$)|[-=]{2})|(\d+)(?=[.)](?:\s|$)))")
# The browser looks for these in the text that is left when escapes are gone: icons, colours and
# emoji after a colon, and addresses that nobody marked as links.
_AFTER_PARSING = re.compile(r"(:(?=\S)|@(?=\S)|www(?=\.))", re.IGNORECASE)


def plain(words: object) -> str:
    """What somebody else wrote, as Markdown that shows it letter for letter on one line: nothing in
    it becomes a link, a picture, a formula, an icon, a colour or HTML.

    For all that comes from an address, a run, a folder or an upload, and for errors, which name
    such things. In it a text that is Markdown already would show its marks.
    """
    line = " ".join(str(words).encode("utf-8", "replace").decode().split())
    line = _MARKS.sub(r"\\\g<0>", line)
    line = _LINE_START.sub(r"\1\\", line)
    return _AFTER_PARSING.sub(rf"\1{_JOINER}", line)


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
