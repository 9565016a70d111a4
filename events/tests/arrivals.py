"""`arrived`: how a test that drives an SDK or tool says what of it is stored; docs/compatibility.md says the same."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path

import pytest
from django.db.models import Model, QuerySet

from events.models import ArtifactBundle, Attachment, Commit, Deploy, Feedback, Project, Release, Segment
from events.tests.compatibility import Row, keep, of_page

Arrived = Callable[[str, str, Iterable[str]], None]
# What depends on the moment and not on the sender.
_BY_CHANCE = {"client_reports", "security"}


def package(name: str) -> str:
    """The version of a package of Python."""
    return metadata.version(name)


def npm(modules: Path, name: str) -> str:
    """The version of an installed package of npm."""
    return str(json.loads((modules / name / "package.json").read_text())["version"])


def stored(project: Project) -> list[str]:
    """What is stored of a project, in words: its facts, and the rows that senders make."""
    facts = set(Segment.objects.filter(project=project).values_list("fact", flat=True))
    rows: dict[str, QuerySet[Model]] = {
        "attachments": Attachment.objects.filter(project=project),
        "feedback": Feedback.objects.filter(project=project),
        "releases": Release.objects.filter(project=project),
        "deploys": Deploy.objects.filter(release__project=project),
        "commits": Commit.objects.filter(release__project=project),
        "source maps": ArtifactBundle.objects.filter(project=project),
    }
    words = {fact.replace("_", "-") for fact in facts - _BY_CHANCE}
    return sorted(words | {word for word, found in rows.items() if found.exists()})


@pytest.fixture
def arrived(request: pytest.FixtureRequest) -> Iterator[Arrived]:
    """`arrived(name, version, kinds)`: what became of what this sender sent. Ends by comparing that with the page."""
    told: list[Row] = []
    test = request.node.nodeid

    def arrived(name: str, version: str, kinds: Iterable[str]) -> None:
        told.append(Row(name, version, ", ".join(kinds), test))

    yield arrived
    if request.node.stash.get(FAILED, False):
        return
    keep(told)
    if not os.environ.get("OBS_COMPATIBILITY_WRITE"):
        assert told, "the test was to say what arrived"
        assert sorted(told) == sorted(row for row in of_page() if row.test == test), "the page says otherwise"


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> object:
    """Notes that a test failed, so that the comparison does not add a second failure to it."""
    report = yield
    if call.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report
