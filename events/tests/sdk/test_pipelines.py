"""What pipelines call, by generation and unmodified: sentry-cli, and Sentry's plugins of bundlers.

sentry-cli 1.77 is in no package: 2.14 speaks its protocol (releases of a project, bundles of a release)."""

import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.utils import timezone

from events.accounts import tokens
from events.ingest import payloads
from events.models import ArtifactBundle, Commit, Deploy, Occurrence, Release
from events.tests import intake
from events.tests.arrivals import Arrived, npm, stored
from events.tests.npm import installed
from events.tests.sdk.conftest import CLIENTS, HERE, Shop

pytestmark = [pytest.mark.sdk, pytest.mark.django_db(transaction=True)]

V = "shop@3.0.0"
SOURCE = "function sell(count) {\n  throw new Error('no ' + count);\n}\nsell(3);\n"
BY_FILES = ["2.14", "2.22"]  # those that have `releases files`
TOOLS = [*BY_FILES, "2.58", "3.8"]
Tool = Callable[..., str]


@pytest.fixture(scope="session")
def modules() -> Path:
    return installed(HERE / "npm_pipeline", name="npm_pipeline")


@pytest.fixture(params=["account", "project"])
def token(request: Any, shop: Shop, alice: Any) -> str:
    """A token of a person for all their projects, and one for this project."""
    if request.param == "project":
        return shop.token
    return tokens.create(alice, name="ci", scopes=["releases"], now=timezone.now())[1]


@pytest.fixture
def tool(request: Any, shop: Shop, modules: Path, token: str, repository: Path) -> Tool:
    """Runs the sentry-cli that the test is a parameter for, in the repository; every call it makes is answered well."""
    version = request.param
    from_pypi = Path(sys.executable).parent / "sentry-cli"
    program = from_pypi if version == "2.14" else modules / f"cli-{version}" / "bin" / "sentry-cli"

    def tool(*arguments: str, refused: tuple[int, ...] = ()) -> str:
        before = len(shop.server.answers("/api/0/"))
        said = shop.run(program, *arguments, cwd=repository, **_connection(shop, token))
        statuses = {answer.status for answer in shop.server.answers("/api/0/")[before:]}
        assert statuses <= {200, 201, 204, 208, *refused}, shop.server.answers("/api/0/")[before:]
        return said

    assert version in tool("--version")
    return tool


def _connection(shop: Shop, token: str) -> dict[str, str]:
    return {
        "SENTRY_URL": shop.server.url, "SENTRY_AUTH_TOKEN": token, "SENTRY_ORG": "any-name",
        "SENTRY_PROJECT": shop.project.slug,
    }  # fmt: skip


@pytest.fixture
def built(repository: Path, modules: Path) -> Path:
    """dist/main.js and its map, minified."""
    (repository / "src").mkdir()
    (repository / "src" / "main.js").write_text(SOURCE)
    command: list[str | Path] = [
        modules / ".bin" / "esbuild",
        "src/main.js",
        "--bundle",
        "--minify",
        "--sourcemap",
        "--outfile=dist/main.js",
    ]
    subprocess.run(command, cwd=repository, check=True, capture_output=True)
    return repository / "dist" / "main.js"


def thrown_at(shop: Shop, file: Path, *, address: str, release: str, dist: str = "", debug_id: str = "") -> str:
    """The source line that an error thrown in the minified file is shown with; "" for none."""
    text = file.read_text()
    place = text.index("throw")
    line, column = text.count("\n", 0, place) + 1, place - (text.rfind("\n", 0, place) + 1) + 1
    event: dict[str, Any] = {
        "event_id": uuid.uuid4().hex, "timestamp": timezone.now().timestamp(), "platform": "javascript",
        "release": release, "exception": {"values": [{"type": "Error", "value": "no 3", "stacktrace": {"frames": [
            {"abs_path": address, "filename": address, "function": "o", "lineno": line, "colno": column}]}}]},
    }  # fmt: skip
    if dist:
        event["dist"] = dist
    if debug_id:
        event["debug_meta"] = {"images": [{"type": "sourcemap", "code_file": address, "debug_id": debug_id}]}
    assert intake.post(shop.key, "store/", orjson.dumps(event), content_type="application/json").status_code == 200
    intake.digested(shop.project)
    kept = Occurrence.objects.get(event_id=uuid.UUID(event["event_id"]))
    frame = payloads.unpack(bytes(kept.payload))["exception"]["values"][0]["stacktrace"]["frames"][-1]
    return str(frame.get("context_line") or "").strip()


LINE = "throw new Error('no ' + count);"


@pytest.mark.parametrize("tool", TOOLS, indirect=True)
def test_a_release_is_made_told_deployed_and_finished(shop: Shop, tool: Tool, arrived: Arrived) -> None:
    tool("releases", "new", V)
    tool("releases", "set-commits", V, "--auto", "--ignore-missing")
    release = Release.objects.get(project=shop.project, version=V)
    assert {commit.message.strip() for commit in release.commits.all()} == {"Sell things", "Count them right"}
    tool("releases", "set-commits", V, "--local", "--initial-depth", "1")
    assert [commit.message.strip() for commit in Commit.objects.all()] == ["Count them right"]
    if tool_has(tool, "deploys"):
        tool("deploys", "new", "--release", V, "-e", "live", "-n", "blue")
        assert "live" in tool("deploys", "list", "--release", V)
    else:
        tool("releases", "deploys", V, "new", "-e", "live", "-n", "blue")
        assert "live" in tool("releases", "deploys", V, "list")
    tool("releases", "finalize", V)
    release.refresh_from_db()
    assert release.released_at is not None
    assert [deploy.environment for deploy in Deploy.objects.filter(release=release)] == ["live"]
    assert V in tool("releases", "list")
    assert V in tool("releases", "info", V, "--show-commits", "--show-projects")
    arrived("sentry-cli", version_of(tool), stored(shop.project))
    tool("releases", "delete", V)
    assert not Release.objects.exists()
    assert not Commit.objects.exists()
    tool("releases", "new", V, "--finalize", "--url", "https://ci.example.com/7")
    assert Release.objects.get().url == "https://ci.example.com/7"


def version_of(tool: Tool) -> str:
    return tool("--version").split()[-1]


def tool_has(tool: Tool, command: str) -> bool:
    return f"\n    {command} " in tool("--help") or f"\n  {command} " in tool("--help")


@pytest.mark.parametrize("tool", TOOLS, indirect=True)
def test_source_maps_are_uploaded_for_a_release_and_dist(shop: Shop, tool: Tool, built: Path, arrived: Arrived) -> None:
    address = "https://shop.example.com/static%20files/main.js"
    tool("releases", "new", V)
    for _ in range(2):  # the second finds everything there
        tool("sourcemaps", "upload", "--release", V, "--dist", "8", "--url-prefix", "~/static files", "dist", "--wait")
    assert {(one.release, one.dist) for one in ArtifactBundle.objects.all()} == {(V, "8")}
    assert thrown_at(shop, built, address=address, release=V, dist="8") == LINE
    assert thrown_at(shop, built, address=address, release=V, dist="9") != LINE
    assert thrown_at(shop, built, address=address, release="shop@4", dist="8") != LINE
    arrived("sentry-cli", version_of(tool), ["source maps"])


@pytest.mark.parametrize("tool", TOOLS[1:], indirect=True)
def test_debug_ids_lead_to_source_whatever_the_release(shop: Shop, tool: Tool, built: Path) -> None:
    tool("sourcemaps", "inject", "dist")
    injected = orjson.loads(built.with_suffix(".js.map").read_bytes())
    debug_id = injected.get("debug_id") or injected["debugId"]  # before 3.0, and as ECMA-426 spells it
    tool("sourcemaps", "upload", "dist")
    assert thrown_at(shop, built, address="app:///any.js", release="shop@9", debug_id=debug_id) == LINE


@pytest.mark.parametrize("tool", BY_FILES, indirect=True)
def test_files_of_a_release_are_uploaded_listed_and_removed(shop: Shop, tool: Tool, built: Path) -> None:
    tool("releases", "new", V)
    for name in ("main.js", "main.js.map"):
        for _ in range(2):
            tool("releases", "files", V, "upload", f"dist/{name}", f"~/static/{name}", "--dist", "8")
    assert thrown_at(shop, built, address="https://shop.example.com/static/main.js", release=V, dist="8") == LINE
    assert "~/static/main.js.map" in tool("releases", "files", V, "list")
    tool("releases", "files", V, "delete", "~/static/main.js.map")
    assert [one.url for bundle in ArtifactBundle.objects.all() for one in bundle.artifacts.all()] == [
        "~/static/main.js"
    ]
    tool("releases", "files", V, "upload-sourcemaps", "dist", "--url-prefix", "~/static")
    tool("releases", "files", V, "delete", "--all")
    assert not ArtifactBundle.objects.exists()


@pytest.mark.parametrize("tool", ["3.8"], indirect=True)
def test_what_is_not_kept_is_said(tool: Tool, shop: Shop) -> None:
    tool("releases", "new", V)
    with pytest.raises(AssertionError, match="not archived here"):
        tool("releases", "archive", V, refused=(400,))
    tool("releases", "restore", V)


PLUGINS = [
    ("vite", "vite-plugin-4"), ("vite", "vite-plugin-11"), ("webpack", "webpack-plugin-1"),
    ("webpack", "webpack-plugin-4"), ("webpack", "webpack-plugin-11"), ("esbuild", "esbuild-plugin-4"),
    ("esbuild", "esbuild-plugin-5"),
]  # fmt: skip


@pytest.mark.parametrize(("bundler", "plugin"), PLUGINS, ids=[plugin for _, plugin in PLUGINS])
def test_a_build_makes_its_release_and_brings_its_source(
    shop: Shop, modules: Path, token: str, repository: Path, bundler: str, plugin: str, arrived: Arrived
) -> None:
    (repository / "src").mkdir()
    (repository / "src" / "main.js").write_text(SOURCE)
    before = len(shop.server.answers("/api/0/"))
    shop.run(
        "node", CLIENTS / "build.mjs", bundler, plugin, V, "8", cwd=repository, NODE_MODULES=str(modules),
        SENTRY_CLI=str(Path(sys.executable).parent / "sentry-cli"), **_connection(shop, token),
    )  # fmt: skip
    answers = shop.server.answers("/api/0/")[before:]
    assert {answer.status for answer in answers} <= {200, 201, 204, 208}
    release = Release.objects.get(project=shop.project, version=V)
    assert release.released_at is not None
    assert [deploy.environment for deploy in release.deploys.all()] == ["live"]
    # The newest generation asks for commits only of repositories that the server is connected to; there are none.
    told = {commit.message.strip() for commit in release.commits.all()}
    assert told == (set() if plugin.endswith("-11") else {"Sell things", "Count them right"})
    built, address = repository / "dist" / "main.js", "https://shop.example.com/static/main.js"
    assert thrown_at(shop, built, address=address, release=V, dist="8") == LINE
    tried = f"@sentry/{bundler}-plugin in {bundler}"
    kinds = set(stored(shop.project)) - {"errors"}  # the error was ours
    arrived(tried, f"{npm(modules, plugin)} in {npm(modules, bundler)}", sorted(kinds))
