"""Notifications leave the house through real servers, and each answer has its consequence in the rows."""

import threading
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from django.db import connection

from alerts.delivery import channel_setup, deliver, notify
from alerts.models import Channel, DeliveryAttempt, Notification
from alerts.tests import make
from alerts.tests.servers import Reply, Server, serving, talking
from events.models import AuditEntry, Project
from events.tests import make as events_make

SECOND = timedelta(seconds=1)


def permit(settings: Any, *servers: Server) -> None:
    settings.OBS_OUTBOUND_ALLOW = [server.endpoint for server in servers]


def notified(project: Project, *, now: datetime) -> Notification:
    """A new issue, told to the channels."""
    make.transition(events_make.issue(project, groups=0, title="KeyError: 'x'"))
    notify.claim_transitions(now=now)
    return Notification.objects.latest("id")


def test_what_is_due_is_sent_once(project: Project, now: datetime, settings: Any) -> None:
    with serving() as server:
        permit(settings, server)
        channel = make.channel(project, server.url)
        notification = notified(project, now=now)
        assert deliver.run(now=now) == 1
        assert deliver.run(now=now + SECOND) == 0
    notification.refresh_from_db()
    channel.refresh_from_db()
    [request] = server.requests
    assert orjson.loads(request.body)["dedup"] == notification.dedup == request.headers["X-Obs-Delivery"]
    assert (notification.status, notification.sent_at, notification.last_status) == ("sent", now, 200)
    assert notification.latency_ms is not None
    assert notification.claimed_until is None
    assert channel.last_sent_at == now
    assert DeliveryAttempt.objects.get().decision == "sent"


def test_too_many_requests_pauses_the_whole_channel_and_is_no_attempt(
    project: Project, now: datetime, settings: Any
) -> None:
    with serving(Reply(429, {"Retry-After": "7"}), Reply(200)) as server:
        permit(settings, server)
        channel = make.channel(project, server.url)
        first, second = notified(project, now=now), notified(project, now=now)
        deliver.run(now=now)
        channel.refresh_from_db()
        first.refresh_from_db()
        assert timedelta(seconds=7) <= channel.paused_until - now <= timedelta(seconds=8)
        assert (first.status, first.attempts, first.last_status) == ("pending", 0, 429)
        assert len(server.requests) == 1
        deliver.run(now=now + 6 * SECOND)
        assert len(server.requests) == 1
        deliver.run(now=now + 9 * SECOND)
    assert set(Notification.objects.values_list("pk", "status")) == {(first.pk, "sent"), (second.pk, "sent")}


def test_a_failing_server_is_tried_again_and_given_up_after_a_day(
    project: Project, now: datetime, settings: Any
) -> None:
    with serving(Reply(500)) as server, serving() as fallback:
        permit(settings, server, fallback)
        make.channel(project, server.url, name="broken")
        other = make.channel(project, fallback.url, name="other", transitions=["regression"])
        notification = notified(project, now=now)
        deliver.run(now=now)
        notification.refresh_from_db()
        assert notification.status == "pending"
        assert notification.attempts >= 1
        assert notification.next_attempt_at <= now + timedelta(minutes=15)
        Notification.objects.update(next_attempt_at=now)
        deliver.run(now=now + timedelta(hours=24))
        notification.refresh_from_db()
        assert (notification.status, notification.last_error) == ("dead", "Answered 500.")
        deliver.run(now=now + timedelta(hours=24, seconds=1))
    told = Notification.objects.get(channel=other)
    assert (told.kind, told.status, told.payload["title"]) == ("channel", "sent", "“broken” lost a message")


@pytest.mark.parametrize("second", [200, 400])
def test_a_refused_message_is_sent_once_more_as_plain_text(
    project: Project, now: datetime, settings: Any, second: int
) -> None:
    with serving(Reply(400, {}, b"invalid_blocks"), Reply(second)) as server:
        permit(settings, server)
        make.channel(project, server.url, kind="slack")
        notification = notified(project, now=now)
        deliver.run(now=now)
    notification.refresh_from_db()
    full, plain = (orjson.loads(request.body) for request in server.requests)
    assert "blocks" in full
    assert list(plain) == ["text"]
    assert notification.status == ("sent" if second == 200 else "dead")
    assert notification.attempts == 2
    decisions = list(DeliveryAttempt.objects.order_by("id").values_list("decision", "error"))
    assert decisions[0] == ("minimal", "Answered 400. invalid_blocks")


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_receiver_that_is_gone_disables_the_channel_and_the_others_hear_of_it(
    project: Project, now: datetime, settings: Any, status: int
) -> None:
    with serving(Reply(status)) as server, serving() as fallback:
        permit(settings, server, fallback)
        channel = make.channel(project, server.url, name="gone")
        make.channel(project, fallback.url, name="other", transitions=["regression"])
        notification = notified(project, now=now)
        notified(project, now=now)
        deliver.run(now=now)
    channel.refresh_from_db()
    notification.refresh_from_db()
    assert (channel.is_enabled, channel.disabled_reason, channel.disabled_at) == (False, f"Answered {status}.", now)
    assert notification.status == "dead"
    assert len(server.requests) == 1
    [told] = fallback.requests
    assert orjson.loads(told.body)["title"] == "“gone” was disabled"
    entry = AuditEntry.objects.get(action="channel.disable")
    assert (entry.actor, entry.detail) == ("system", {"reason": f"Answered {status}."})


def test_what_waits_for_a_channel_that_stays_off_is_given_up(project: Project, now: datetime, settings: Any) -> None:
    channel = make.channel(project, "https://1.1.1.1/hook")
    notification = notified(project, now=now)
    channel_setup.disable(channel, reason="By hand.", now=now)
    assert deliver.run(now=now + timedelta(hours=23)) == 0
    assert deliver.run(now=now + timedelta(hours=24)) == 0
    notification.refresh_from_db()
    assert notification.status == "dead"


def test_a_server_that_hangs_holds_up_no_other_channel(project: Project, now: datetime, settings: Any) -> None:
    served_meanwhile: list[bool] = []
    with serving() as server:

        def hang(connection: Any) -> None:
            served_meanwhile.append(server.got.wait(5))

        with talking(hang) as hanging:
            settings.OBS_OUTBOUND_ALLOW = [hanging, server.endpoint]
            make.channel(project, f"http://{hanging}/", name="a")
            make.channel(project, server.url, name="b")
            notified(project, now=now)
            deliver.run(now=now)
    assert served_meanwhile[0]
    broken, whole = Notification.objects.order_by("channel__name")
    assert (broken.status, broken.last_status) == ("pending", None)
    assert whole.status == "sent"


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_message_once(now: datetime, settings: Any) -> None:
    project = Project.objects.create(slug="web", name="Web")
    with serving() as server:
        permit(settings, server)
        for n in range(6):
            make.channel(project, server.url, name=f"channel {n}")
        make.transitions(project, 5)
        start = threading.Barrier(2)

        def work() -> None:
            start.wait()
            try:
                notify.claim_transitions(now=now)
                deliver.run(now=now)
            finally:
                connection.close()

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        deliver.run(now=now)
    delivered = [request.headers["X-Obs-Delivery"] for request in server.requests]
    assert len(delivered) == len(set(delivered)) == 30
    assert Notification.objects.filter(status="sent").count() == 30


def test_an_address_that_became_private_disables_the_channel(project: Project, now: datetime, settings: Any) -> None:
    with serving() as server:
        permit(settings, server)
        channel = make.channel(project, server.url)
        notified(project, now=now)
        settings.OBS_OUTBOUND_ALLOW = []
        deliver.run(now=now)
    channel.refresh_from_db()
    assert server.requests == []
    assert not channel.is_enabled
    assert "Port" in channel.disabled_reason


def test_a_secret_that_no_key_reads_disables_its_channel_and_no_other(
    project: Project, now: datetime, settings: Any
) -> None:
    with serving() as server:
        permit(settings, server)
        unreadable = make.channel(project, server.url, name="a")
        settings.OBS_ENCRYPTION_KEYS = ["c3" * 32]
        make.channel(project, server.url, name="b")
        notified(project, now=now)
        deliver.run(now=now)
    assert len(server.requests) == 2  # the message, and the one about the channel
    assert not Channel.objects.defer("config").get(pk=unreadable.pk).is_enabled


def test_what_another_worker_holds_is_left_alone_until_its_claim_ends(
    project: Project, now: datetime, settings: Any
) -> None:
    with serving() as server:
        permit(settings, server)
        make.channel(project, server.url)
        notified(project, now=now)
        notified(project, now=now)
        Notification.objects.filter(pk=Notification.objects.earliest("id").pk).update(claimed_until=now + SECOND)
        assert deliver.run(now=now) == 0
        assert deliver.run(now=now + 2 * SECOND) == 2


def test_no_transaction_is_open_while_the_network_is_used(
    project: Project, now: datetime, settings: Any, monkeypatch: Any
) -> None:
    blocks: list[int] = []
    outside = len(connection.savepoint_ids)
    make.channel(project)
    notified(project, now=now)
    real = deliver._errand

    def errand(*args: Any, **kwargs: Any) -> Any:
        blocks.append(len(connection.savepoint_ids))
        return real(*args, **kwargs)

    monkeypatch.setattr(deliver, "_errand", errand)
    deliver.run(now=now)
    assert blocks == [outside]


def test_the_log_is_forgotten_after_ninety_days_and_what_waits_is_not(project: Project, now: datetime) -> None:
    make.channel(project)
    old, waiting = notified(project, now=now), notified(project, now=now)
    Notification.objects.filter(pk=old.pk).update(status="sent")
    deliver.forget(now=now + timedelta(days=90))
    assert Notification.objects.count() == 2
    deliver.forget(now=now + timedelta(days=90, seconds=1))
    assert list(Notification.objects.values_list("pk", "transition")) == [(waiting.pk, None)]


def test_the_number_of_queries_of_an_idle_tick_is_small(
    project: Project, now: datetime, django_assert_max_num_queries: Any
) -> None:
    make.channel(project)
    with django_assert_max_num_queries(7):  # four of them open and close transactions
        assert deliver.run(now=now) == notify.claim_transitions(now=now) == 0
