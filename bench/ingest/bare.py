"""The floor: a bare Django view that reads the body, and the same with one PostgreSQL INSERT of the raw body."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse
from django.urls import path

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="bench",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "obs",
                "USER": "postgres",
                "HOST": os.environ["BENCH_POSTGRES"],
                "CONN_MAX_AGE": None,
            }
        },
    )


def body(request):
    return request.META["wsgi.input"].read(int(request.META.get("CONTENT_LENGTH") or 0))


def read(request, project_id):
    return HttpResponse(b'{"id":"%d"}' % len(body(request)), content_type="application/json")


def insert(request, project_id):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_raw (body) VALUES (%s)", [body(request)])
    return HttpResponse(b"{}", content_type="application/json")


urlpatterns = [path("read/<int:project_id>/", read), path("insert/<int:project_id>/", insert)]
for method in (read, insert):
    method.csrf_exempt = True
application = get_wsgi_application()
