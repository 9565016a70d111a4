"""What DRF's seams cost: the same ingest as a DRF view and as a bare Django view, in one process, in one run.

    python -m bench.drf [--requests 1500]

CPU microseconds per request, without the server's socket work; the rounds alternate, the median counts.
"""

import argparse
import io
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("OBS_VAR_DIR", str(ROOT / "var" / "bench" / "drf"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "formaos_obs.settings")

from formaos_obs import embedded  # noqa: E402

embedded.ensure()

import django  # noqa: E402

django.setup()

import logging  # noqa: E402

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402

from bench.ingest import load  # noqa: E402
from events import urls as ingest_urls  # noqa: E402
from events.accounts import keys  # noqa: E402
from events.endpoints import middleware  # noqa: E402
from events.endpoints.admission import body, throttling  # noqa: E402
from events.ingest import intake  # noqa: E402
from events.models import IngestKey, Project  # noqa: E402
from events.protocols import sentry  # noqa: E402
from events.values import addresses, lenient  # noqa: E402


@csrf_exempt
def bare(request: HttpRequest, project_id: int) -> HttpResponse:
    """What EnvelopeView does, in one plain function, without its answers to errors."""
    key = keys.find(project_id, sentry.claimed_key(request.META) or "")
    assert key is not None
    assert throttling.seconds_to_wait(key) == 0.0
    caps = {"compressed_cap": settings.OBS_MAX_BODY_BYTES, "decompressed_cap": settings.OBS_MAX_DECOMPRESSED_BYTES}
    data = body.read(request.META, **caps)
    sender = intake.Sender(addresses.of_request(request), request.META.get("HTTP_USER_AGENT", ""))
    decoded = intake.ingest(data, decode=sentry.decode_envelope, key=key, sender=sender, now=timezone.now())
    response = HttpResponse(lenient.canonical({"id": decoded.response_id}), content_type="application/json")
    response["Access-Control-Allow-Origin"] = "*"
    return response


ingest_urls.urlpatterns.append(path("api/<int:project_id>/bare/", bare))


def bodies(count: int) -> Iterator[bytes]:
    listing, _ = load.prepare(Path(settings.OBS_VAR_DIR) / "corpus")
    corpus = [Path(line).read_bytes() for line in listing.read_text().split()]
    for number in range(count):
        yield corpus[number % len(corpus)].replace(load.MARK, uuid.uuid4().hex.encode())


def cpu_per_request(call: Callable[[bytes], None], requests: list[bytes]) -> float:
    began = time.process_time()
    for request in requests:
        call(request)
    return (time.process_time() - began) / len(requests) * 1e6


def caller(application: Any, endpoint: str, key: IngestKey) -> Callable[[bytes], None]:
    base = {
        "REQUEST_METHOD": "POST", "PATH_INFO": f"/api/{key.project_id}/{endpoint}/", "SERVER_NAME": "127.0.0.1",
        "QUERY_STRING": f"sentry_key={key.public_key}", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr,
    }  # fmt: skip

    def call(data: bytes) -> None:
        statuses: list[str] = []
        environ = base | {"CONTENT_LENGTH": str(len(data)), "wsgi.input": io.BytesIO(data)}
        answer = application(environ, lambda status, headers: statuses.append(status))
        answer.close()
        assert statuses == ["200 OK"], statuses

    return call


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1500)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    call_command("migrate", verbosity=0)
    project, _ = Project.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    key = project.keys.first() or IngestKey.objects.create(project=project, rate_per_minute=100_000_000)
    application = get_wsgi_application()
    assert middleware.may_be_ingest(f"/api/{project.pk}/bare/")
    contenders = {name: caller(application, name, key) for name in ("bare", "envelope")}
    results: dict[str, list[float]] = {name: [] for name in contenders}
    share = options.requests // 10
    for _ in range(10):
        for name, call in contenders.items():
            results[name].append(cpu_per_request(call, list(bodies(share))))
    medians = {name: statistics.median(values[1:]) for name, values in results.items()}
    print(f"bare Django view   {medians['bare']:8.0f} µs CPU per request")
    print(f"DRF view           {medians['envelope']:8.0f} µs CPU per request")
    print(f"DRF costs          {medians['envelope'] / medians['bare'] - 1:8.1%}")


if __name__ == "__main__":
    main()
