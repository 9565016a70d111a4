"""What people met between the steps of a funnel, in words, with the way to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from analytics.periods import Period
from analytics.privacy import readers
from analytics.questions.product import actions, funnel_losses
from analytics.questions.product.funnel_losses import Loss, Met
from dashboard.frame import formatting
from dashboard.frame.state import State
from dashboard.pages.insights import asking
from dashboard.pages.performance import rates
from events.models import Issue, IssueGroup, Project

KINDS = {"error": "Error", "request": "Failed request", "page": "Slow page"}


@dataclass(frozen=True, slots=True)
class Line:
    """`lost` and `kept` are shares in words; `url` is empty where there is no page of it."""

    after: str
    kind: str
    what: str
    url: str
    lost: str
    kept: str


def lines(project: Project, state: State, asked: Mapping[str, str]) -> list[Line]:
    """The errors, failed requests and slow pages that the lost met; none for steps in any order."""
    about = asking.scope(
        asked,
        period=Period(state.start, state.end),
        environment=state.environment,
        actions=actions.named(project.pk, *asked.values()),
    )
    given = asking.losses(asked, about)
    if given["definition"].order == "unordered":
        return []
    found = readers.ask(funnel_losses.losses, project, sees_persons=state.sees_persons, **given)
    hashes = {UUID(hex=one.what) for loss in found for one in loss.met if one.kind == "error"}
    groups = IssueGroup.objects.filter(project=project, hash__in=hashes).select_related("issue") if hashes else ()
    issues = {group.hash.hex: group.issue for group in groups}
    return [_line(project, state, loss, one, issues) for loss in found for one in loss.met]


def _line(project: Project, state: State, loss: Loss, one: Met, issues: Mapping[str, Issue]) -> Line:
    what, url = one.what, ""
    if one.kind == "error":
        issue = issues.get(one.what)
        what = issue.title[:120] if issue else "an error whose issue is gone"
        url = reverse("dashboard:issue", args=[project.slug, issue.pk]) if issue else ""
    elif one.kind == "request":
        url = rates.endpoint_url(project, one.what, state=state)
    return Line(
        f"{loss.after} {loss.event}", KINDS[one.kind], what, url, _of(one.lost, loss.lost), _of(one.kept, loss.kept)
    )


def _of(people: int, of: int) -> str:
    return f"{formatting.percent(people / of, digits=1)} ({people:,} of {of:,})" if of else "–"
