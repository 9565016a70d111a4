"""Behind TLS the cookies are bound to the host, and requests are what the proxy says."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

from formaos_obs.environment import BASE_DIR
from formaos_obs.logs import Formatter

_ASKED = """
import json
from formaos_obs import settings
print(json.dumps({name: value for name, value in vars(settings).items() if name.startswith((
    "SESSION_COOKIE", "CSRF_COOKIE", "SECURE_", "DEBUG", "PASSWORD_HASHERS", "OBS_REQUIRE"))}))
"""


def _settings(tmp_path: Path, **environment: str) -> dict[str, object]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [sys.executable, "-c", _ASKED]
    given = {**kept, "OBS_VAR_DIR": str(tmp_path), **environment}
    done = subprocess.run(command, cwd=BASE_DIR, env=given, capture_output=True, text=True, timeout=60, check=True)
    read: dict[str, object] = json.loads(done.stdout)
    return read


def test_behind_tls_cookies_are_secure_and_of_this_host(tmp_path: Path) -> None:
    found = _settings(tmp_path, OBS_PUBLIC_URL="https://obs.example.org", OBS_TRUSTED_PROXIES="1")
    for kind in ("SESSION", "CSRF"):
        assert found[f"{kind}_COOKIE_SECURE"] is True
        assert str(found[f"{kind}_COOKIE_NAME"]).startswith("__Host-")
        assert f"{kind}_COOKIE_DOMAIN" not in found
    assert found["SECURE_HSTS_SECONDS"] == 31_536_000
    assert found["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]


def test_a_header_of_the_visitor_proves_no_tls_without_a_proxy(tmp_path: Path) -> None:
    assert _settings(tmp_path, OBS_PUBLIC_URL="https://obs.example.org")["SECURE_PROXY_SSL_HEADER"] is None


def test_nothing_of_development_is_on(tmp_path: Path) -> None:
    for environment in ({}, {"DEBUG": "True"}, {"DJANGO_DEBUG": "1"}):
        found = _settings(tmp_path, **environment)
        assert found["DEBUG"] is False
        assert "Scrypt" in str(found["PASSWORD_HASHERS"])
    assert _settings(tmp_path, OBS_REQUIRE_TOTP="True")["OBS_REQUIRE_TOTP"] is True


def test_moments_in_logs_are_utc_to_the_millisecond() -> None:
    record = logging.LogRecord("obs", logging.INFO, __file__, 1, "x", (), None)
    record.created, record.msecs = 1.25, 250.0
    assert Formatter("%(asctime)s %(message)s").format(record) == "1970-01-01T00:00:01.250Z x"
