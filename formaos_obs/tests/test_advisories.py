"""Holes of what this is built from: by version, and by how it is set up."""

import json
from importlib.metadata import version

import pytest
from django.conf import settings
from packaging.version import Version

from formaos_obs.celery import app
from formaos_obs.environment import BASE_DIR


@pytest.mark.parametrize(
    ("package", "floor"),
    [
        ("orjson", "3.9.15"),
        ("celery", "5.2.2"),
        ("redis", "4.5.4"),
        ("djangorestframework", "3.15.2"),
        ("Brotli", "1.2.0"),
    ],
)
def test_version_floors(package: str, floor: str) -> None:
    """CVE-2024-27454, CVE-2021-23727, CVE-2023-28859, CVE-2024-21520, CVE-2025-6176."""
    assert Version(version(package)) >= Version(floor)


def test_cve_2023_46308_plotly_js() -> None:
    """plotly.js before 2.25.2: prototype pollution. The bundle that is served is looked at, not the recipe alone."""
    recipe = json.loads((BASE_DIR / "dashboard/bundle/package.json").read_text())["dependencies"]["plotly.js"]
    assert Version(recipe) >= Version("2.25.2")
    [served] = (BASE_DIR / "dashboard/static").rglob("plotly-obs-*.min.js")
    assert served.read_text()[:40].startswith(f"/*! plotly.js v{recipe}")


def test_cve_2021_23727_nothing_is_unpickled() -> None:
    """Celery: whoever wrote to the result backend ran code. Messages are JSON, results are not kept."""
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"
    assert app.conf.task_ignore_result
    assert not app.conf.result_backend
    assert "Pickle" not in settings.SESSION_ENGINE + getattr(settings, "SESSION_SERIALIZER", "")


def test_cve_2020_drf_browsable_api_is_not_among_the_renderers() -> None:
    """CVE-2020-25626 and its successors: XSS in the pages for browsing an API."""
    assert settings.REST_FRAMEWORK["DEFAULT_RENDERER_CLASSES"] == ["rest_framework.renderers.JSONRenderer"]
    assert "rest_framework" not in [app for app in settings.INSTALLED_APPS if app.endswith("browsable")]
