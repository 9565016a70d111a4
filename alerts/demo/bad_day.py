"""From the demo's outage to its incident: starter rules judge that hour minute by minute, as the clock would."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from alerts.incidents import acting, keeping
from alerts.incidents.status import days, notices, setup
from alerts.models import Incident, IncidentAlert, Rule
from alerts.rules import evaluation, rule_setup, starter
from analytics.rollups import filling
from events import demo as demos
from events.demo import outage
from events.demo.outage import Outage
from events.models import Membership, Project

MINUTE = timedelta(minutes=1)
# The shop sends nothing after it was seeded: what watches for silence would fire for ever.
SILENT = "Requests have stopped"
ACTOR = "seed_demo"


def play(demo: demos.Demo, *, now: datetime) -> Incident | None:
    """The incident of the bad day; None where the demo had one before, or rules of its own.

    What a running server said of the demo's monitors meanwhile, of which it heard nothing new, is none of these.
    """
    project = demo.project
    if project.rules.exists() or project.incidents.exclude(alerts__source=IncidentAlert.Source.MONITOR).exists():
        return None
    hour = outage.play(demo, now=now)
    filling.roll_up(now=now, seconds=600, project_id=project.pk)
    rules = starter.add(project, actor=ACTOR, now=hour.began - timedelta(days=1))
    Rule.objects.filter(project=project).update(created_at=hour.began - timedelta(days=1))
    person = _person(project)
    incident = _live_through(rules, hour, person)
    for rule in rules:
        rule.next_eval_at = now
        if rule.name == SILENT:
            rule_setup.switch(rule, on=False, actor=ACTOR, now=now)
        rule.save(update_fields=["next_eval_at"])
    if incident is not None:
        keeping.study(incident.pk, now=hour.ended)
        _publish(project, incident, hour)
        days.refresh(now=now)
        incident.refresh_from_db()
    return incident


def _live_through(rules: list[Rule], hour: Outage, person: Any) -> Incident | None:
    """Each minute the rules are judged; four minutes after the first fires, somebody looks after it."""
    incident: Incident | None = None
    own = Incident.objects.filter(project_id=rules[0].project_id, alerts__source=IncidentAlert.Source.RULE)
    at, end = hour.deployed, hour.ended
    watching = [rule for rule in rules if rule.metric == "requests.error_rate"]  # what else there is stays calm
    acknowledged = told = False
    while at <= end:
        for rule in watching:
            with transaction.atomic():
                evaluation.evaluate(rule, now=at)
        incident = incident or own.first()
        if incident is not None and not acknowledged and at >= incident.began_at + 4 * MINUTE:
            acknowledged = acting.acknowledge(incident, actor=person, now=at)
            keeping.study(incident.pk, now=at)
        if incident is not None and not told and at >= hour.taken_back - 5 * MINUTE:
            text = f"Paying fails since {hour.release}: orders without terms. Taking it back."
            told = bool(acting.comment(incident, text, actor=person, now=at))
        at += MINUTE
    if incident is not None:
        summary = f"{hour.release} read a field that older orders do not have. It was taken back after twenty minutes."
        acting.change(incident, title="Paying fails", summary=summary, actor=person, now=end)
        acting.resolve(incident, text="Orders go through again.", actor=person, now=end)
        incident.refresh_from_db()
    return incident


def _publish(project: Project, incident: Incident, hour: Outage) -> None:
    """A status page with what customers were told."""
    if setup.page_of(project) is not None:
        return
    now = incident.began_at + 9 * MINUTE
    wanted = {
        "slug": project.slug, "title": project.name, "description": "Ordering, paying and delivery of the demo shop.",
        "zone": "Europe/Vienna", "is_published": True, "is_indexed": False, "takes_subscribers": False,
    }  # fmt: skip
    page = setup.store_page(project, wanted, actor=ACTOR, now=now)
    failing = project.rules.filter(metric="requests.error_rate")
    made = {}
    for place, (name, text, sources) in enumerate((
        ("Checkout", "Baskets and paying", [f"rule:{rule.pk}" for rule in failing]),
        ("Catalogue", "Products, prices and search", []),
    )):  # fmt: skip
        made[name] = setup.store_component(
            page, None, name=name, description=text, sources=sources, position=place, actor=ACTOR, now=now
        )
    code = made["Checkout"].public_id
    notice = notices.publish(
        page,
        notices.Wanted(
            title="Paying fails for some orders", body="We know that some payments fail, and look into it.",
            impact="major", components={code: "partial_outage"}, started_at=incident.began_at, incident=incident,
        ),
        actor=ACTOR, now=now,
    )  # fmt: skip
    for status, body, at in (
        ("identified", "A release of today is the reason. We take it back.", hour.taken_back - 4 * MINUTE),
        ("monitoring", "It is taken back, and orders go through. We watch it.", hour.taken_back + 4 * MINUTE),
        ("resolved", "All orders have gone through for twenty minutes.", incident.resolved_at or hour.ended),
    ):
        notices.update(notice, status=status, body=body, components={code: "partial_outage"}, actor=ACTOR, now=at)


def _person(project: Project) -> Any:
    """Who looks after the demo's incident: its first member, or nobody by name."""
    member = Membership.objects.filter(project=project).select_related("user").order_by("pk").first()
    return member.user if member else ACTOR
