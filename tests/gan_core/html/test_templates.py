from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from gan_core.html import templates


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(templates, "_ROOT", tmp_path)
    templates._environment.cache_clear()
    path = tmp_path / "page" / "file.html.jinja"
    path.parent.mkdir()
    path.write_text("<p title='{{ words }}'>{{ words }}</p>{{ page | safe }}\n")
    yield path
    templates._environment.cache_clear()


def test_values_are_escaped_but_for_what_is_html_already(template: Path) -> None:
    html = templates.render(template, words="<b>'\"&", page="<i>")
    assert html == "<p title='&lt;b&gt;&#39;&#34;&amp;'>&lt;b&gt;&#39;&#34;&amp;</p><i>\n"


def test_a_value_that_is_not_given_is_an_error(template: Path) -> None:
    with pytest.raises(UndefinedError, match="'page' is undefined"):
        templates.render(template, words="")
