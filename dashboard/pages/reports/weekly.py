"""The performance of one week: put together from the questions that the pages ask, shown and sent on Mondays."""

import logging
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.mime.image import MIMEImage
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from analytics import rollups
from analytics.periods import Period, step_for, week_of
from analytics.questions.overview import overview
from analytics.questions.overview.overview import Overview, Tile
from analytics.questions.performance import endpoints, slow_queries
from analytics.questions.performance.endpoints import Endpoint
from analytics.questions.performance.slow_queries import Loop, SlowQuery
from analytics.questions.releases import release_change
from analytics.questions.releases.release_change import ReleaseChange
from analytics.questions.vitals import vitals
from analytics.questions.vitals.vitals import Regression, Vitals
from dashboard.pages.boards import mailing
from dashboard.pages.boards.mailing import BoardMail
from dashboard.pages.insights import digests, goal_lines
from dashboard.pages.insights.digests import Digest
from dashboard.pages.insights.goal_lines import GoalLine
from dashboard.pages.reports import sentences
from dashboard.pages.scorecard import card, presenting
from dashboard.reading import weeks
from events.accounts import access
from events.models import Membership, Project, Segment

WEEK = timedelta(days=7)
SENT_FROM = time(7, tzinfo=UTC)
# A mail server that is down all day gets no more tries: a week's report is of no use later.
SENT_FOR = timedelta(hours=24)
TIMEOUT_SECONDS = 10
NUMBERS = ("throughput", "failures", "p95", "lcp", "crash_free")
_MEASURED = ("requests", "vitals", "sessions")
# What the questions of a week count from, and into how many parts they cut it.
_COUNTED = ("requests", "traffic", "page_vitals", "vitals", "sessions", "errors", "queries")
_CUTS = (7, 8, 25)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Weekly:
    """The week that began on the Monday `week`, compared with the week before."""

    week: date
    period: Period
    numbers: Overview
    busiest: tuple[Endpoint, ...]
    slower: tuple[Endpoint, ...]
    faster: tuple[Endpoint, ...]
    queries: tuple[SlowQuery, ...]
    loops: tuple[Loop, ...]
    vitals: Vitals
    regressions: tuple[Regression, ...]
    release: ReleaseChange | None
    is_first: bool

    @property
    def changes(self) -> dict[str, str]:
        """What may be said of the change of each of NUMBERS."""
        return {name: self._change(getattr(self.numbers, name)) for name in NUMBERS}

    def _change(self, number: Tile) -> str:
        if number.value is None:
            return "nothing measured"
        return "first week measured" if self.is_first else number.comparison.statement

    @property
    def is_empty(self) -> bool:
        return not (self.busiest or self.queries or any(vital.count for vital in self.vitals.metrics))


def weekly(project: Project, week: date, *, now: datetime) -> Weekly:
    """The report of the week that began on the Monday `week`."""
    start = datetime.combine(week, time(), tzinfo=UTC)
    period = Period(start, start + WEEK)
    steps = (None, *(step_for(period, most=most) for most in _CUTS))
    rollups.read_ahead(project.pk, _COUNTED, periods=(period, period.previous()), now=now, steps=steps)
    found = endpoints.endpoints(project, period=period, now=now, most=200)
    return Weekly(
        week=week,
        period=period,
        numbers=overview.overview(project, period=period, now=now, points=7),
        busiest=found[:10],
        slower=tuple(one for one in found if one.p95.direction > 0)[:10],
        faster=tuple(one for one in found if one.p95.direction < 0)[:10],
        queries=slow_queries.slow_queries(project, period=period, now=now, most=10),
        loops=slow_queries.loops(project, period=period, most=10),
        vitals=vitals.vitals(project, period=period, now=now, most=7),
        regressions=vitals.regressions(project, period=period, now=now),
        release=release_change.release_change(project, period=period, now=now),
        is_first=not Segment.objects.filter(project=project, fact__in=_MEASURED, day__lt=week).exists(),
    )


def monday_of(day: date) -> date:
    return week_of(day, first_day=weeks.MONDAY)


def last_whole_week(now: datetime, *, first_day: int = weeks.MONDAY) -> date:
    """The first day of the last week that is over."""
    return week_of(now.astimezone(UTC).date(), first_day=first_day) - WEEK


def named(text: str, *, now: datetime, first_day: int = weeks.MONDAY) -> date:
    """The first day of the week that a URL names (`2026-W47` or a day in it); of the last whole one for anything
    else."""
    try:
        asked = max(date(1971, 1, 4), min(date.fromisoformat(text[:10]), now.date()))
    except ValueError:
        return last_whole_week(now, first_day=first_day)
    return week_of(asked, first_day=first_day)


def due(*, now: datetime) -> QuerySet[Membership]:
    """Who asked for the report, may still read the project, and has not got this Monday's."""
    monday = monday_of(now.astimezone(UTC).date())
    opens = datetime.combine(monday, SENT_FROM)
    if not opens <= now < opens + SENT_FOR:
        return Membership.objects.none()
    wanted = Membership.objects.filter(gets_weekly_report=True, user__is_active=True, project__deleted_at=None)
    wanted = wanted.exclude(user__email="")
    return wanted.exclude(weekly_report_on__gte=monday).select_related("project", "user").order_by("project_id", "pk")


def send_due(*, now: datetime) -> int:
    """Sends what is due and returns how many mails went out; a mail that the server took no more is due again."""
    monday, sent = monday_of(now.astimezone(UTC).date()), 0
    reports: dict[int, Weekly] = {}
    made: dict[tuple[int, bool], Digest] = {}
    goals: dict[tuple[int, bool], list[GoalLine]] = {}
    arranged: dict[tuple[int, bool], BoardMail] = {}
    in_short: dict[tuple[int, bool], list[str]] = {}
    for member in due(now=now):
        mine = Membership.objects.filter(pk=member.pk, weekly_report_on=member.weekly_report_on)
        if not mine.update(weekly_report_on=monday):
            continue  # another process took it
        project = member.project
        if project.pk not in reports:
            reports[project.pk] = weekly(project, monday - WEEK, now=now)
        sees_persons = access.sees_persons(member.user, project)
        told = (project.pk, sees_persons)
        if told not in goals:
            goals[told] = goal_lines.of_week(project, monday, sees_persons=sees_persons)
            in_short[told] = said(project, reports[project.pk], sees_persons=sees_persons, now=now)
        of: dict[str, Any] = {"sees_persons": sees_persons, "week": monday - WEEK, "now": now}
        insights = digests.subscribed(project, member.user, made=made, **of)
        boards = mailing.subscribed(project, member.user, made=arranged, **of)
        report = reports[project.pk]
        try:
            mail(
                project, report, to=member.user.email, insights=insights, goals=goals[told], boards=boards,
                in_short=in_short[told],
            ).send()  # fmt: skip
            sent += 1
        except (smtplib.SMTPException, OSError) as failure:
            log.warning("The weekly report of %s was not taken: %s.", project.slug, type(failure).__name__)
            Membership.objects.filter(pk=member.pk).update(weekly_report_on=member.weekly_report_on)
    return sent


def said(project: Project, report: Weekly, *, sees_persons: bool, now: datetime) -> list[str]:
    """The week in sentences: its promises, and what clearly changed."""
    found = card.card(project, report.period.start, sees_persons=sees_persons, now=now, count=2)
    return [*sentences.of_promises(presenting.lines(project, found)), *sentences.of_week(report)]


def mail(
    project: Project, report: Weekly, *, to: str, insights: Sequence[Digest] = (), goals: Sequence[GoalLine] = (),
    boards: Sequence[BoardMail] = (), in_short: Sequence[str] = (),
) -> EmailMultiAlternatives:  # fmt: skip
    """The report as text and HTML, first in sentences, then with the goals of the project, and the insights with their
    pictures and the boards that the receiver asked for."""
    url = f"{settings.OBS_PUBLIC_URL}{reverse('dashboard:weekly', args=[project.slug])}?week={report.week}"
    context = {
        "project": project, "report": report, "url": url, "insights": insights, "goals": goals,
        "boards": boards, "in_short": in_short,
        "saved_url": f"{settings.OBS_PUBLIC_URL}{reverse('dashboard:insights-saved', args=[project.slug])}",
    }  # fmt: skip
    mail = EmailMultiAlternatives(
        subject=f"{' '.join(project.name.split())}: performance in the week of {report.week:%d %b %Y}",
        body=render_to_string("dashboard/reports/mail.txt", context),
        to=[to],
        headers={"Auto-Submitted": "auto-generated"},
        connection=get_connection(timeout=TIMEOUT_SECONDS),
    )
    mail.attach_alternative(render_to_string("dashboard/reports/mail.html", context), "text/html")
    for digest in insights:
        if digest.picture:
            mail.mixed_subtype = "related"  # type: ignore[attr-defined]  # pictures belong to the text that shows them
            mail.attach(_inline(digest))
    return mail


def _inline(digest: Digest) -> MIMEImage:
    part = MIMEImage(digest.picture, "png")
    part.add_header("Content-ID", f"<insight-{digest.view_id}>")
    part.add_header("Content-Disposition", "inline", filename=f"insight-{digest.view_id}.png")
    return part
