"""Who gets through the door of a project."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from events.accounts import access
from events.models import Project


def test_members_see_their_project_and_strangers_see_none(project: Project, alice: Any, bob: Any, charlie: Any) -> None:
    assert list(access.visible_projects(alice)) == [project]
    assert list(access.visible_projects(bob)) == [project]
    assert list(access.visible_projects(charlie)) == []


def test_a_stranger_cannot_tell_a_project_from_none(project: Project, charlie: Any) -> None:
    for slug in ("web", "no-such-project"):
        with pytest.raises(Http404, match="No such project"):
            access.get_project_or_404(charlie, slug)


@pytest.mark.parametrize(("role", "is_allowed"), [("viewer", True), ("editor", False), ("owner", False)])
def test_a_viewer_may_look_and_not_change(project: Project, bob: Any, role: str, is_allowed: bool) -> None:
    assert access.has_role(bob, project, role) is is_allowed
    if is_allowed:
        assert access.get_project_or_404(bob, "web", role) == project
    else:
        with pytest.raises(PermissionDenied):
            access.get_project_or_404(bob, "web", role)


def test_an_owner_may_do_everything(project: Project, alice: Any) -> None:
    assert all(access.has_role(alice, project, role) for role in ("viewer", "editor", "owner"))


def test_a_superuser_needs_no_membership(project: Project, charlie: Any) -> None:
    charlie.is_superuser = True
    assert access.get_project_or_404(charlie, "web", "owner") == project


def test_a_disabled_person_sees_nothing(project: Project, alice: Any) -> None:
    alice.is_active = False
    assert access.role_of(alice, project) is None
    with pytest.raises(Http404):
        access.get_project_or_404(alice, "web")
