"""Secrets at rest are read by the configured keys only."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from alerts.delivery import channel_setup
from alerts.models import Channel
from alerts.tests import make
from events.models import Project, secrets

A, B = "a1" * 32, "b2" * 32
PLAIN = "https://1.1.1.1/hook/" + "plain" + "text"


@pytest.mark.parametrize("key", [A, Fernet.generate_key().decode()], ids=["hex", "fernet"])
def test_a_value_reads_back_under_a_key_of_either_form(settings: Any, key: str) -> None:
    settings.OBS_ENCRYPTION_KEYS = [key]
    assert secrets.decrypt(secrets.encrypt("ä secret")) == "ä secret"
    assert "secret" not in secrets.encrypt("secret")


@pytest.mark.parametrize("key", ["", "short", "z" * 64, "ä" * 64, "a1" * 31])
def test_nonsense_is_no_key(key: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        secrets.fernet_key(key)


def test_no_key_but_the_right_one_reads_a_value(settings: Any) -> None:
    settings.OBS_ENCRYPTION_KEYS = [A]
    value = secrets.encrypt("x")
    settings.OBS_ENCRYPTION_KEYS = [B]
    with pytest.raises(secrets.Undecipherable):
        secrets.decrypt(value)


def test_rotation_moves_every_secret_under_the_first_key(settings: Any, project: Project, capsys: Any) -> None:
    settings.OBS_ENCRYPTION_KEYS = [A]
    channel = make.channel(project, PLAIN)
    settings.OBS_ENCRYPTION_KEYS = [B, A]
    call_command("rotate_secrets")
    assert capsys.readouterr().out == "1 secrets are under the first key.\n"
    settings.OBS_ENCRYPTION_KEYS = [B]
    assert channel_setup.stored(Channel.objects.get(pk=channel.pk))["url"] == PLAIN


def test_the_database_holds_no_plain_secret(project: Project) -> None:
    make.channel(project, PLAIN)
    make.channel(project)
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [row for (row,) in cursor.fetchall()]
    dump = "\n".join(found)
    assert "webhook" in dump
    for secret in ("plaintext"[:8], make.SIGNING, "team@example.org"):
        assert secret not in dump


def test_a_secret_cannot_be_searched_for(project: Project) -> None:
    assert Channel.objects.filter(config__isnull=True).count() == 0
    with pytest.raises(Exception, match="Unsupported lookup"):
        Channel.objects.filter(config="x").count()
