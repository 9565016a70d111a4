"""A monitored application with the OpenTelemetry SDK: `python otel_app.py <endpoint> <key>` sends all three signals."""

import logging
import sys
import time

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind

RESOURCE = Resource.create(
    {
        "service.name": "shop",
        "service.version": "shop@1.4.2",
        "deployment.environment.name": "production",
        "host.name": "shop-1",
    }
)


def serve(tracer: trace.Tracer) -> None:
    """One request with six queries of one form, and a log line inside."""
    attributes = {"http.request.method": "GET", "http.route": "/items/{id}", "url.path": "/items/7"}
    with tracer.start_as_current_span("GET /items/{id}", kind=SpanKind.SERVER, attributes=attributes) as span:
        for number in range(6):
            query = {"db.system.name": "postgresql", "db.query.text": f"SELECT * FROM lines WHERE id = {number}"}
            with tracer.start_as_current_span("SELECT lines", kind=SpanKind.CLIENT, attributes=query):
                time.sleep(0.001)
        logging.getLogger("shop.views").warning("item %s is out of stock", 7)
        try:
            raise LookupError("no such item")
        except LookupError as error:
            span.record_exception(error)
        span.set_attribute("http.response.status_code", 404)


def main(endpoint: str, key: str) -> None:
    options = {"headers": {"x-obs-key": key}, "compression": Compression.Gzip, "timeout": 10}
    tracing = TracerProvider(resource=RESOURCE)
    tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces", **options)))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{endpoint}/v1/metrics", **options))
    metering = MeterProvider([reader], resource=RESOURCE)
    logs = LoggerProvider(resource=RESOURCE)
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(f"{endpoint}/v1/logs", **options)))
    logging.getLogger().addHandler(LoggingHandler(logger_provider=logs))
    meter = metering.get_meter("shop")
    meter.create_counter("orders", unit="{order}").add(3, {"plan": "team"})
    meter.create_up_down_counter("baskets").add(-2)
    meter.create_histogram("checkout.duration", unit="ms").record(41.5, {"plan": "team"})
    meter.create_observable_gauge(
        "system.memory.usage", [lambda _: [metrics.Observation(1024, {"state": "used"})]], unit="By"
    )
    serve(tracing.get_tracer("shop"))
    for provider in (tracing, metering, logs):
        provider.shutdown()
    print("sent")


if __name__ == "__main__":
    main(*sys.argv[1:])
