"""The sample Django application: a page, a view with queries; monitored by `IMPACT_MONITOR` (none, ours, sentry).

Run by granian; the monitor's server is `IMPACT_DSN`.
"""

import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

MONITOR, DSN = os.environ.get("IMPACT_MONITOR", "none"), os.environ.get("IMPACT_DSN", "")

if MONITOR == "sentry":
    import sentry_sdk

    sentry_sdk.init(dsn=DSN, traces_sample_rate=1.0, release="sample@1")

settings.configure(
    SECRET_KEY="sample",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["formaos_obs_client.Middleware"] if MONITOR == "ours" else [],
    OBS_DSN=DSN,
    OBS_RELEASE="sample@1",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    USE_TZ=True,
)
django.setup()


def orders(request: HttpRequest, number: int) -> HttpResponse:
    """Five small queries and some JSON, as an API answers."""
    with connection.cursor() as cursor:
        rows = [cursor.execute("SELECT %s * 2", [n]).fetchone()[0] for n in range(5)]
    return JsonResponse({"order": number, "rows": rows, "lines": [{"n": n, "name": f"line {n}"} for n in range(50)]})


urlpatterns = [path("orders/<int:number>/", orders)]
application = get_wsgi_application()
