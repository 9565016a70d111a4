"""The mails of status pages: an outbox of rows, one a subscriber, each sent at least once."""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.signing import Signer
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from alerts.delivery import http
from alerts.delivery.messages import one_line
from alerts.models import StatusMail, StatusSubscriber, StatusUpdate

logger = logging.getLogger(__name__)

BATCH = 100
TRIES = 8
CLAIM = timedelta(minutes=5)
TIMEOUT_SECONDS = 10
KEPT = timedelta(days=7)
MARKS = Signer(salt="alerts.status.unsubscribe", sep=".")


def queue(update: StatusUpdate, *, now: datetime) -> int:
    """A mail for each confirmed subscriber of the page, in the caller's transaction; how many. Of a page that is not
    published nobody is told."""
    page = update.notice.page
    if not (page.is_published and page.takes_subscribers):
        return 0
    numbers = page.subscribers.exclude(confirmed_at=None).values_list("pk", flat=True)
    made = [
        StatusMail(subscriber_id=pk, update=update, next_attempt_at=now, created_at=now) for pk in numbers.iterator()
    ]
    StatusMail.objects.bulk_create(made, batch_size=1000)
    return len(made)


def run(*, now: datetime) -> int:
    """Send what is due, a batch over one connection; how many were sent."""
    claimed = _claim(now=now)
    if not claimed:
        return 0
    sent = 0
    connection = get_connection(timeout=TIMEOUT_SECONDS)
    try:
        for mail in claimed:
            sent += _send(mail, connection, now=now)
    finally:
        connection.close()
    return sent


@transaction.atomic
def _claim(*, now: datetime) -> list[StatusMail]:
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    due = StatusMail.objects.filter(free, status=StatusMail.Status.PENDING, next_attempt_at__lte=now)
    due = due.filter(subscriber__page__project__deleted_at=None)
    ordered = due.select_related("subscriber__page", "update__notice").order_by("next_attempt_at", "pk")
    claimed = list(ordered.select_for_update(skip_locked=True, of=("self",))[:BATCH])
    StatusMail.objects.filter(pk__in=[mail.pk for mail in claimed]).update(claimed_until=now + CLAIM)
    return claimed


def _send(mail: StatusMail, connection: Any, *, now: datetime) -> bool:
    try:
        written = message(mail)
        written.connection = connection
        written.send()
    except smtplib.SMTPRecipientsRefused as refusal:
        is_final = all(500 <= code < 600 for code, _ in refusal.recipients.values())
        _again(mail, now=now, is_final=is_final)
        return False
    except (smtplib.SMTPException, OSError):
        _again(mail, now=now)
        return False
    except Exception:
        logger.exception("A mail of a status page could not be written.")
        _again(mail, now=now, is_final=True)
        return False
    StatusMail.objects.filter(pk=mail.pk).update(status=StatusMail.Status.SENT, secret=None, claimed_until=None)
    return True


def _again(mail: StatusMail, *, now: datetime, is_final: bool = False) -> None:
    mail.attempts += 1
    if is_final or mail.attempts >= TRIES:
        mail.status, mail.secret = StatusMail.Status.DEAD, None
    mail.claimed_until, mail.next_attempt_at = None, now + timedelta(seconds=30) * 3 ** (mail.attempts - 1)
    mail.save(update_fields=["attempts", "status", "secret", "claimed_until", "next_attempt_at"])


def forget(*, now: datetime) -> int:
    """Delete what was sent or given up; how many."""
    over = StatusMail.objects.exclude(status=StatusMail.Status.PENDING)
    return over.filter(created_at__lt=now - KEPT).delete()[0]


def message(mail: StatusMail) -> EmailMessage:
    """What is sent: an update, or the question whether mails are wanted."""
    return _question(mail) if mail.update is None else _update(mail, mail.update)


def _question(mail: StatusMail) -> EmailMessage:
    page = mail.subscriber.page
    link = settings.OBS_PUBLIC_URL + reverse("dashboard:status-confirm", args=[mail.secret])
    body = (
        f"Somebody asked for mails about {page.title} to this address.\n\nIf it was you, confirm it within a day:\n"
        f"{link}\n\nIf it was not, do nothing: the address is deleted by itself.\n"
    )
    return EmailMessage(
        one_line(f"Confirm: mails about {page.title}")[:150], body, to=[mail.subscriber.address],
        headers={"Auto-Submitted": "auto-generated"},
    )  # fmt: skip


def _update(mail: StatusMail, update: StatusUpdate) -> EmailMessage:
    notice, page = update.notice, mail.subscriber.page
    host = http.parse(settings.OBS_PUBLIC_URL).host
    thread = f"<{notice.public_id}.{mail.subscriber_id}@{host}>"
    link = settings.OBS_PUBLIC_URL + reverse("dashboard:status-notice", args=[page.slug, notice.public_id])
    leave = unsubscribe_url(mail.subscriber)
    body = (
        f"{update.get_status_display()}: {one_line(notice.title)}\n\n{update.body}\n\n{link}\n\n-- \n"
        f"{page.title}. No more mails: {leave}\n"
    )
    headers = {
        "Auto-Submitted": "auto-generated",
        "Message-ID": f"<{update.public_id}.{mail.subscriber_id}@{host}>",
        "References": thread,
        "In-Reply-To": thread,
        "List-Unsubscribe": f"<{leave}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    subject = one_line(f"[{page.title}] {notice.title}")[:150]
    return EmailMessage(subject, body, to=[mail.subscriber.address], headers=headers)


def unsubscribe_url(subscriber: StatusSubscriber) -> str:
    return settings.OBS_PUBLIC_URL + reverse("dashboard:status-unsubscribe", args=[MARKS.sign(str(subscriber.pk))])
