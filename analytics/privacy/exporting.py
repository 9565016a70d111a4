"""What is kept of one person, as one JSON document for them to take along."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from analytics.privacy import places
from analytics.privacy.subjects import subject_of
from events.accounts import audit
from events.consent import ledger
from events.facts import erasing as of_facts
from events.ingest import payloads
from events.models import Attachment, Feedback, Project

# The rows of one fact in a document; it says where there are more.
MOST = 50_000


def export(project: Project, distinct_ids: Iterable[str], *, actor: Any, now: datetime) -> dict[str, Any]:
    """Everything by table and fact, values as they are stored. Leaves an audit entry."""
    subject = subject_of(project, distinct_ids)
    kept = list(places.occurrences(project, subject))
    event_ids = places.event_ids(project, subject, kept)
    facts = {name: _rows(project, name, subject.visitors) for name in places.FACTS_OF_PEOPLE}
    document = {
        "project": project.slug,
        "exported_at": now.isoformat(),
        "ids": list(subject.pseudonyms),
        "persons": [
            {"uuid": str(one.uuid), "created_at": one.created_at.isoformat(), "properties": one.properties,
             "ids": [str(name) for name in one.ids.order_by("pk")]}
            for one in places.people(project, subject).prefetch_related("ids")
        ],
        "events_kept_in_full": [payloads.unpack(bytes(one.payload)) for one in kept],
        "feedback": list(
            Feedback.objects.filter(project=project, event_id__in=event_ids).values(
                "at", "name", "contact_email", "message"
            )
        ),
        "attachments": list(
            Attachment.objects.filter(project=project, event_id__in=event_ids).values("at", "filename", "size")
        ),
        "overrides_of_flags": list(places.overrides(project, subject).values("flag__key", "value", "created_at")),
        "places_in_flags": list(places.remembered(project, subject).values("flag__key", "created_at")),
        "consents": [
            {"at": one.at.isoformat(), "purpose": one.purpose, "state": one.state, "version": one.version,
             "source": one.source, "number": one.number}
            for one in (*ledger.of_people(project, subject.visitors), *ledger.sealed(project, subject.visitors))
        ],
        "facts": {name: rows for name, rows in facts.items() if rows},
        "more_than_shown": sorted(name for name, rows in facts.items() if len(rows) == MOST),
    }  # fmt: skip
    detail = {"facts": {name: len(rows) for name, rows in facts.items() if rows}}
    audit.record("person.export", actor=actor, project=project, detail=detail, now=now)
    return document


def _rows(project: Project, name: str, visitors: Iterable[int]) -> list[dict[str, object]]:
    found = of_facts.rows(project.pk, name, list(visitors), most=MOST)
    return [{column: value for column, value in row.items() if value is not None} for row in found]
