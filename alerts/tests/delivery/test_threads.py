"""An end follows its beginning: to the same channels, after it, and into the same message where that can be changed."""

from datetime import datetime, time, timedelta
from typing import Any

import orjson
import pytest
from django.core.exceptions import ValidationError

from alerts.delivery import channel_setup, deliver, fallback, notify, quiet
from alerts.delivery.channel_setup import Conduct
from alerts.delivery.messages import Message
from alerts.delivery.quiet import Quiet
from alerts.models import Channel, Notification
from alerts.tests import make
from alerts.tests.servers import Reply, serving
from events.models import Project
from events.tests import make as events_make

SECOND = timedelta(seconds=1)
CHART = {
    "series": [[f"2026-11-27T10:{minute:02}:00+00:00", float(minute % 7)] for minute in range(50)],
    "threshold": 5.0,
    "unit": "ms",
}


def said(kind: str, *, at: datetime, thread: str = "a" * 32, **fields: Any) -> Message:
    given = {"title": "Slow", "project": "Web", "level": "error", "dedup": f"{kind} {at}", **fields}
    return Message(kind=kind, at=at.isoformat(), thread=thread, **given)


def tell(project: Project, kind: str, *, at: datetime, **fields: Any) -> int:
    channels = notify.listeners(Channel.objects.none(), project.pk)
    return notify.tell(channels, said(kind, at=at, **fields), now=at)


def states() -> list[tuple[str, str, str]]:
    rows = Notification.objects.order_by("pk").values_list("channel__name", "kind", "status")
    return [(name, kind, status) for name, kind, status in rows]


def test_discord_changes_its_own_message_and_keeps_the_picture(project: Project, now: datetime, settings: Any) -> None:
    made = Reply(
        200,
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "4.5"},
        b'{"id":"77","attachments":[{"id":"88"}]}',
    )
    with serving(
        made, Reply(200, {}, b'{"id":"77"}'), Reply(404, {}, b'{"code":10008}'), Reply(200, {}, b'{"id":"99"}')
    ) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        channel = make.channel(project, f"{server.url}?thread_id=5", kind="discord")
        tell(project, "firing", at=now, chart=CHART)
        deliver.run(now=now)
        channel.refresh_from_db()
        assert channel.paused_until == now + timedelta(seconds=4.5)
        tell(project, "alert_ended", at=now + SECOND)
        deliver.run(now=now + SECOND)  # it is asked to wait
        deliver.run(now=now + 5 * SECOND)
        tell(project, "firing", at=now + 6 * SECOND)  # in vain: a message that somebody deleted
        Notification.objects.filter(status="pending").update(status="sent", remote_id="78")
        tell(project, "alert_ended", at=now + 7 * SECOND)
        deliver.run(now=now + 7 * SECOND)
    first, changed, gone, anew = server.requests
    assert (first.method, first.path.partition("?")[2]) == ("POST", "thread_id=5&wait=true")
    assert first.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'name="files[0]"; filename="chart.png"' in first.body
    assert b"\x89PNG" in first.body
    assert len(first.body) < 1_000_000
    assert b"attachment://chart.png" in first.body
    assert (changed.method, changed.path) == ("PATCH", "/hook/T0/B0/secretX1a9/messages/77?thread_id=5")
    assert orjson.loads(changed.body)["attachments"] == [{"id": "88"}]
    assert (gone.method, gone.path.partition("?")[0][-2:], anew.method) == ("PATCH", "78", "POST")
    assert Notification.objects.latest("pk").remote_id == "99"
    assert set(Notification.objects.values_list("status", flat=True)) == {"sent"}


def test_an_end_goes_to_whoever_was_told_and_never_before_it(project: Project, now: datetime, settings: Any) -> None:
    with serving(Reply(500), Reply(200)) as server, serving() as other:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint, other.endpoint]
        make.channel(project, server.url, name="told", min_level="error")
        late = make.channel(project, other.url, name="deaf", min_level="fatal")
        assert tell(project, "alert_ended", at=now) == 0  # nobody heard of a beginning
        tell(project, "firing", at=now)
        deliver.run(now=now)  # answered 500
        channel_setup.update(
            late, name="deaf", config={}, transitions=[], min_level="debug", environments=[], actor="test", now=now
        )
        assert tell(project, "alert_ended", at=now + SECOND, level="info") == 1
        Notification.objects.filter(kind="firing").update(next_attempt_at=now + timedelta(minutes=5))
        deliver.run(now=now + SECOND)
        assert states() == [("told", "firing", "pending"), ("told", "alert_ended", "pending")]
        deliver.run(now=now + timedelta(minutes=5))
        assert tell(project, "alert_ended", at=now + timedelta(minutes=6)) == 0
    assert [orjson.loads(request.body)["kind"] for request in server.requests] == ["firing", "firing", "alert_ended"]
    assert other.requests == []


def test_what_is_given_up_goes_to_the_fallback_once_with_its_end(
    project: Project, now: datetime, settings: Any
) -> None:
    with serving(Reply(404)) as dead, serving(Reply(410)) as second, serving() as third:
        settings.OBS_OUTBOUND_ALLOW = [dead.endpoint, second.endpoint, third.endpoint]
        last = make.channel(project, third.url, name="last", transitions=["regression"])
        middle = make.channel(
            project, second.url, name="middle", transitions=["regression"], conduct=Conduct(fallback=last)
        )
        first = make.channel(project, dead.url, name="first", conduct=Conduct(fallback=middle))
        values = {"config": {}, "transitions": [], "min_level": "debug", "environments": []}
        with pytest.raises(ValidationError):
            channel_setup.update(last, name="last", conduct=Conduct(fallback=first), actor="test", now=now, **values)
        tell(project, "firing", at=now, thread="b" * 32)
        tell(project, "firing", at=now + SECOND)
        tell(project, "alert_ended", at=now + 2 * SECOND)
        for seconds in range(3, 6):
            deliver.run(now=now + seconds * SECOND)
        # The copies died at `middle` and went no further; what comes from now on goes to the end of the chain.
        copies = Notification.objects.filter(channel=middle).exclude(kind="channel")
        assert {copy.payload["instead_of"] for copy in copies} == {"first"}
        assert not Notification.objects.filter(channel=last, kind="firing").exists()
        first.refresh_from_db()
        assert fallback.stand_in(first) == last
        make.transition(events_make.issue(project, groups=0, title="KeyError"))
        notify.claim_transitions(now=now + 6 * SECOND)
        assert tell(project, "firing", at=now + 6 * SECOND, thread="c" * 32) == 1
        assert tell(project, "alert_ended", at=now + 7 * SECOND, thread="c" * 32) == 1
        deliver.run(now=now + 8 * SECOND)
    heard = [orjson.loads(request.body) for request in third.requests]
    assert {"new_issue", "firing", "alert_ended"} <= {one["kind"] for one in heard}
    channel_setup.enable(first, actor="test", now=now)
    channel_setup.disable(first, reason=fallback.BY_HAND, actor="test", now=now)
    assert first not in notify.listeners(Channel.objects.none(), project.pk)  # whoever switched it off wants silence


def test_what_comes_while_it_is_quiet_is_one_message_at_its_end(project: Project, now: datetime, settings: Any) -> None:
    night = now.replace(hour=23, minute=0)
    with serving() as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        conduct = Conduct(quiet_from=time(22), quiet_until=time(7), quiet_zone="UTC")
        make.channel(project, server.url, conduct=conduct)
        for n in range(3):
            tell(project, "firing", at=night + n * SECOND, thread=f"{n}" * 32, title=f"Slow {n}")
        tell(project, "firing", at=night + 4 * SECOND, thread="f" * 32, level="fatal", title="Down")
        deliver.run(now=night + timedelta(hours=1))
        assert [orjson.loads(request.body)["title"] for request in server.requests] == ["Down"]
        morning = night + timedelta(hours=8)
        deliver.run(now=morning)
        tell(project, "firing", at=morning, thread="9" * 32, title="Awake")
        deliver.run(now=morning)
    bodies = [orjson.loads(request.body) for request in server.requests]
    assert [(body["kind"], body["title"]) for body in bodies[1:]] == [
        ("quiet", "3 messages as one"),
        ("firing", "Awake"),
    ]
    assert bodies[1]["lines"] == ["Firing: Slow 0", "Firing: Slow 1", "Firing: Slow 2"]


@pytest.mark.parametrize(
    ("hours", "at", "ends"),
    [
        (Quiet(time(22), time(7), (), "Europe/Berlin"), "2026-11-27T21:30+00:00", "2026-11-28T06:00+00:00"),
        (Quiet(time(22), time(7), (), "Europe/Berlin"), "2026-11-27T05:59+00:00", "2026-11-27T06:00+00:00"),
        (Quiet(time(22), time(7), (), "Europe/Berlin"), "2026-11-27T06:00+00:00", ""),
        (Quiet(time(22), time(7), (4,), "UTC"), "2026-11-28T03:00+00:00", "2026-11-28T07:00+00:00"),  # Friday's night
        (Quiet(time(22), time(7), (4,), "UTC"), "2026-11-27T03:00+00:00", ""),  # Thursday's
        (Quiet(time(0), time(0), (5, 6), "UTC"), "2026-11-28T12:00+00:00", "2026-11-29T00:00+00:00"),
        (Quiet(time(22), time(7), (), "Europe/Berlin"), "2026-03-29T01:30+00:00", "2026-03-29T05:00+00:00"),  # shorter
        (Quiet(time(22), time(7), (), "Europe/Berlin"), "2026-10-25T05:30+00:00", "2026-10-25T06:00+00:00"),  # longer
        (Quiet(time(2), time(3), (), "Europe/Berlin"), "2026-03-29T01:30+00:00", ""),  # an hour that there is not
        (Quiet(time(9), time(17), (), "No/Where"), "2026-11-27T10:00+00:00", "2026-11-27T17:00+00:00"),
    ],
)
def test_quiet_hours_follow_the_clock_on_the_wall(hours: Quiet, at: str, ends: str) -> None:
    expected = datetime.fromisoformat(ends) if ends else None
    assert hours.ends_at(datetime.fromisoformat(at)) == expected


@pytest.mark.parametrize(
    ("conduct", "field"),
    [
        (Conduct(quiet_from=time(22)), "quiet_until"),
        (Conduct(quiet_from=time(22), quiet_until=time(7), quiet_zone="Mars/Base"), "quiet_zone"),
        (Conduct(quiet_days=(7,)), "quiet_days"),
    ],
)
def test_conduct_that_makes_no_sense_is_refused_at_its_field(project: Project, conduct: Conduct, field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        make.channel(project, conduct=conduct)
    assert list(raised.value.message_dict) == [field]
    assert quiet.of(Channel()) is None
