"""Which commits are suspected, and which deploy where there is none."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.questions.errors.suspects import suspects, touched
from events.models import Commit
from events.releases import deploys
from events.tests import make
from events.tests.cast import NOW

HOUR = timedelta(hours=1)


def commit(sha: str, *paths: Any, hours: int = 1, position: int = 0) -> Commit:
    return Commit(sha=sha, paths=list(paths), committed_at=NOW - hours * HOUR, position=position)


@pytest.mark.parametrize(
    ("commits", "files", "found"),
    [
        ([], ["a.py"], []),
        ([commit("a", ["M", "shop/a.py"])], [], []),
        ([commit("a", ["M", "shop/a.py"])], ["shop/a.py"], ["a"]),
        # The repository knows more of the path than the frame does, or less.
        ([commit("a", ["M", "backend/shop/a.py"])], ["shop/a.py"], ["a"]),
        ([commit("a", ["M", "shop/a.py"])], ["/srv/app/shop/a.py"], ["a"]),
        ([commit("a", ["M", "shop/a.py"])], ["webpack:///./shop/a.py?x"], ["a"]),
        ([commit("a", ["M", "shop/ba.py"])], ["a.py"], []),
        ([commit("a", ["M", "shop/a.py"])], ["stock/a.py"], []),
        # Inner frames count for more than late commits; of one file the latest comes first.
        ([commit("a", ["M", "outer.py"], hours=1), commit("b", ["M", "inner.py"], hours=9),
          commit("c", ["A", "inner.py"], hours=2)], ["inner.py", "outer.py"], ["c", "b", "a"]),
        # Whatever is stored.
        ([commit("a", "M", [], ["M"], ["M", 7], None, ["M", ""])], ["a.py", ""], []),
    ],
)  # fmt: skip
def test_commits_that_touched_a_frame(commits: list[Commit], files: list[str], found: list[str]) -> None:
    assert [one.commit.sha for one in touched(commits, files=files)] == found


@pytest.fixture
def issue(project: Any) -> Any:
    return make.issue(project, first_release="shop@2", first_seen_at=NOW)


@pytest.mark.django_db
def test_commits_of_the_first_release_and_else_the_last_deploy_before(project: Any, issue: Any) -> None:
    assert (suspects(issue, files=["a.py"]).commits, suspects(issue, files=["a.py"]).deploy) == ((), None)
    first, second = (make.release(project, f"shop@{number}") for number in (1, 2))
    first.commits.create(sha="a" * 40, position=0, paths=[["M", "a.py"]])
    for release, at in ((first, NOW - 30 * HOUR), (second, NOW - HOUR), (first, NOW + HOUR)):
        deploys.put(release, environment="live", actor="test", name=str(at), finished_at=at, now=NOW)
    found = suspects(issue, files=["a.py"])
    assert (found.commits, found.deploy and found.deploy.release, found.release) == ((), second, "shop@2")
    second.commits.create(sha="b" * 40, position=0, paths=[["M", "src/a.py"]])
    found = suspects(issue, files=["a.py"])
    assert ([one.commit.sha[0] for one in found.commits], found.deploy) == (["b"], None)


@pytest.mark.django_db
def test_an_old_deploy_is_no_suspect(project: Any, issue: Any) -> None:
    deploys.put(
        make.release(project, "shop@1"), environment="live", actor="test", finished_at=NOW - 200 * HOUR, now=NOW
    )
    assert suspects(issue, files=[]).deploy is None
