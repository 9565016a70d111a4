"""API tokens die when they should and cannot be read back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from events.accounts import projects, tokens
from events.models import ApiToken, AuditEntry, Project


def test_a_token_is_found_by_its_secret_alone(alice: Any, now: datetime) -> None:
    token, secret = tokens.create(alice, name="ci", scopes=["read"], now=now)
    assert secret.startswith("fobs_user_")
    found = tokens.find(secret, now=now)
    assert found == token
    assert found is not None
    assert found.user == alice


def test_the_database_holds_no_usable_secret(alice: Any, now: datetime) -> None:
    token, secret = tokens.create(alice, name="ci", scopes=["read"], now=now)
    row = ApiToken.objects.filter(pk=token.pk).values().get()
    kept = " ".join(
        bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value) for value in row.values()
    )
    assert secret not in kept
    assert secret.rpartition("_")[2][8:64] not in kept


@pytest.mark.parametrize(
    "damage", [lambda s: s[:-1] + ("0" if s[-1] != "0" else "1"), lambda s: s[:40], lambda s: s.upper()]
)
def test_a_mistyped_token_is_refused_without_a_query(
    alice: Any, now: datetime, damage: Any, django_assert_num_queries: Any
) -> None:
    _, secret = tokens.create(alice, name="ci", scopes=["read"], now=now)
    with django_assert_num_queries(0):
        assert tokens.find(damage(secret), now=now) is None


@pytest.mark.parametrize(
    "text", ["", "fobs_", "fobs_user_", "é" * 80, "a" * 32, "Bearer x", "\0", "fobs_user_" + "g" * 72]
)
def test_what_is_no_token_is_refused(db: None, now: datetime, text: str) -> None:
    assert tokens.find(text, now=now) is None


def test_another_secret_with_the_same_lookup_is_refused(alice: Any, now: datetime) -> None:
    token, _ = tokens.create(alice, name="ci", scopes=["read"], now=now)
    _, other = tokens.create(alice, name="ci", scopes=["read"], now=now)
    ApiToken.objects.exclude(pk=token.pk).delete()
    ApiToken.objects.filter(pk=token.pk).update(lookup=other.rpartition("_")[2][:8])
    assert tokens.find(other, now=now) is None


def test_it_expires_on_the_second(alice: Any, now: datetime) -> None:
    _, secret = tokens.create(alice, name="ci", scopes=["read"], expires_at=now + timedelta(hours=1), now=now)
    assert tokens.find(secret, now=now + timedelta(minutes=59, seconds=59))
    assert tokens.find(secret, now=now + timedelta(hours=1)) is None


def test_it_dies_when_revoked(alice: Any, now: datetime) -> None:
    token, secret = tokens.create(alice, name="ci", scopes=["read"], now=now)
    tokens.revoke(token, actor=alice, now=now)
    tokens.revoke(token, actor=alice, now=now)
    assert tokens.find(secret, now=now) is None
    assert AuditEntry.objects.filter(action="token.revoke").count() == 1


def test_it_dies_with_its_owner(alice: Any, now: datetime) -> None:
    _, secret = tokens.create(alice, name="ci", scopes=["read"], now=now)
    alice.is_active = False
    alice.save()
    assert tokens.find(secret, now=now) is None
    alice.delete()
    assert tokens.find(secret, now=now) is None


def test_disabling_a_user_revokes_for_good(alice: Any, bob: Any, now: datetime) -> None:
    _, secret = tokens.create(bob, name="ci", scopes=["read"], now=now)
    projects.disable_user(bob, actor=alice, now=now)
    bob.is_active = True
    bob.save()
    assert tokens.find(secret, now=now) is None


def test_it_dies_when_its_owner_leaves_the_project(project: Project, alice: Any, bob: Any, now: datetime) -> None:
    _, secret = tokens.create(bob, name="ci", scopes=["read"], project=project, now=now)
    assert tokens.find(secret, now=now)
    projects.remove_member(project, bob, actor=alice, now=now)
    assert tokens.find(secret, now=now) is None
    assert ApiToken.objects.get(user=bob).revoked_at == now


def test_last_use_is_noted_once_a_minute(alice: Any, now: datetime, django_assert_num_queries: Any) -> None:
    token, secret = tokens.create(alice, name="ci", scopes=["read"], now=now)
    tokens.find(secret, now=now)
    with django_assert_num_queries(1):
        tokens.find(secret, now=now + timedelta(seconds=59))
    tokens.find(secret, now=now + timedelta(seconds=60))
    token.refresh_from_db()
    assert token.last_used_at == now + timedelta(seconds=60)


@pytest.mark.parametrize("scopes", [[], ["write"], ["read", "all"]])
def test_unknown_scopes_are_refused(alice: Any, now: datetime, scopes: list[str]) -> None:
    with pytest.raises(ValueError, match="scopes are"):
        tokens.create(alice, name="ci", scopes=scopes, now=now)


def test_a_stranger_gets_no_token_for_a_project(project: Project, charlie: Any, now: datetime) -> None:
    with pytest.raises(ValueError, match="not a member"):
        tokens.create(charlie, name="ci", scopes=["read"], project=project, now=now)


def test_making_one_is_audited_without_the_secret(alice: Any, now: datetime) -> None:
    _, secret = tokens.create(alice, name="ci", scopes=["read"], now=now)
    entry = AuditEntry.objects.get(action="token.create")
    assert secret.rpartition("_")[2] not in str(entry.detail)
