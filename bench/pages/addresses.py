"""Every page of the product, with one of each thing that a page can be about."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.test.utils import override_settings

from dashboard.tests.test_every_route import PUBLIC, ROUTES
from events.models import Issue, Project

# What some pages ask for besides; a name that is no page's is another look at the page before the colon.
ASKED: dict[str, dict[str, str]] = {
    "endpoint": {"route": "GET /api/7/{id}"},
    "insights-funnels": {"steps": "/page/1\nsignup\npaid"},
    "insights-journeys": {"begin": "/page/1"},
    "insights-usage": {"events": "signup\npaid"},
    "board-add": {"of": "/p/bench/charts/errors/"},
    "docs-search": {"q": "rollups"},
    "overview: wall": {"wall": "1"},
    "overview: 30 days": {"from": "-30d"},
    "issue-list: a tag": {"query": "customer:c77"},
    "performance: 30 days": {"from": "-30d", "cmp": "prev"},
    "vitals: 30 days": {"from": "-30d"},
    "logs: 30 days, a word": {"from": "-30d", "query": "paid"},
    "analytics: 30 days": {"from": "-30d"},
}


def pages(client: Client, named: Mapping[str, Any]) -> dict[str, str]:
    """The address of each page that shows HTML, by the name of its route; `named` is what addresses can name."""
    found = {}
    logging.disable(logging.WARNING)  # addresses that take only POST say so
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        for route in ROUTES:
            if (not route.is_page and route.name not in PUBLIC) or not set(route.parameters) <= named.keys():
                continue
            values = {**named, "slug": f"{named['slug']}-status"} if route.name in PUBLIC else named
            for name in (route.name, *(one for one in ASKED if one.startswith(f"{route.name}:"))):
                url = route.url(values) + (f"?{urlencode(ASKED[name])}" if name in ASKED else "")
                answer = client.get(url)
                if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                    found[name] = url
    return found


def large(project: Project) -> dict[str, Any]:
    """The issue with most errors, a statement of many."""
    issue = Issue.objects.filter(project=project).order_by("-event_count")[0]
    event = issue.groups.all()[0].occurrences.all()[0].event_id.hex
    return {"issue_id": issue.pk, "event_id": event, "fingerprint": f"{3:016x}"}
