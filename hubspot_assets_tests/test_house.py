"""The layout of the package: which room a line belongs in, and which way data goes."""

import ast
import graphlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import hubspot_assets

ROOT = Path(hubspot_assets.__file__).parent
LIBRARIES = ("hubspot", "tables", "warehouse")
ARROWS: Mapping[str, set[str]] = {
    "catalog": set(),
    "settings": {"catalog"},
    "warehouse": set(),
    "hubspot": {"catalog"},
    "tables": {"catalog", "hubspot", "warehouse"},
    "sync": {"catalog", "hubspot", "tables", "warehouse"},
    "defs": {"catalog", "settings", "hubspot", "tables", "warehouse", "sync"},
    "setup": {"catalog", "settings", "hubspot", "tables", "warehouse", "sync", "defs"},
    "demo_portal": {"catalog"},
    "demo": {"definitions", "defs", "demo_portal", "settings", "sync", "warehouse", "catalog"},
    # The former place of the Celery application.
    "executors": {"defs"},
}
"""Which rooms each room may import from."""
DOORS = {"__init__.py", "__main__.py", "cli.py", "definitions.py", "py.typed"}


@pytest.fixture(scope="module")
def modules() -> Mapping[str, ast.Module]:
    """Every module of the package, by its name."""
    return {
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
            path.read_text()
        )
        for path in sorted(ROOT.rglob("*.py"))
    }


def imports(tree: ast.AST) -> Iterator[str]:
    """The modules that a tree imports anywhere; what only type checkers see does not count."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{each.name}" for each in names)
        yield from imports(node)


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_nothing_stands_loose_at_the_top():
    assert {path.name for path in ROOT.iterdir() if path.is_file()} == DOORS
    assert {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(ARROWS)


@pytest.mark.parametrize("name", ARROWS)
def test_arrows_between_rooms_never_run_backwards(modules, name):
    for module, tree in modules.items():
        if room(module) == name:
            seen = {room(other) for other in imports(tree) if other.startswith("hubspot_assets.")} - {name}
            assert seen <= ARROWS[name], f"{module} imports from {', '.join(sorted(seen - ARROWS[name]))}"


def test_there_is_no_circle_of_imports(modules):
    graph = {module: {other for other in imports(tree) if other in modules} for module, tree in modules.items()}
    # A package is not a module that imports its modules.
    tuple(graphlib.TopologicalSorter({module: others - {module} for module, others in graph.items()}).static_order())


@pytest.mark.parametrize("library", [*LIBRARIES, "sync", "catalog", "settings"])
def test_the_libraries_import_no_dagster(modules, library):
    for module, tree in modules.items():
        if room(module) == library:
            dagster = {other for other in imports(tree) if other.split(".")[0].startswith("dagster")}
            # Dagster knows when a cron expression ticks; it is asked for late.
            assert not dagster or module == "hubspot_assets.settings.schedule_expressions", (module, dagster)
