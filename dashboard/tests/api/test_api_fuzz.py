"""Every address of the API under parameters made from its own document, right and wrong: never a 5xx."""

import json
import os
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

from events.accounts import tokens
from events.models import Project
from events.tests import make

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "api" / "openapi.json"
SCHEMA = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text()))
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
EXAMPLES = int(os.environ.get("OBS_FUZZ_EXAMPLES", "10"))
STATUSES = {200, 400, 401, 403, 404, 405, 415}


def test_the_document_has_every_operation() -> None:
    assert len(OPERATIONS) == 20


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_it_answers(
    project: Project, alice: Any, now: Any, monkeypatch: Any, operation: Any, mode: GenerationMode
) -> None:
    monkeypatch.setattr("events.endpoints.admission.bearer.CALLS_PER_MINUTE", 10_000_000)
    issue = make.issue(project, events=3, users=(1,))
    make.release(project, "web@1.0.0")
    known = {"slug": "web", "issue_id": issue.pk, "event_id": make.occurrence(issue.groups.get()).event_id.hex}
    _, secret = tokens.create(alice, name="fuzz", scopes=["read", "admin"], now=now)
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
            headers={"Authorization": f"Bearer {secret}"},
        )
        assert response.status_code in STATUSES, (path, query, body, response.content[:500])
        assert response["Content-Type"] == "application/json", path

    call()
