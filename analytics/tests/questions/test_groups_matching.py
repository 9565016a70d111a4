from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from analytics.questions.errors.groups_matching import groups_matching
from events.digest.steps.reading import user_key
from events.issues import search
from events.models import Project, Release
from events.tests import rows
from events.tests.cast import NOW
from events.values import pseudonyms

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(project: Project) -> Project:
    person = user_key(pseudonyms.of(bytes(project.pepper), "user", "42"))
    rows.store(
        project,
        rows.error(1, group="a", release="shop@1.0", url="https://x.org/a_b", tags={"browser": "Chrome 12", "odd": ""}),
        rows.error(
            2, group="b", release="shop@1.1", url="https://x.org/axb", tags={"browser": "Firefox"}, user_key=person
        ),
        rows.error(3, group="c", route="/pay", type="ValueError", platform="python", tags={"50%": "yes"}),
        rows.error(4, group="old", at=NOW - timedelta(days=9), tags={"browser": "Chrome 1"}),
    )
    for version in ("shop@1.0", "shop@1.1"):
        Release.objects.create(project=project, version=version)
    return project


def named(groups: Any) -> str:
    names = {UUID(rows.hexed(name)): name for name in ("a", "b", "c", "old")}
    return " ".join(sorted(names[group] for group in groups))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("browser:firefox", "b"),
        ("browser:chrome*", "a"),
        ("browser:*o*", "a b"),
        ("browser:[Firefox, Opera]", "b"),
        ("!browser:Firefox", "b"),
        ("browser:Chrome", ""),
        ("has:browser", "a b"),
        ("has:odd", ""),
        ("tags[50%]:yes", "c"),
        ("release:shop@1.0", "a"),
        ("release:latest", "b"),
        ("release:SHOP@*", "a b"),
        ("url:https://x.org/a_b", "a"),
        ('url:"*a_b"', "a"),
        ("transaction:/pay", "c"),
        ("user.id:42", "b"),
        ("user:41", ""),
        ("user:4*", ""),
        ("has:user", "b"),
    ],
)
def test_a_condition_finds_the_groups_with_an_error_it_holds_for(told: Project, query: str, found: str) -> None:
    (term,) = search.parse(query, now=NOW).terms
    groups = groups_matching(told, term, start=NOW - timedelta(days=7), end=None, now=NOW)  # type: ignore[arg-type]
    assert named(groups) == found


def test_a_pseudonym_finds_its_person(told: Project) -> None:
    pseudonym = pseudonyms.of(bytes(told.pepper), "user", "42")
    (term,) = search.parse(f"user:{pseudonym}", now=NOW).terms
    assert named(groups_matching(told, term, start=None, end=None, now=NOW)) == "b"  # type: ignore[arg-type]
