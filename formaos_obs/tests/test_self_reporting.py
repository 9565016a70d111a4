"""The server reports its own errors, and never because of a report."""

import importlib.util
from typing import Any

import pytest

from formaos_obs import self_reporting


@pytest.fixture(autouse=True)
def full_budget() -> None:
    self_reporting._sent.clear()


def _raised_in(*modules: str) -> dict[str, Any]:
    frames = [{"module": module, "function": "f"} for module in modules]
    return {"exception": {"values": [{"type": "ValueError", "stacktrace": {"frames": frames}}]}}


@pytest.mark.parametrize(
    ("event", "leaves"),
    [
        (_raised_in("dashboard.pages.issues.views", "analytics.questions.errors.issue_list"), True),
        (_raised_in("events.tasks", "events.facts.compaction"), True),
        (_raised_in("events.viewsets"), True),
        ({"message": "hello", "logger": "alerts.delivery.notify"}, True),
        ({"request": {"url": "http://127.0.0.1:8000/p/web/issues/"}}, True),
        ({"request": {"url": "http://127.0.0.1:8000/api/v1/projects/"}}, True),
        (_raised_in("events.tasks", "events.digest.loop", "events.digest.pipeline"), False),
        (_raised_in("events.tasks", "events.digest.loop", "events.digest.steps.put_issue"), False),
        ({"message": "A batch could not be digested", "logger": "events.digest.loop"}, False),
        ({"request": {"url": "http://127.0.0.1:8000/api/0/organizations/o/releases/"}}, True),
        ({"request": {"url": "http://127.0.0.1:8000/no/such/page/"}}, True),
        ({"request": {}}, True),
    ],
)
def test_only_what_ingest_did_not_cause_leaves(event: dict[str, Any], leaves: bool) -> None:
    assert (self_reporting.before_send(event, {}) is not None) is leaves


@pytest.mark.parametrize(
    "address",
    [
        "/api/1/envelope/?sentry_key=k", "/api/1/store/", "/api/1/security/", "/api/1/csp-report/", "/tunnel/",
        "/api/1/browser/", "/api/1/browser/config.json", "/api/1/vitals/", "/v1/vitals", "/_vercel/insights/event",
        "/_vercel/speed-insights/vitals", "/api/v1/timings/", "/api/v1/metrics/", "/otlp/v1/traces", "/otlp/v1/logs/",
        "/api/1/otlp/v1/metrics/", "/api/1/integration/otlp/v1/traces", "/e/?ip=1", "/i/v0/e/", "/batch", "/capture/",
        "/track/", "/engage/", "/s/", "/flags/?v=2", "/decide/", "/array/phc_key/config.js", "/api/surveys/",
        "/api/event", "/api/send", "/v1/batch", "/v1/t", "/v1/projects/key/settings", "/beacon/v1/batch",
        "/sourceConfig/", "/api/v1/events/",
    ],
)  # fmt: skip
def test_nothing_leaves_that_an_ingest_request_caused(address: str) -> None:
    event = {"message": "m", "request": {"url": f"https://obs.example.org{address}"}}
    assert self_reporting.before_send(event, {}) is None


def test_a_flood_is_cut_to_the_rate() -> None:
    sent = [self_reporting.before_send({"message": "again"}, {}) for _ in range(50)]
    assert len([event for event in sent if event]) == self_reporting.RATE


def test_nothing_of_a_request_leaves_but_its_method_and_address() -> None:
    event = {
        "request": {"url": "http://x/p/web/", "method": "POST", "data": "secret", "cookies": {}, "query_string": "a=b"}
    }
    assert self_reporting.before_send(event, {})["request"] == {"url": "http://x/p/<slug:slug>/", "method": "POST"}


@pytest.mark.parametrize("path", ["/share/{}/", "/share/{}", "/no/such/{}/page/"])
def test_no_part_of_a_path_leaves_that_may_be_a_secret(path: str) -> None:
    secret = "AbC123def456ghi789.sig-natureOfIt"
    event = {
        "transaction": path.format(secret),
        "request": {"url": f"http://x{path.format(secret)}"},
        "logentry": {"message": "%s", "params": [path.format(secret)]},
        "exception": {"values": [{"type": "NoReverseMatch", "value": f"Reverse with ('{secret}',) not found."}]},
    }
    assert secret not in str(self_reporting.before_send(event, {}))


def test_addresses_of_others_are_no_crumbs() -> None:
    assert self_reporting.before_breadcrumb({"category": "httplib", "data": {"url": "https://chat/secret"}}, {}) is None
    assert self_reporting.before_breadcrumb({"category": "query"}, {}) == {"category": "query"}


def test_what_leaves_is_scrubbed() -> None:
    event = self_reporting.before_send({"message": "mail to jane@example.org failed"}, {})
    assert "jane@example.org" not in str(event)


def test_the_modules_of_ingest_exist() -> None:
    assert [name for name in self_reporting.INGEST_MODULES if importlib.util.find_spec(name) is None] == []


@pytest.mark.parametrize("dsn", ["", "nonsense", "https://host/1"])
def test_a_dsn_that_cannot_be_read_starts_nothing(dsn: str) -> None:
    assert not self_reporting.is_dsn(dsn)
