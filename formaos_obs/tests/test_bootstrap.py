"""What the first start writes for scripts, and what the next ones make of it."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from events.accounts import tokens
from events.models import ApiToken
from formaos_obs import bootstrap

URL = "http://127.0.0.1:8000"


@pytest.mark.django_db
def test_the_token_for_scripts_changes_nothing_and_has_an_end(tmp_path: Path, now: datetime) -> None:
    made, _ = bootstrap.ensure(tmp_path / "up.json", url=URL, now=now)
    token = tokens.find(made.api_token, now=now)
    assert token
    assert (set(token.scopes), token.expires_at) == ({"read", "export", "releases"}, now + bootstrap.LASTS)
    assert json.loads((tmp_path / "up.json").read_text())["api_token"] == made.api_token


@pytest.mark.django_db
def test_a_start_keeps_the_token_and_renews_it_in_time(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "up.json"
    first, _ = bootstrap.ensure(path, url=URL, now=now)
    soon, _ = bootstrap.ensure(path, url=URL, now=now + timedelta(days=100))
    later = now + timedelta(days=200)
    renewed, _ = bootstrap.ensure(path, url=URL, now=later)
    assert (soon.api_token == first.api_token, renewed.api_token == first.api_token) == (True, False)
    assert tokens.find(first.api_token, now=later) is None
    assert tokens.find(renewed.api_token, now=later)


@pytest.mark.django_db
@pytest.mark.parametrize(("scopes", "days"), [(sorted(tokens.SCOPES), 365), (["read"], None)])
def test_a_token_of_an_earlier_version_that_opens_more_is_replaced(
    tmp_path: Path, now: datetime, scopes: list[str], days: int | None
) -> None:
    path = tmp_path / "up.json"
    bootstrap.ensure(path, url=URL, now=now)
    admin = get_user_model().objects.get(username="admin")
    ends = now + timedelta(days=days) if days else None
    _, wide = tokens.create(admin, name="up", scopes=scopes, expires_at=ends, now=now)
    path.write_text(json.dumps({**json.loads(path.read_text()), "api_token": wide}))
    made, _ = bootstrap.ensure(path, url=URL, now=now)
    assert made.api_token != wide
    assert tokens.find(wide, now=now) is None
    assert ApiToken.objects.filter(revoked_at=None).order_by("pk").last() == tokens.find(made.api_token, now=now)
