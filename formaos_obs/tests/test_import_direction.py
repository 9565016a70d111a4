"""An app imports only apps to its left, a room only rooms below it; edges stand last; imports stand on top; files stay
short, folders small, and no modules import each other in a circle."""

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from formaos_obs.environment import BASE_DIR

APPS = ["events", "analytics", "alerts", "dashboard", "formaos_obs"]
# From the top to the ground: a room uses those after it. docs/architecture.md says what each owns.
ROOMS = {
    "events": [
        "demo", "endpoints", "digest", "releases", "issues", "ingest", "protocols", "persons", "visitors", "consent",
        "accounts", "facts", "scrubbing", "values", "models", "runtime",
    ],
    "analytics": [
        "demo", "guards", "goals", "privacy", "experiments", "actions", "questions", "flags", "statistics", "rollups",
        "engine", "models", "periods",
    ],
    "alerts": [
        "demo", "forms", "foreign", "probes", "monitors", "slos", "rules", "incidents", "routing", "delivery",
        "models", "schedule",
    ],
    "dashboard": ["demo", "api", "pages", "samples", "charts", "frame", "reading", "exports", "access", "models"],
}  # fmt: skip
# (module, what it imports) -> why it may look up.
EXCEPTIONS: dict[tuple[str, str], str] = {}
EDGES = ("views", "tasks", "admin", "urls", "management", "api")  # by the end of the name
LOGIC = {"urls"}  # edges that may import other edges: an address names its view
MAX_LINES = 400
MAX_MODULES = 20


def _modules() -> list[Path]:
    found = [path.relative_to(BASE_DIR) for app in APPS for path in sorted((BASE_DIR / app).rglob("*.py"))]
    return [path for path in found if not {"migrations", "tests", "node_modules"} & set(path.parts)]


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse((BASE_DIR / path).read_text())


@cache
def _known() -> dict[str, Path]:
    return {_name(path): path for path in _modules()}


@cache
def _imported(path: Path) -> frozenset[str]:
    """The modules of this project that a module imports, as deep as it names them; those for typing too."""
    found = set()
    for node in ast.walk(_tree(path)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            while name and name not in _known():
                name = name.rpartition(".")[0]
            found.add(name)
    return frozenset(found - {"", _name(path)})


def _room(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


def _edge(name: str) -> str | None:
    """The kind of edge that a module of an app is; several modules of one kind may share."""
    room = _room(name)
    return next((edge for edge in EDGES if room == edge or room.endswith(f"_{edge}")), None)


def _complaints(path: Path) -> Iterator[str]:
    name, app = _name(path), path.parts[0]
    if (BASE_DIR / path).read_text().count("\n") > MAX_LINES:
        yield f"{path} has more than {MAX_LINES} lines"
    for other in _imported(path):
        if APPS.index(other.split(".")[0]) > APPS.index(app):
            yield f"{path} imports {other}, which stands to its right"
        if not other.startswith(f"{app}.") or app == "formaos_obs":
            continue
        if _edge(other) and _edge(other) != _edge(name) and _edge(name) not in LOGIC:
            yield f"{path} imports the edge {other}"
        order = ROOMS[app]
        if _room(name) in order and (name, other) not in EXCEPTIONS:
            if _room(other) not in order:
                yield f"{path} imports {other}, which stands in no room"
            elif order.index(_room(other)) < order.index(_room(name)):
                yield f"{path} imports {other}, which stands above it"
    if path.name != "apps.py":
        functions = [node for node in ast.walk(_tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        inner = [node for each in functions for node in ast.walk(each) if isinstance(node, ast.Import | ast.ImportFrom)]
        yield from (f"{path}:{node.lineno} imports inside a function" for node in inner)


@pytest.mark.parametrize("app", APPS)
def test_it_points_to_the_left_and_down(app: str) -> None:
    assert [line for path in _modules() if path.parts[0] == app for line in _complaints(path)] == []


@pytest.mark.parametrize("app", ROOMS)
def test_every_room_stands_in_the_line_and_in_the_map(app: str) -> None:
    folders = {path.parts[1] for path in _modules() if path.parts[0] == app and len(path.parts) > 2}
    assert folders - {"admin", "management", "migrations", "templatetags"} <= set(ROOMS[app])
    page = (BASE_DIR / "docs/architecture.md").read_text()
    assert [room for room in folders & set(ROOMS[app]) - {"models"} if f"`{room}/" not in page] == []


def test_an_exception_is_one() -> None:
    for (module, other), reason in EXCEPTIONS.items():
        assert other in _imported(_known()[module]), f"{module} does not import {other} any more"
        assert reason


def test_modules_form_no_circle() -> None:
    graph = {
        # A package's own face is no neighbour of what stands inside it.
        name: {other for other in _imported(path) if not name.startswith(f"{other}.")}
        for name, path in _known().items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_no_folder_is_crowded() -> None:
    count = Counter(path.parent for path in _modules() if path.name != "__init__.py")
    assert [folder for folder, modules in count.items() if modules > MAX_MODULES] == []
