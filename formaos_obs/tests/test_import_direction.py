"""An app imports only apps to its left; inside an app, edges stand last; imports stand on top; files stay short."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from formaos_obs.environment import BASE_DIR

APPS = ["events", "analytics", "alerts", "dashboard", "formaos_obs"]
EDGES = ("views", "tasks", "admin", "urls", "management", "api")  # by the end of the name: cli_views is one
LOGIC = {"urls"}  # edges that may import other edges: an address names its view
MAX_LINES = 400


def _modules() -> list[Path]:
    found = [path.relative_to(BASE_DIR) for app in APPS for path in sorted((BASE_DIR / app).rglob("*.py"))]
    return [path for path in found if not {"migrations", "tests", "node_modules"} & set(path.parts)]


def _imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names; `from a import b` is both a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _edge(parts: tuple[str, ...]) -> str | None:
    """The kind of edge that a module of an app is; several modules of one kind may share."""
    name = parts[1].removesuffix(".py") if len(parts) > 1 else ""
    return next((edge for edge in EDGES if name == edge or name.endswith(f"_{edge}")), None)


def _complaints(path: Path) -> Iterator[str]:
    text = (BASE_DIR / path).read_text()
    tree = ast.parse(text)
    app, edge = path.parts[0], _edge(path.parts)
    if text.count("\n") > MAX_LINES:
        yield f"{path} has more than {MAX_LINES} lines"
    for name in set(_imports(tree)):
        target = tuple(name.split("."))
        if target[0] not in APPS:
            continue
        if APPS.index(target[0]) > APPS.index(app):
            yield f"{path} imports {name}, which stands to its right"
        other = _edge(target)
        if target[0] == app and other and other != edge and edge not in LOGIC and app != "formaos_obs":
            yield f"{path} imports the edge {name}"
    if path.name != "apps.py":
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        inner = [node for each in functions for node in ast.walk(each) if isinstance(node, ast.Import | ast.ImportFrom)]
        yield from (f"{path}:{node.lineno} imports inside a function" for node in inner)


@pytest.mark.parametrize("app", APPS)
def test_it_points_to_the_left(app: str) -> None:
    assert [line for path in _modules() if path.parts[0] == app for line in _complaints(path)] == []
