"""Nonsense is refused at the start, with an id and a hint."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from formaos_obs import checks
from formaos_obs.environment import BASE_DIR

GOOD_KEY = "ab" * 32


@pytest.fixture(autouse=True)
def _with_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite names its database, as somebody does who has many hosts."""
    monkeypatch.setitem(os.environ, "SECRET_KEY", GOOD_KEY)


def _ids() -> set[str]:
    return {message.id for check in checks.CHECKS for message in check()}


def test_the_defaults_are_fine() -> None:
    assert _ids() == set()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("OBS_DIGEST_BATCH", 0, "E002"),
        ("OBS_SPOOL_MAX_BYTES", -1, "E002"),
        ("OBS_QUERY_TIMEOUT_SECONDS", 0.0, "E002"),
        ("OBS_TRUSTED_PROXIES", -1, "E002"),
        ("PORT", 70_000, "E002"),
        ("SECRET_KEY", "short", "E003"),
        ("SECRET_KEY", "a" * 80, "E003"),
        ("OBS_ENCRYPTION_KEYS", ["not a key"], "E004"),
        ("OBS_ENCRYPTION_KEYS", [], "E004"),
        ("REDIS_URL", "http://localhost", "E006"),
        ("OBS_PUBLIC_URL", "obs.example.org", "E007"),
        ("OBS_PUBLIC_URL", "ftp://127.0.0.1", "E007"),
        ("OBS_PUBLIC_URL", "https://other.example.org", "E007"),
        ("OBS_SEGMENT_ROOT", "gs://bucket", "E008"),
        ("OBS_SEGMENT_ROOT", "/dev/null/segments", "E008"),
        ("OBS_SPOOL_DIR", "/dev/null/spool", "E008"),
        ("OBS_SELF_DSN", "nonsense", "E009"),
        ("OBS_SELF_DSN", "https://host/1", "E009"),
        ("OBS_METRICS_TOKEN", "short", "E010"),
        ("OBS_AUDIT_KEY", "short", "E010"),
        ("OBS_MAX_DECOMPRESSED_BYTES", 10, "E011"),
        ("OBS_MAX_ATTACHMENT_BYTES", 10**9, "E011"),
        ("OBS_QUERY_ENGINE", "sqlite", "E012"),
        ("OBS_QUERY_ENGINE", "clickhouse", "E038"),
        ("OBS_CLICKHOUSE_URL", "clickhouse:8123", "E038"),
        ("OBS_CLICKHOUSE_URL", "ftp://clickhouse", "E038"),
        ("OBS_CLICKHOUSE_URL", "https://user:word@clickhouse", "E038"),
        ("OBS_CLICKHOUSE_CLUSTER", "main'), url('x", "E038"),
        ("CSRF_TRUSTED_ORIGINS", ["obs.example.org"], "E013"),
        ("OBS_LOG_LEVEL", "LOUD", "E014"),
        ("OBS_OUTBOUND_ALLOW", ["0.0.0.0/0"], "E015"),
        ("OBS_OUTBOUND_ALLOW", ["*"], "E015"),
        ("OBS_PROBE_REFERENCES", ["example.org"], "E031"),
        ("OBS_PROBE_REFERENCES", ["192.0.2.1:70000"], "E031"),
        ("OBS_JS_BUNDLE_URL", "cdn.example/bundle.js", "E026"),
        ("OBS_JS_BUNDLE_URL", "javascript:alert(1)", "E026"),
        ("OBS_COUNTRY_HEADER", "CF-IPCountry", "E017"),
        ("OBS_COUNTRY_HEADER", "CF IPCountry:", "E017"),
        ("OBS_GEOIP_DATABASE", "/dev/null/countries.mmdb", "E018"),
        ("OBS_GEOIP_DATABASE", __file__, "E018"),
        ("OBS_AUDIT_HEADS", "ftp://heads.example.org/", "E019"),
        ("OBS_AUDIT_HEADS", "https://user:word@heads.example.org/", "E019"),
        ("OBS_AUDIT_HEADS", "/dev/null/heads", "E019"),
        ("OBS_AUDIT_HEADS", "/", "E019"),
        ("OBS_ADMIN_EMAILS", ["nobody"], "E028"),
        ("OBS_HEARTBEAT_URL", "hc-ping.com/x", "E028"),
        ("OBS_WEB_URL", "ftp://web", "E028"),
        ("OBS_APPRISE", ["file"], "E029"),
        ("OBS_APPRISE", ["ntfys://"], "E029"),
        ("OBS_INGEST_SILENCE_MINUTES", 0, "E002"),
        ("OBS_S3_ENDPOINT", "store:9000", "E043"),
        ("OBS_S3_ENDPOINT", "https://key:word@store:9000", "E043"),
        ("OBS_S3_ENDPOINT", "https://store/bucket", "E043"),
        ("OBS_SEGMENT_ROOT", "s3://key:word@bucket/prefix", "E043"),
    ],
)
def test_it_refuses(name: str, value: Any, expected: str, settings: Any) -> None:
    setattr(settings, name, value)
    assert f"formaos_obs.{expected}" in _ids()


def test_it_refuses_a_trail_key_that_scrapers_know(settings: Any) -> None:
    settings.OBS_AUDIT_KEY = settings.OBS_METRICS_TOKEN
    assert "formaos_obs.E010" in _ids()


def test_it_warns_of_a_site_without_tls(settings: Any) -> None:
    settings.OBS_PUBLIC_URL, settings.ALLOWED_HOSTS = "http://obs.example.org", ["obs.example.org"]
    assert _ids() == {"formaos_obs.W001"}


def test_it_warns_of_a_key_that_one_host_keeps_for_a_database_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "DATABASE_URL", "postgresql://obs:pw@postgres:5432/obs")
    monkeypatch.delitem(os.environ, "SECRET_KEY", raising=False)
    assert _ids() == {"formaos_obs.W003"}
    monkeypatch.setitem(os.environ, "SECRET_KEY", GOOD_KEY)
    assert _ids() == set()


def test_each_message_has_a_hint(settings: Any) -> None:
    settings.PORT, settings.SECRET_KEY = 0, "x"
    messages = [message for check in checks.CHECKS for message in check()]
    assert len(messages) >= 2
    assert all(message.hint for message in messages)


def test_values_that_cannot_be_read_stop_every_command_without_a_traceback(tmp_path: Path) -> None:
    done = _manage("up", OBS_VAR_DIR=str(tmp_path), OBS_DIGEST_BATCH="abc", DATABASE_URL="blah://x", EMAIL_URL="zz://")
    assert done.returncode == 1
    assert {"formaos_obs.E001", "formaos_obs.E005", "formaos_obs.E016"} <= set(_words(done.stderr))
    assert len(done.stderr.splitlines()) == 3
    assert "Traceback" not in done.stderr


def test_the_production_environment_passes_the_deployment_check(tmp_path: Path) -> None:
    done = _manage(
        "check", "--deploy", "--fail-level", "WARNING",
        OBS_VAR_DIR=str(tmp_path), OBS_PUBLIC_URL="https://obs.example.org", ALLOWED_HOSTS="obs.example.org,127.0.0.1",
        OBS_TRUSTED_PROXIES="1", SECRET_KEY="".join(chr(97 + i % 26) for i in range(60)), OBS_BIND="0.0.0.0",
        DATABASE_URL="postgresql://obs:pw@postgres:5432/obs", REDIS_URL="redis://redis:6379/0",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def _manage(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=BASE_DIR, env={**kept, **environment}, capture_output=True, text=True, timeout=60
    )


def _words(text: str) -> list[str]:
    return text.replace("(", " ").replace(")", " ").split()


def test_the_numbers_checked_are_settings() -> None:
    assert all(hasattr(django_settings, name) for name in checks.POSITIVE)
