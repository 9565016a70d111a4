"""The demo's boards and insights hold questions that can be asked."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from analytics import demo as aims
from dashboard import demo
from dashboard.models import SavedView
from events.models import Membership, Project

pytestmark = pytest.mark.django_db


def test_boards_insights_goals_and_audiences_are_there_once(project: Project, now: datetime, admin_user: Any) -> None:
    Membership.objects.create(project=project, user=admin_user, role="owner")
    for _ in range(2):
        aims.run(project, since=now - aims.LONGEST, now=now)
        demo.arrange(project, now=now)
    assert {board.name: board.cards.count() for board in project.boards.all()} == {
        name: len(cards) for name, cards in demo.BOARDS.items()
    }
    assert SavedView.objects.filter(is_shared=True).count() == len(demo.INSIGHTS)
    assert (project.goals.count(), project.audiences.count(), project.actions.count()) == (3, 2, 1)


def test_every_chart_of_the_boards_and_every_insight_can_be_drawn(
    project: Project, now: datetime, admin_client: Client, admin_user: Any
) -> None:
    Membership.objects.create(project=project, user=admin_user, role="owner")
    demo.arrange(project, now=now)
    for board in project.boards.all():
        shown = admin_client.get(f"/p/{project.slug}/boards/{board.pk}/?from=-14d")
        assert shown.status_code == 200
        for _, card in shown.context["listed"]:
            assert admin_client.get(card.json_url).status_code == 200, card.title
    for view in SavedView.objects.all():
        page = admin_client.get(view.url)
        assert page.status_code == 200
        assert b'role="alert"' not in page.content
