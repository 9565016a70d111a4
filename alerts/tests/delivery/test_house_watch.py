"""The server notices its own trouble, tells it and its end once, and calls elsewhere only while all of it works."""

from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from alerts.delivery import channel_setup, deliver, heartbeat, house_watch
from alerts.delivery.channel_setup import Conduct
from alerts.models import Channel, HouseTrouble, HouseWatch, Notification, Rule
from alerts.tests import make
from alerts.tests.servers import Reply, serving
from events.models import OutcomeCount, Project
from events.tests import make as events_make

MINUTE = timedelta(minutes=1)


def received(project: Project, hour: datetime, quantity: int) -> None:
    given = {"project": project, "hour": hour, "category": "error", "outcome": "received", "slot": 0}
    OutcomeCount.objects.create(quantity=quantity, **given)


def day(project: Project, now: datetime, *, quietest: int) -> None:
    for hours in range(0, 27):
        received(project, now.replace(minute=0) - timedelta(hours=hours), quietest if hours == 9 else 600)


@pytest.mark.parametrize(("quietest", "is_trouble"), [(100, True), (4, False), (0, False)])
def test_silence_is_trouble_where_something_usually_arrives(
    project: Project, now: datetime, quietest: int, is_trouble: bool
) -> None:
    day(project, now, quietest=quietest)
    assert house_watch.look(now=now).troubles == {}
    assert house_watch.look(now=now + 14 * MINUTE).troubles == {}
    assert ("ingest" in house_watch.look(now=now + 16 * MINUTE).troubles) is is_trouble
    received(project, now + timedelta(hours=5), 1)
    assert house_watch.look(now=now + 17 * MINUTE).troubles == {}
    assert house_watch.look(now=now + timedelta(hours=3)).troubles == {}  # nobody looked: the silence may be ours


def test_trouble_is_told_when_it_lasts_and_so_is_its_end_to_the_same(
    project: Project, now: datetime, settings: Any
) -> None:
    settings.OBS_ADMIN_EMAILS = ["ops@example.org"]
    with serving(Reply(404)) as gone, serving() as server:
        settings.OBS_OUTBOUND_ALLOW = [gone.endpoint, server.endpoint]
        broken = make.channel(project, gone.url, name="broken", conduct=Conduct(is_house=True))
        make.channel(project, server.url, name="ops", transitions=["regression"], conduct=Conduct(is_house=True))
        make.transition(events_make.issue(project, groups=0, title="KeyError"), at=now)
        found = house_watch.look(now=now + 6 * MINUTE)
        assert (list(found.troubles), found.told) == (["outbox"], 0)
        Rule.objects.create(project=project, name="late", kind="threshold", metric="errors.count", next_eval_at=now)
        found = house_watch.look(now=now + 7 * MINUTE)
        assert (sorted(found.troubles), found.told) == (["outbox", "rules"], 1)
        found = house_watch.look(now=now + 8 * MINUTE)
        assert (found.told, len(mail.outbox)) == (1, 2)
        deliver.run(now=now + 8 * MINUTE)  # the first channel answers 404 and is off from now on
        Rule.objects.all().delete()
        assert house_watch.look(now=now + 9 * MINUTE).ended == 1
        assert house_watch.look(now=now + 10 * MINUTE).told == 1
        deliver.run(now=now + 10 * MINUTE)
    heard = [(orjson.loads(one.body)["kind"], orjson.loads(one.body)["title"]) for one in server.requests]
    assert ("house", "Messages wait to be sent: the oldest for 6 min.") in heard
    assert ("house_ended", "Alert rules are judged late: one waits for 7 min.") in heard
    assert ("house", f"“broken” of {project.name} is off: Answered 404.") in heard
    subjects = [message.subject for message in mail.outbox]
    assert sum("Messages wait to be sent" in subject for subject in subjects) == 1
    assert HouseTrouble.objects.get(name="outbox").told_at
    channel_setup.disable(broken, reason="By hand.", now=now)


def test_trouble_that_passes_is_never_told(project: Project, now: datetime) -> None:
    Rule.objects.create(project=project, name="late", kind="threshold", metric="errors.count", next_eval_at=now)
    assert house_watch.look(now=now + 5 * MINUTE).troubles
    Rule.objects.update(next_eval_at=now + 6 * MINUTE)
    assert house_watch.look(now=now + 6 * MINUTE) == house_watch.Found({}, 0, 0)
    assert not HouseTrouble.objects.exists()
    assert not Notification.objects.exists()


def test_what_waits_for_another_try_is_no_trouble_of_the_house(project: Project, now: datetime) -> None:
    channel = make.channel(project, "https://1.1.1.1/hook")
    make.transition(events_make.issue(project, groups=0, title="KeyError"), at=now)
    Channel.objects.filter(pk=channel.pk).update(paused_until=now + timedelta(hours=1))
    from_now = {"status": "pending", "payload_version": 1, "payload": {}, "created_at": now}
    Notification.objects.create(channel=channel, kind="firing", dedup="1", next_attempt_at=now, **from_now)
    assert "outbox" not in house_watch.look(now=now + 4 * MINUTE).troubles


def test_the_heartbeat_stops_with_any_part_of_the_chain(project: Project, now: datetime, settings: Any) -> None:
    with serving(Reply(200), Reply(200), Reply(503), Reply(200)) as web, serving(Reply(200), Reply(500)) as elsewhere:
        settings.OBS_HEARTBEAT_URL, settings.OBS_WEB_URL = "", f"http://{web.endpoint}/"
        assert not heartbeat.beat(now=now)
        settings.OBS_HEARTBEAT_URL = elsewhere.url
        settings.OBS_OUTBOUND_ALLOW = []
        assert not heartbeat.beat(now=now)  # an address inside the house needs its exception
        settings.OBS_OUTBOUND_ALLOW = [elsewhere.endpoint]
        assert heartbeat.beat(now=now)
        assert HouseWatch.objects.get().beaten_at == now
        assert not heartbeat.beat(now=now)
        assert "not ready: it answers 503" in HouseWatch.objects.get().beat_words
        assert not heartbeat.beat(now=now)
        assert "It answered 500." in HouseWatch.objects.get().beat_words
        Rule.objects.create(project=project, name="late", kind="threshold", metric="errors.count", next_eval_at=now)
        assert not heartbeat.beat(now=now + 5 * MINUTE)
    assert len(elsewhere.requests) == 2
    assert [request.path for request in web.requests] == ["/readyz"] * 4
    assert "judged late" in HouseWatch.objects.get().beat_words


def test_the_system_page_says_what_is_wrong_and_who_is_told(project: Project, alice: Any, now: datetime) -> None:
    root = get_user_model().objects.create_superuser("root", "root@example.org", "root-password-1")
    client = Client()
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    assert "Nobody is told" in client.get("/system/").content.decode()
    HouseTrouble.objects.create(name="rules", since=now, words="Alert rules are judged late.")
    make.channel(project, name="ops", conduct=Conduct(is_house=True))
    text = client.get("/system/").content.decode()
    assert "Alert rules are judged late." in text
    assert "“ops” of" in text
    with pytest.raises(ValidationError) as raised:
        channel_setup.create(
            project, kind="email", name="mine", config={"addresses": "a@example.org"}, conduct=Conduct(is_house=True),
            actor=alice, now=now,
        )  # fmt: skip
    assert "superuser" in str(raised.value)
