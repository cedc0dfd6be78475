"""What somebody else wrote is shown letter for letter: the places in the source where it might not
be, and every page with such text in its address."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared.text import plain
from tests.pages.screen import laboratory, open_page
from tests.tiny import train

ROOT = Path(__file__).resolve().parents[2] / "pages"
# What Streamlit renders as Markdown: these arguments of these functions.
BODIES = {
    "error", "info", "warning", "success", "caption", "markdown", "write", "title", "header",
    "subheader", "toast", "badge", "button", "download_button", "link_button", "expander",
    "popover", "tabs", "metric", "spinner", "checkbox", "toggle", "radio", "pills",
    "segmented_control", "slider", "select_slider", "selectbox", "multiselect", "number_input",
    "text_input", "text_area", "file_uploader", "status", "table", "form_submit_button",
}  # fmt: skip
KEYWORDS = {"label", "help", "body", "caption", "text"}
CONTAINERS = {"place", "left", "right", "bar", "column"}
WITHOUT_BODY = {"image", "progress", "page_link"}  # their Markdown is in keywords alone
# They give words of this program, or what they are given as plain text.
OURS = {
    "plain", "link_papers", "describe_duration", "describe_phase", "len", "list", "grid_words",
    "unwrap", "share_done",
}  # fmt: skip
# Records of this program's code, tables and lessons, whose words may be Markdown.
RECORDS = {
    "spec", "kind", "recipe", "lesson", "point", "breakage", "setting", "pitfall", "row", "term",
    "finding", "watch", "whose",
}  # fmt: skip
NUMBERS = {"width", "height", "side", "count", "step", "steps", "latent_dim"}
# Names that hold words of this program's code in these files, of what sort.
ARGUED: dict[str, tuple[str, str]] = {
    "compare/page.py": ("letter about", "A or B; what a chart shows"),
    "explore/point_panel.py": ("_shares unit", "a sentence of numbers"),
    "explore/tools/arithmetic.py": ("empty", "of the groups A, B and C"),
    "explore/tools/map.py": ("colours wait label name", "sentences; names of the corners"),
    "explore/tools/onnx.py": ("inputs", "Markdown: the names of the inputs as code"),
    "explore/given_picture.py": ("data unseen", "train or test"),
    "explore/tools/discriminator.py": ("words", "of the table of objectives, and of this program"),
    "explore/tools/own_picture.py": ("words", "a figure and a class"),
    "learn/at_work.py": ("told seed words", "a class made plain; a number; of links"),
    "learn/curves.py": ("title words", "of curves.md"),
    "learn/dcgan.py": ("points where lines name", "of points.md; sides by their names in it"),
    "learn/networks.py": (
        "_describe_norm title inputs _describe_layer map _describe_count name",
        "of tables: networks, layers and recipes",
    ),
    "learn/objectives.py": ("term words _describe_watch name _describe_optimizer", "of tables"),
    "runs/page.py": ("done", "steps"),
    "shared/forms/choice.py": ("label", "of a widget, given by a page"),
    "shared/forms/downloads.py": ("label words", "of a button; of the films' progress"),
    "shared/forms/settings.py": ("reasons", "each made plain"),
    "shared/pairs/fork_form.py": ("label exact", "of a list of settings; what a fork repeats"),
    "shared/pairs/race.py": ("letter breakages words", "of the table of breakages; steps"),
    "shared/runs/charts.py": ("words", "of the table of what to watch"),
    "shared/runs/findings.py": ("icon listed word", "of the tables of the doctor"),
    "shared/runs/job_buttons.py": ("stop which", "of buttons"),
    "shared/runs/live_controls.py": ("label words _PAUSE_FIRST", "of buttons"),
    "shared/runs/progress.py": ("parts label value", "times and numbers"),
    "train/settings.py": ("state title", "a sentence; of a group of settings"),
    "train/setup.py": ("first", "what to do"),
}


def is_ours(node: ast.expr | None, argued: frozenset[str] = frozenset()) -> bool:
    """Whether an expression can hold only words that this program wrote, or numbers."""

    def ours(*parts: ast.expr | None) -> bool:
        return all(is_ours(part, argued) for part in parts)

    match node:
        case None | ast.Constant():
            return True
        case ast.JoinedStr(values=parts) | ast.BoolOp(values=parts):
            return ours(*parts)
        case ast.FormattedValue(value=value, format_spec=spec):
            return spec is not None or ours(value)
        case ast.BinOp(left=left, right=right):
            return ours(left, right)
        case ast.IfExp(body=body, orelse=orelse):
            return ours(body, orelse)
        case ast.Dict(keys=keys, values=values):
            return ours(*keys, *values)
        case ast.DictComp(key=key, value=value):
            return ours(key, value)
        case ast.GeneratorExp(elt=element) | ast.ListComp(elt=element):
            return ours(element)
        case ast.Call(func=ast.Attribute(value=text, attr=name), args=args):
            return name in ("join", "strip", "lower", "capitalize", "values") and ours(text, *args)
        case ast.Call(func=ast.Name(id="map"), args=[function, *_]):
            return ours(function) or "map" in argued
        case ast.Call(func=ast.Name(id=name)):
            return name in OURS | argued
        case ast.Attribute(value=value, attr=name):
            return name in NUMBERS | {"standing"} or ours(value)
        case ast.Subscript(value=value):
            return ours(value)
        case ast.Name(id=name):
            return name.isupper() or name in RECORDS | OURS | NUMBERS | argued
    return False


def doubtful(path: Path) -> Iterator[tuple[ast.expr, str]]:
    """The expressions that a page gives to Markdown, of which it is not seen whose they are."""
    place_of_file = path.relative_to(ROOT).as_posix()
    names, _ = ARGUED.get(place_of_file, ("", ""))
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        for place in _places(node, node.func):
            if not is_ours(place, frozenset(names.split())):
                yield place, f"{place_of_file}: {ast.unparse(place)}"


def _places(call: ast.Call, function: ast.Attribute) -> Iterator[ast.expr]:
    """The arguments of a call that Streamlit renders as Markdown."""
    name, of_streamlit = function.attr, ast.unparse(function.value) == "st"
    if name not in BODIES | WITHOUT_BODY or not isinstance(function.value, ast.Name):
        return
    shared_names = ("title", "table", "error", "status")  # also of directions and of parsers
    if name in shared_names and not of_streamlit and function.value.id not in CONTAINERS:
        return
    if name in BODIES:
        yield from call.args[:1]
    if name == "progress":
        yield from call.args[1:2]
    yield from (one.value for one in call.keywords if one.arg in KEYWORDS)


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ("'words'", True),
        ("plain(error)", True),
        ("f'{plain(error)} Try again.'", True),
        ("f'{n:,} of {count}'", True),
        ("str(error)", False),
        ("f'{error} Try again.'", False),
        ("name", False),
        ("state.error or 'none'", False),
        ("'a' + words", False),
        ("', '.join(names)", False),
        ("f'{name!r}'", False),
    ],
)
def test_the_search_tells_our_words_from_those_of_others(expression: str, verdict: bool) -> None:
    assert is_ours(ast.parse(expression, mode="eval").body) is verdict


def test_text_of_others_reaches_markdown_through_one_function() -> None:
    places = {words for path in sorted(ROOT.rglob("*.py")) for _, words in doubtful(path)}
    assert places == set()


ATTACK = (
    "[click here](https://x.example) ![x](http://x.example/pixel.png) $x$ :material/home: "
    ":red[x] :smile: <b>x</b> `x` **x** https://x.example www.x.example a@x.example &amp; \\"
)
ALIVE = re.compile(
    r"(?<!\\)[\[\]<`*&$]|:material/|:red|:smile|https?://|www\.|@x|(?<!\\)(?:\\\\)*\\$"
)


def test_plain_text_is_dead_and_reads_as_it_was() -> None:
    assert not ALIVE.search(plain(ATTACK))
    assert re.sub(r"\u2060|\\(?=[^\w\s])", "", plain(ATTACK)) == ATTACK
    assert plain("run_1 of 'a b' (3): 5.5%, made 12 Nov") == "run_1 of 'a b' (3): 5.5%, made 12 Nov"
    for line in ("# a", "- a", "+ a", "1. a", "1) a", "> a", "---", "a\n\n    b", "_a_", "|a|"):
        shown = plain(line)
        assert "\n" not in shown and ("\\" in shown or line.startswith("a"))
    plain("\ud800").encode()  # a lone surrogate cannot be sent


def _markdown(at: AppTest) -> Iterator[str]:
    """All that the page gives to Markdown."""
    for element in at.main:
        proto = getattr(element, "proto", None)
        if element.type in ("code", "html", "component", "bidi_component"):
            continue
        yield from (
            value
            for name in ("body", "label", "help", "text")
            if isinstance(value := getattr(proto, name, None), str)
        )


EXPLORE = {"g": "runs/tiny"}


@pytest.mark.parametrize(
    ("page", "query", "keys"),
    [
        ("home", {}, "run"),
        ("train", {}, "run"),
        ("train", {}, "recipe preset"),
        ("explore", {}, "g"),
        ("explore", EXPLORE, "g2 step step2 class z along psi at tool"),
        ("explore", EXPLORE, "at along"),
        ("compare", {}, "a"),
        ("compare", {"a": "runs/tiny"}, "b noise only by"),
        ("leaderboard", {}, "dataset order"),
        ("learn", {}, "objective network point"),
        ("runs", {}, "run"),
    ],
)
def test_no_words_of_an_address_come_alive(
    page: str, query: dict[str, str], keys: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with laboratory(tmp_path, monkeypatch) as folder:
        train(folder / "runs", "tiny", steps=2)
        train(folder / "runs", "other", steps=2)
        at = open_page(page, **query, **dict.fromkeys(keys.split(), ATTACK))
    assert not at.exception
    spoken = [words for words in _markdown(at) if "x.example" in re.sub("\u2060", "", words)]
    assert page not in ("explore", "compare") or spoken  # the page does name what it refuses
    for words in spoken:
        assert plain(ATTACK) in words or plain(repr(ATTACK)) in words
