"""Imports run one way, and heavy ones wait: read from the source with ast.

One rule a package: what it may import of the project beside itself. Within a package nothing may
import in a circle.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# From the ground up; what stands in a line may import only from the lines above it.
CORE_FLOORS = (
    {"gan_core"},  # the package itself: its version
    {"gan_core.errors"},
    {
        "gan_core.files",
        "gan_core.devices",
        "gan_core.libraries",
        "gan_core.schedules",
        "gan_core.places",
        "gan_core.signals",
        "gan_core.wait_policy",
    },
    {"gan_core.config"},
    {"gan_core.config_files"},
    {"gan_core.images"},
    {"gan_core.data"},
    {"gan_core.networks"},
    {"gan_core.objectives", "gan_core.latent"},
    {"gan_core.presets"},
    {"gan_core.catalog"},
    {"gan_core.runs"},
    {"gan_core.quality"},
    {"gan_core.plane"},
    {"gan_core.training"},
    {"gan_core.html"},
    {"gan_core.cli"},
    {"gan_core.notebook"},
    {"gan_core.__main__"},
)
SHARED_FLOORS = (
    {"pages.shared"},
    {
        "pages.shared.text",
        "pages.shared.errors",
        "pages.shared.fragments",
    },
    {"pages.shared.server"},
    {"pages.shared.charts", "pages.shared.widgets", "pages.shared.forms"},
    {"pages.shared.runs"},
    {"pages.shared.pairs"},
)


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = [
    ROOT / "app.py",
    *(path for name in ("gan_core", "pages") for path in (ROOT / name).rglob("*.py")),
]
SOURCES = {name_of(path): path for path in FILES}
CORE = sorted(name for name in SOURCES if name.split(".")[0] == "gan_core")
SCREEN = sorted(name for name in SOURCES if name.split(".")[0] == "pages")


def room_of(module: str) -> str:
    """The package that a module lives in, by which its rule is found."""
    parts = module.split(".")
    if parts[:2] == ["pages", "shared"]:
        return ".".join(parts[:3])
    return ".".join(parts[:2])


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(SOURCES[module].read_text("utf-8"))


def for_types_only(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def statements(node: ast.AST, at_import: bool) -> Iterator[ast.stmt]:
    """Statements below a node: all of them, or those that run when the module is imported."""
    for child in ast.iter_child_nodes(node):
        if at_import and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(child, ast.stmt):
            if at_import and for_types_only(child):
                continue
            yield child
        yield from statements(child, at_import)


@cache
def imports(module: str, *, at_import: bool = False) -> set[str]:
    """The modules that a module imports, by their full names."""
    found: set[str] = set()
    for node in statements(tree_of(module), at_import):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            base = node.module or ""
            for alias in node.names:
                full = f"{base}.{alias.name}"
                found.add(full if full in SOURCES else base)
    return found


def own_imports(module: str) -> set[str]:
    return {name for name in imports(module) if name in SOURCES} - {module}


def tops(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


@cache
def loads_at_import(module: str) -> set[str]:
    """Outside packages that importing a module brings along, through modules of the project."""
    names, waiting = {module}, [module]
    while waiting:
        new = imports(waiting.pop(), at_import=True) - names
        names |= new
        waiting += new & SOURCES.keys()
    return tops(names - SOURCES.keys())


def floor_of(room: str, floors: tuple[set[str], ...]) -> int:
    for floor, rooms in enumerate(floors):
        if room in rooms:
            return floor
    raise AssertionError(f"give {room} its floor")


def may_import(module: str, other: str) -> bool:
    """The rule of each package."""
    room, other_room = room_of(module), room_of(other)
    if room == other_room:
        return True
    if module == "app":
        return other.startswith("pages.shared")
    if room.startswith("gan_core"):
        return floor_of(other_room, CORE_FLOORS) < floor_of(room, CORE_FLOORS)
    if other_room.startswith("gan_core"):
        return True
    if module == "pages.main":
        return other_room.startswith("pages.")
    if room.startswith("pages.shared"):
        below = other_room.startswith("pages.shared")
        return below and floor_of(other_room, SHARED_FLOORS) < floor_of(room, SHARED_FLOORS)
    return other_room.startswith("pages.shared")  # a page: nothing of another page


def test_imports_run_one_way() -> None:
    wrong = [
        f"{module} imports {other}"
        for module in sorted(SOURCES)
        for other in sorted(own_imports(module))
        if not may_import(module, other)
    ]
    assert not wrong


def test_nothing_imports_in_a_circle() -> None:
    graph = {module: own_imports(module) for module in SOURCES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"imports in a circle: {' -> '.join(error.args[1])}")


def test_the_core_knows_nothing_of_the_screen() -> None:
    screen = {"streamlit", "plotly", "pages", "app"}
    assert not [module for module in CORE if tops(imports(module)) & screen]


def test_threads_begin_in_few_places() -> None:
    threads = {"threading", "_thread", "concurrent", "multiprocessing"}
    assert {module for module in CORE if tops(imports(module)) & threads} <= {
        "gan_core.training.job",
        "gan_core.training.trainings",
        "gan_core.training.background",
        "gan_core.training.threads",
        "gan_core.libraries",
        "gan_core.schedules",
        "gan_core.wait_policy",
    }


def test_libraries_full_of_circles_are_loaded_by_one_thread_at_a_time() -> None:
    circular = {"torchvision", "torchmetrics", "sklearn", "scipy", "onnx", "onnxscript"}
    unguarded = [
        f"{module}, line {line}"
        for module in sorted(SOURCES)
        if tops(imports(module)) & circular
        for line in unguarded_imports(module, circular)
    ]
    assert not unguarded, "with one_at_a_time"


def unguarded_imports(module: str, libraries: set[str]) -> Iterator[int]:
    """The lines where a module imports one of them, but not with one_at_a_time."""
    tree = tree_of(module)
    guarded = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.With)
        and "one_at_a_time" in {ast.unparse(item.context_expr) for item in block.items}
        for node in ast.walk(block)
    }
    for node in statements(tree, at_import=False):
        names: set[str] = set()
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {node.module or ""}
        if tops(names) & libraries and id(node) not in guarded:
            yield node.lineno


def test_nothing_is_unpickled() -> None:
    pickles = {"pickle", "cloudpickle", "dill", "joblib", "shelve"}
    for module in CORE:
        assert not tops(imports(module)) & pickles, module
        for node in ast.walk(tree_of(module)):
            if isinstance(node, ast.Call) and is_torch_load(node.func):
                safe = {k.arg: ast.unparse(k.value) for k in node.keywords}.get("weights_only")
                assert safe == "True", f"{module}, line {node.lineno}"
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert ast.unparse(node.value) == "False", f"{module}, line {node.lineno}"


def is_torch_load(function: ast.expr) -> bool:
    is_load = isinstance(function, ast.Attribute) and function.attr == "load"
    return is_load and ast.unparse(function) == "torch.load"


def test_config_needs_the_standard_library_alone() -> None:
    outside = loads_at_import("gan_core.config") - set(sys.stdlib_module_names)
    assert outside == set()


def test_the_frame_of_a_page_waits_for_no_torch() -> None:
    heavy = {"torch", "torchvision", "sklearn", "scipy"}
    assert not [module for module in ("app", *SCREEN) if loads_at_import(module) & heavy]


def test_a_page_puts_off_the_import_of_engines_alone() -> None:
    """What loads no torch is imported at the top; what the tables say is asked of the catalog."""
    tables = ("gan_core.objectives", "gan_core.networks.table", "gan_core.presets")
    for module in SCREEN:
        for engine in imported_in_functions(module):
            assert "torch" in loads_at_import(engine), f"{module}: import {engine} at the top"
            assert not engine.startswith(tables), f"{module}: ask gan_core.catalog"


def imported_in_functions(module: str) -> Iterator[str]:
    """The modules of the library that a module imports where work is done."""
    for function in ast.walk(tree_of(module)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if not isinstance(node, ast.ImportFrom) or "gan_core" not in str(node.module):
                continue
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in SOURCES else str(node.module)


def test_every_fragment_stands_in_a_box_of_its_own() -> None:
    for module in SCREEN:
        if module != "pages.shared.fragments":
            text = SOURCES[module].read_text("utf-8")
            assert "st.fragment" not in text, f"{module}: take it from pages.shared.fragments"


def test_only_the_process_keeps_things_between_reruns() -> None:
    for module in SCREEN:
        if module != "pages.shared.server.process":
            text = SOURCES[module].read_text("utf-8")
            assert "cache_resource" not in text, f"{module} uses st.cache_resource"


def test_the_library_alone_loads_nothing() -> None:
    code = "import sys, gan_core; assert not {'torch', 'numpy', 'typer'} & {*sys.modules}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


NO_TORCH = (
    "gan_core.config",
    "gan_core.presets",
    "gan_core.cli.main",
    "gan_core.quality.record",
    "gan_core.training.snapshot",
    "gan_core.training.findings",
    "gan_core.catalog",
    "gan_core.training.doctor",
    "gan_core.training.forks",
    "gan_core.training.trainings",
    "pages.shared.server.routes",
)
IMPORT = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    assert "torch" not in sys.modules, name
"""


def test_what_loads_no_torch() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", IMPORT, *NO_TORCH]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
