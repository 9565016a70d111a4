"""Between transactional tests: every row goes, and nothing that migrating made."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection

from events.accounts import audit
from events.consent import ledger
from events.models import AuditEntry, ConsentRecord, Project
from events.tests.cast import NOW, make_alice
from formaos_obs.tests import emptying


@pytest.mark.django_db
def test_every_row_goes_whoever_refers_to_it_and_whatever_may_only_grow(project: Project) -> None:
    alice = make_alice(project)
    audit.record("project.view", actor=alice, project=project, now=NOW)
    ledger.record(project.pk, 7, state="given", version="1", source="page", now=NOW)
    made = [model.objects.count() for model in (AuditEntry, ConsentRecord)]
    emptying.empty()
    left = {
        model._meta.db_table: count
        for model in apps.get_models()
        if model._meta.managed and (count := model._default_manager.count())
    }
    assert (min(made), set(left) - set(emptying.KEPT)) == (1, set())
    connection.check_constraints()


@pytest.mark.django_db
def test_what_migrating_made_stays() -> None:
    before = [list(model.objects.order_by("pk").values_list("pk")) for model in (ContentType, Permission)]
    emptying.empty()
    assert [list(model.objects.order_by("pk").values_list("pk")) for model in (ContentType, Permission)] == before
    assert all(before)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_a_transactional_test_finds_nothing_of_the_one_before(time: str, alice: Any) -> None:
    assert Project.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_keys_and_triggers_are_heeded_again_afterwards() -> None:
    audit.record("project.view", actor="root", now=NOW)
    emptying.empty()
    audit.record("project.view", actor="root", now=NOW)
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM events_auditentry")
