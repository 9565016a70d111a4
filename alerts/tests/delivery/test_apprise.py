"""Apprise is off until it is wanted, for superusers, for the schemas that are named; then it delivers."""

from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from alerts.delivery import channel_setup
from alerts.delivery.channels import KINDS, DeliveryError, InvalidConfig, by_apprise
from alerts.tests.delivery.test_messages import new_issue
from alerts.tests.servers import Reply, serving
from events.models import Project
from events.tests.make import NOW

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # of Apprise itself


@pytest.mark.parametrize(
    ("schemas", "url", "words"),
    [
        ([], "ntfys://topic", "OBS_APPRISE"),
        (["ntfys"], "json://1.1.1.1/x", "Only these schemas"),
        (["ntfys"], "file:///etc/passwd", "Only these schemas"),
        (["json"], "json://169.254.169.254/latest", "not public"),
        (["json"], "json://user:word@127.0.0.1:6379/", "OBS_OUTBOUND_ALLOW=127.0.0.1:6379"),
        (["json"], "json://1.1.1.1/x?redirect=yes", "redirects"),
        (["json"], "json://1.1.1.1/x?attach=file:///etc/passwd", "attachments"),
        (["tgram"], "tgram://nonsense", "does not understand"),
    ],
)
def test_it_is_refused_in_words_before_it_is_sent(settings: Any, schemas: list[str], url: str, words: str) -> None:
    settings.OBS_APPRISE = schemas
    with pytest.raises(InvalidConfig) as raised:
        by_apprise.clean({"url": url})
    assert words in raised.value.reason
    if "understand" not in words:
        with pytest.raises(DeliveryError) as failed:
            KINDS["apprise"].send({"url": url}, new_issue(), now=NOW)
        assert failed.value.is_permanent


def test_only_a_superuser_adds_one(
    project: Project, alice: Any, as_alice: Client, settings: Any, now: datetime
) -> None:
    settings.OBS_APPRISE = ["tgram"]
    answer = as_alice.post(
        "/p/web/alerts/channels/new/apprise/", {"name": "t", "min_level": "debug", "url": "tgram://x"}
    )
    assert (answer.status_code, "Only a superuser" in answer.content.decode()) == (422, True)
    assert "new/apprise/" not in as_alice.get("/p/web/alerts/channels/").content.decode()
    config = {"url": "tgram://123456789:abcdefghijklmnopqrstuvwxyzABCDEFGH/123/"}
    given = {"kind": "apprise", "name": "telegram", "config": config, "now": now}
    with pytest.raises(ValidationError) as raised:
        channel_setup.create(project, actor=alice, **given)
    assert "superuser" in str(raised.value)
    alice.is_superuser = True
    assert channel_setup.create(project, actor=alice, **given).masked == "tgram://…123/"


def test_it_delivers_text_that_mentions_nobody(settings: Any) -> None:
    settings.OBS_APPRISE = ["json"]
    message = new_issue(title="@everyone <!channel>")
    with serving(Reply(200), Reply(500)) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        config = {"url": f"json://{server.endpoint}/x"}
        assert KINDS["apprise"].send(config, message, now=NOW).latency_ms >= 0
        with pytest.raises(DeliveryError) as raised:
            KINDS["apprise"].send(config, message, now=NOW, minimal=True)
    assert not raised.value.is_permanent
    body = server.requests[0].body.decode()
    assert "everyone" in body
    assert "@everyone" not in body
    assert "<!channel" not in body
