"""Batches as an OpenTelemetry Collector makes them: several senders a request, gzip, hosts, log files."""

import gzip
from collections.abc import Iterable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from events.accounts import keys
from events.endpoints.admission.buckets import buckets
from events.models import IngestKey, Project
from events.tests.intake import digested, facts

pytestmark = pytest.mark.django_db(transaction=True)

BATCHED = 8192  # the batch processor's send_batch_size
TRACE = bytes(range(16))
GAUGE, SUM = "gauge", "sum"


@pytest.fixture(autouse=True)
def named_machines(project: Project) -> None:
    """What a collector says of hosts is of use to those who let them keep their names."""
    Project.objects.filter(pk=project.pk).update(keeps_machine_names=True)


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any, named_machines: None) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]


def send(key: IngestKey, signal: str, request: Any, *, path: str = "/otlp/v1/") -> Any:
    return Client().generic(
        "POST", f"{path}{signal}", gzip.compress(request.SerializeToString()), content_type="application/x-protobuf",
        headers={
            "X-Obs-Key": key.public_key, "Content-Encoding": "gzip",
            "User-Agent": "OpenTelemetry Collector Contrib/0.130.0 (linux/amd64)",
        },
    )  # fmt: skip


def pairs(**words: Any) -> list[KeyValue]:
    """Attributes; `__` stands for a dot."""
    return [
        KeyValue(
            key=name.replace("__", "."),
            value=AnyValue(int_value=word) if isinstance(word, int) else AnyValue(string_value=word),
        )
        for name, word in words.items()
    ]


def nanoseconds(*, ago: float = 0.0) -> int:
    return int((timezone.now().timestamp() - ago) * 1e9)


def span(number: int, name: str, kind: int = 1, *, parent: int = 0, trace: bytes = TRACE, **words: Any) -> Span:
    return Span(
        trace_id=trace, span_id=number.to_bytes(8, "big"), parent_span_id=parent.to_bytes(8, "big") if parent else b"",
        name=name, kind=kind, start_time_unix_nano=nanoseconds(ago=2), end_time_unix_nano=nanoseconds(ago=1),
        attributes=pairs(**words),
    )  # fmt: skip


def traces(senders: dict[str, dict[str, list[Span]]]) -> ExportTraceServiceRequest:
    """Spans by service and instrumentation scope."""
    request = ExportTraceServiceRequest()
    for service, scopes in senders.items():
        of_resource = request.resource_spans.add()
        of_resource.resource.attributes.extend(pairs(service__name=service, host__name=f"{service}-1"))
        for scope, spans in scopes.items():
            of_scope = of_resource.scope_spans.add()
            of_scope.scope.name = scope
            of_scope.spans.extend(spans)
    return request


def test_services_and_scopes_of_one_request_keep_apart(project: Project, key: IngestKey) -> None:
    bad = span(9, "no trace", trace=b"")
    request = traces(
        {
            "shop": {
                "django": [span(1, "GET /items/{id}", 2, http__request__method="GET", http__route="/items/{id}")],
                "psycopg": [
                    span(2, "SELECT", 3, parent=1, db__system="postgresql", db__statement="SELECT 1"),
                    bad,
                ],
            },
            "mail": {"celery": [span(3, "send", 5, parent=1, messaging__system="redis")]},
        }
    )
    answer = send(key, "traces", request)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/x-protobuf")
    said = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert (said.rejected_spans, said.error_message) == (1, "span_item: 1")
    report = digested(project)
    assert (report.stored, report.invalid) == (3, 1)
    assert {(row["service"], row["name"]) for row in facts(project, "spans")} == {
        ("shop", "GET /items/{id}"), ("shop", "SELECT"), ("mail", "send"),
    }  # fmt: skip
    (served,) = facts(project, "requests")
    assert (served["service"], served["host"], served["db_count"]) == ("shop", "shop-1", 1)


def test_a_request_that_is_sent_again_counts_once(project: Project, key: IngestKey) -> None:
    request = traces({"shop": {"django": [span(1, "GET /", 2)]}, "mail": {"celery": [span(2, "send", 5)]}})
    assert [send(key, "traces", request).status_code for _ in range(3)] == [200, 200, 200]
    report = digested(project)
    assert (report.stored, report.duplicate) == (2, 4)
    assert len(facts(project, "spans")) == 2


def test_a_whole_batch_of_the_batch_processor_is_taken(project: Project, key: IngestKey) -> None:
    services = [f"service-{number}" for number in range(32)]
    each = BATCHED // len(services)
    request = traces(
        {
            service: {"scope": [span(1 + each * place + number, "work") for number in range(each)]}
            for place, service in enumerate(services)
        }
    )
    answer = send(key, "traces", request)
    assert (answer.status_code, answer.content) == (200, b"")
    assert digested(project).stored == BATCHED
    assert {row["service"] for row in facts(project, "spans")} == set(services)


def put(
    metrics: Any, kind: str, name: str, unit: str, points: Iterable[tuple[float, dict[str, str]]], **data: Any
) -> None:
    metric = metrics.add(name=name, unit=unit)
    for value, words in points:
        point = getattr(metric, kind).data_points.add(
            start_time_unix_nano=nanoseconds(ago=3600), time_unix_nano=nanoseconds(), attributes=pairs(**words)
        )
        if isinstance(value, float):
            point.as_double = value
        else:
            point.as_int = value
    for name_of, value in data.items():
        setattr(getattr(metric, kind), name_of, value)


def host_metrics(host: str) -> ExportMetricsServiceRequest:
    """One round of the hostmetrics receiver: a scope for each scraper."""
    request = ExportMetricsServiceRequest()
    of_resource = request.resource_metrics.add()
    of_resource.resource.attributes.extend(pairs(host__name=host, os__type="linux"))

    def scraper(name: str) -> Any:
        of_scope = of_resource.scope_metrics.add()
        of_scope.scope.name = f"github.com/open-telemetry/opentelemetry-collector-contrib/{name}scraper"
        return of_scope.metrics

    cpu, memory, load, disk = scraper("cpu"), scraper("memory"), scraper("load"), scraper("filesystem")
    states = {"user": 0.25, "system": 0.05, "idle": 0.7}
    cores = [(share, {"cpu": f"cpu{core}", "state": state}) for core in range(2) for state, share in states.items()]
    put(cpu, GAUGE, "system.cpu.utilization", "1", cores)
    put(
        cpu,
        SUM,
        "system.cpu.time",
        "s",
        [(v * 3600, w) for v, w in cores],
        aggregation_temporality=2,
        is_monotonic=True,
    )
    put(memory, SUM, "system.memory.usage", "By", [(2**30, {"state": "used"})], aggregation_temporality=2)
    put(load, GAUGE, "system.cpu.load_average.1m", "{thread}", [(0.42, {})])
    root = {"device": "/dev/vda1", "mode": "rw", "mountpoint": "/", "type": "ext4"}
    put(disk, GAUGE, "system.filesystem.utilization", "1", [(0.33, root), (float("nan"), root | {"mountpoint": "/x"})])
    return request


def test_readings_of_hosts_arrive_with_their_parts_and_a_bad_one_is_told(project: Project, key: IngestKey) -> None:
    request = host_metrics("web-1")
    request.MergeFrom(host_metrics("web-2"))
    said = ExportMetricsServiceResponse.FromString(send(key, "metrics", request).content).partial_success
    assert (said.rejected_data_points, said.error_message) == (2, "not_a_number: 2")
    assert digested(project).stored == 2 * 15
    rows = [row for row in facts(project, "metrics") if row["host"] == "web-2"]
    assert {(row["name"], row["type"], row["unit"]) for row in rows} == {
        ("system.cpu.utilization", "gauge", "1"), ("system.cpu.time", "cumulative", "s"),
        ("system.memory.usage", "gauge", "By"), ("system.cpu.load_average.1m", "gauge", "{thread}"),
        ("system.filesystem.utilization", "gauge", "1"),
    }  # fmt: skip
    busy = [row for row in rows if row["name"] == "system.cpu.utilization" and row["attributes"]["state"] != "idle"]
    assert sum(row["value"] for row in busy) == pytest.approx(2 * 0.3)


def test_lines_of_files_keep_when_they_were_read_and_from_where(project: Project, key: IngestKey) -> None:
    request = ExportLogsServiceRequest()
    for file in ("shop.log", "mail.log"):
        of_scope = request.resource_logs.add().scope_logs.add()
        for number in range(3):
            of_scope.log_records.add(
                observed_time_unix_nano=nanoseconds(),
                body=AnyValue(string_value=f"line {number}"),
                attributes=pairs(log__file__name=file, log__file__path=f"/var/log/{file}"),
            )
    answer = send(key, "logs", request, path=f"/api/{project.pk}/integration/otlp/v1/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert digested(project).stored == 6
    rows = facts(project, "logs")
    assert {(row["attributes"]["log.file.name"], row["body"], row["level"]) for row in rows} == {
        (file, f"line {number}", "info") for file in ("shop.log", "mail.log") for number in range(3)
    }
