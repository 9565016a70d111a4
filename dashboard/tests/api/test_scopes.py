"""A scope opens what docs/people.md says it does, and nothing else."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from dashboard.tests.test_every_route import API, CLI, by_name
from dashboard.tests.things import things
from events.accounts import tokens
from events.models import Project


def alone(user: Any, scope: str, now: datetime) -> dict[str, str]:
    """The headers of a token that has this scope and no other."""
    _, secret = tokens.create(user, name=scope, scopes=[scope], now=now)
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("route", [*API, *CLI], ids=by_name)
def test_an_address_takes_the_scope_of_its_kind_alone(route: Any, project: Project, alice: Any, now: datetime) -> None:
    address = route.url(things(project, alice, now, names=route.parameters))
    taken = set()
    for scope in sorted(tokens.SCOPES):
        headers, client = alone(alice, scope, now), Client()
        statuses = {
            getattr(client, method)(address, headers=headers).status_code for method in ("get", "post", "put", "delete")
        }
        taken |= {scope} if statuses != {403} else set()
    assert taken <= ({tokens.READ, tokens.ADMIN} if route.is_api else {tokens.RELEASES})


@pytest.mark.parametrize("scope", sorted(tokens.SCOPES))
def test_reading_takes_the_scope_read_and_changing_the_scope_admin(
    project: Project, alice: Any, now: datetime, scope: str
) -> None:
    address = f"/api/v1/projects/web/issues/{things(project, alice, now, names=['issue_id'])['issue_id']}/"
    headers = alone(alice, scope, now)
    read = Client().get(address, headers=headers).status_code
    changed = Client().patch(address, {"status": "resolved"}, "application/json", headers=headers).status_code
    assert read == (200 if scope == tokens.READ else 403)
    assert changed == (200 if scope == tokens.ADMIN else 403)
