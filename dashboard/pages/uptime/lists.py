"""Lists of probes, and of the looks and outages of one, as files and in the API."""

from typing import Any

from alerts.models import ProbeLook, ProbeSpan
from dashboard.exports.lists import Listed, belonging, named, table

_ONE: dict[str, Any] = {"pages": ("probe",), "needs": ("probe_id",)}
LISTS: dict[str, Listed] = {
    "probes": table(
        "Probes", lambda asked: asked.project.probes.all(),
        named("name", "kind", "target", "is_enabled", "is_muted", status="state__status", since="state__since",
              last_at="state__last_at", words="state__words"),
        pages=("probe-list",),
    ),
    "probe-looks": table(
        "Looks of the probe", belonging(ProbeLook, "probe"),
        named(
            "at", "status", "is_retry", "words", "http_status", "redirects", "dns_ms", "connect_ms", "tls_ms",
            "first_byte_ms", "total_ms",
        ),
        **_ONE,
    ),
    "probe-spans": table(
        "Up and down of the probe", belonging(ProbeSpan, "probe"), named("status", "start", "end", "words"), **_ONE
    ),
}  # fmt: skip
