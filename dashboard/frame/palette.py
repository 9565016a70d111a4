"""What the palette finds besides the pages: issues by their title."""

from dataclasses import dataclass

from django.urls import reverse

from events.models import Issue, Project

MOST = 10
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Hit:
    title: str
    url: str
    note: str


def issues(project: Project, text: str) -> list[Hit]:
    """At most `MOST` issues with `text` in their title, the last seen first; none for less than two signs."""
    words = text.replace("\x00", "").strip()[:100]
    if len(words) < SHORTEST:
        return []
    found = Issue.objects.filter(project=project, title__icontains=words).order_by("-last_seen_at", "-pk")[:MOST]
    return [
        Hit(one.title[:120], reverse("dashboard:issue", args=[project.slug, one.pk]), f"{one.level} · {one.status}")
        for one in found
    ]
