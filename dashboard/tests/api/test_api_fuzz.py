"""Every address of the API under parameters made from its own document, right and wrong: never a 5xx."""

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import NotSet

from alerts.tests import make as make_alerts
from alerts.tests.make import probe as make_probe
from dashboard.tests.answers import ANSWERS
from dashboard.tests.test_every_route import API
from events.accounts import tokens
from events.models import IngestKey, Project
from events.tests import make

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "api" / "openapi.json"
SCHEMA = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text()))
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
EXAMPLES = int(os.environ.get("OBS_FUZZ_EXAMPLES", "10"))
STATUSES = {200, 201, 204, 400, 401, 403, 404, 405, 413, 415}
UNDOCUMENTED = {"api-schema", "api-nothing"}


def test_the_document_has_every_address() -> None:
    routes = {f"/{route.path}" for route in API if route.name not in UNDOCUMENTED}
    documented = {operation.path for operation in OPERATIONS}
    assert {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path) for path in routes} <= documented


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_it_answers(
    project: Project, key: IngestKey, alice: Any, now: Any, monkeypatch: Any, operation: Any, mode: GenerationMode
) -> None:
    monkeypatch.setattr("events.endpoints.admission.bearer.CALLS_PER_MINUTE", 10_000_000)
    issue = make.issue(project, events=3, users=(1,))
    make.release(project, "web@1.0.0")
    known = {"slug": "web", "issue_id": issue.pk, "event_id": make.occurrence(issue.groups.get()).event_id.hex}
    alerting = {"rule_id", "alert_id", "silence_id", "monitor_id", "objective_id"}
    if alerting & set(re.findall(r"{(\w+)}", operation.path)):
        known |= {name: row.pk for name, row in make_alerts.firing(project, now=now).items()}
        known |= {"monitor_id": make_alerts.monitor(project).pk, "objective_id": make_alerts.objective(project).pk}
    _, secret = tokens.create(alice, name="fuzz", scopes=["read", "admin"], now=now)
    if "{channel_id}" in operation.path:
        known["channel_id"] = make_alerts.channel(project).pk
    if "{probe_id}" in operation.path:
        known["probe_id"] = make_probe(project, now=now).pk
    takes_key = operation.definition.raw["security"] == [{"key": []}]
    headers = {"X-Obs-Key": key.public_key} if takes_key else {"Authorization": f"Bearer {secret}"}
    client = Client(raise_request_exception=False)
    try:
        cases = operation.as_strategy(generation_mode=mode)
        cases.validate()
    except Exception as nothing:
        assert "negative" in str(nothing).lower(), nothing  # noqa: PT017 - there is no wrong form of no parameter
        return

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=cases, is_known=st.integers(0, 3))
    def call(case: Any, is_known: int) -> None:
        named = {**(case.path_parameters or {}), **(known if is_known else {})}
        path = operation.path
        for name in case.path_parameters or {}:
            path = path.replace(f"{{{name}}}", quote(str(named[name]), safe=""))
        query = {name: value for name, value in (case.query or {}).items() if not isinstance(value, NotSet)}
        body = b"" if isinstance(case.body, NotSet) else case.body
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = client.generic(
            operation.method.upper(),
            path,
            body,
            "application/json",
            query_params=query,
            headers=headers,
        )
        ANSWERS[response.status_code] += 1
        assert response.status_code in STATUSES, (path, query, body, response.content[:500])
        assert response.status_code == 204 or response["Content-Type"] == "application/json", path

    call()
