"""The list of traces and the page of one."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analytics.questions.traces.trace import Span
from analytics.questions.traces.trace_list import Asked
from dashboard.pages.traces import asking, waterfall
from dashboard.tests import populated_performance as populated
from events.models import AuditEntry, Project


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("250", 250), ("250 ms", 250), ("1.5s", 1500), (" 2 MIN ", 120_000), ("10us", 0.01), ("", None), ("-3", None),
     ("1e9", None), ("soon", None), ("1" * 40, None), ("٣", None)],
)  # fmt: skip
def test_times_as_people_write_them(text: str, milliseconds: float | None) -> None:
    assert asking.milliseconds(text) == milliseconds


@pytest.mark.parametrize(
    ("parameters", "asked", "problems"),
    [
        ({}, Asked(), 0),
        ({"route": " /pay ", "service": "web", "status": "failed"}, Asked("/pay", "web", "failed"), 0),
        ({"least": "1s", "most": "2s"}, Asked(least_ms=1000, most_ms=2000), 0),
        ({"least": "2s", "most": "1s"}, Asked(least_ms=2000, most_ms=1000), 1),
        ({"least": "never", "most": "?"}, Asked(), 2),
        ({"attribute": "a = b=c"}, Asked(attribute="a", value="b=c"), 0),
        ({"attribute": "=b"}, Asked(), 1),
        ({"status": "'", "sort": "'", "page": "x"}, Asked(), 0),
        ({"route": "a\x00b" + "c" * 500}, Asked("ab" + "c" * 198), 0),
    ],
)
def test_fields_become_a_question(parameters: dict[str, str], asked: Asked, problems: int) -> None:
    form = asking.form(parameters)
    assert form.asked == asked
    assert len(form.problems) == problems
    assert form.page == 1


@pytest.mark.parametrize(
    ("op", "kind", "colour"),
    [
        ("http.server", "", "request"), ("http.client", "", "call"), ("http", "client", "call"),
        ("db.query", "", "database"), ("db", "client", "database"), ("cache.get", "", "cache"),
        ("queue.process", "", "queue"), ("", "server", "request"), ("", "consumer", "queue"), ("", "", "other"),
        ("template.render", "internal", "other"), ("resource.script", "", "call"),
    ],
)  # fmt: skip
def test_colours_are_by_kind(op: str, kind: str, colour: str) -> None:
    named: dict[str, Any] = dict.fromkeys(("name", "status", "service"), "")
    span = Span("a", None, op=op, kind=kind, depth=0, at=timezone.now(), offset_ms=0, duration_ms=1, self_ms=1,
                children=0, attributes={}, **named)  # fmt: skip
    assert waterfall.kind_of(span) == colour


@pytest.fixture
def stored(project: Project) -> Project:
    populated.store_rows(project, {"spans": populated.spans(now=timezone.now())}, now=timezone.now())
    return project


def test_the_list_leads_to_the_trace_and_keeps_what_was_asked(as_bob: Client, stored: Project) -> None:
    url = reverse("dashboard:trace-list", args=[stored.slug])
    html = as_bob.get(
        url, {"route": "/items/*", "least": "100 ms", "attribute": "db.system=postgresql"}
    ).content.decode()
    assert reverse("dashboard:trace", args=[stored.slug, populated.TRACE]) in html
    assert 'value="100 ms"' in html
    assert "✕ 1 span" in html
    assert AuditEntry.objects.filter(action="traces.list").count() == 1


def test_the_list_says_what_it_could_not_read_and_what_does_not_fit(as_bob: Client, stored: Project) -> None:
    url = reverse("dashboard:trace-list", args=[stored.slug])
    html = as_bob.get(url, {"route": "nowhere", "least": "soon"}).content.decode()
    assert "No trace fits" in html
    assert "is a time such as" in html
    assert as_bob.get(url, {"page": "9" * 30, "sort": "\x00", "from": "x"}).status_code == 200
    assert "No trace fits" in as_bob.get(url, {"page": "200"}).content.decode()


def test_without_spans_the_list_says_how_to_begin(as_bob: Client, project: Project) -> None:
    assert "traces_sample_rate" in as_bob.get(reverse("dashboard:trace-list", args=[project.slug])).content.decode()


def test_a_trace_has_a_name_its_path_and_colours_of_kinds(as_bob: Client, stored: Project) -> None:
    html = as_bob.get(reverse("dashboard:trace", args=[stored.slug, populated.TRACE])).content.decode()
    assert "<h1>GET /items/{id}</h1>" in html
    assert "Critical path" in html
    assert 'class="kind-database"' in html
    assert "on the critical path" in html
    assert "of it a gap" in html
    assert 'class="fill-' not in html
