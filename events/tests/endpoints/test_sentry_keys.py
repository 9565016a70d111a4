"""Where a request may name its ingest key, and that all places must agree."""

from __future__ import annotations

import pytest

from events.protocols import sentry
from events.tests.sentry_bodies import KEY

OTHER = "f" * 32


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_X_SENTRY_AUTH": f"Sentry sentry_key={KEY}, sentry_version=7, sentry_client=sentry.python/2.75.0"},
        {"HTTP_X_SENTRY_AUTH": f"sentry sentry_version=7,sentry_key={KEY}"},
        {"HTTP_X_SENTRY_AUTH": f'Sentry sentry_key="{KEY}"'},
        {"HTTP_X_SENTRY_AUTH": f"Sentry sentry_key={KEY.upper()}"},
        {"HTTP_AUTHORIZATION": f"Sentry sentry_key={KEY}"},
        {"QUERY_STRING": f"sentry_version=7&sentry_key={KEY}&sentry_client=x%2F1"},
        {"QUERY_STRING": f"sentry_key={KEY}", "HTTP_X_SENTRY_AUTH": f"Sentry sentry_key={KEY}"},
        {"QUERY_STRING": f"sentry_key={KEY}", "HTTP_AUTHORIZATION": "Bearer of-someone-else"},
    ],
)
def test_the_key_is_found(environ: dict[str, str]) -> None:
    assert sentry.claimed_key(environ) == KEY


@pytest.mark.parametrize("environ", [{}, {"QUERY_STRING": "a=b"}, {"HTTP_AUTHORIZATION": "Basic eDp5"}])
def test_no_key_is_none(environ: dict[str, str]) -> None:
    assert sentry.claimed_key(environ) is None


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_X_SENTRY_AUTH": "Sentry sentry_version=7"},
        {"HTTP_X_SENTRY_AUTH": "Sentry sentry_key=short"},
        {"HTTP_X_SENTRY_AUTH": f"Sentry sentry_key={'g' * 32}"},
        {"QUERY_STRING": "sentry_key=' OR 1=1"},
        {"QUERY_STRING": f"sentry_key={KEY}&sentry_key={OTHER}"},
        {"QUERY_STRING": "&".join(["sentry_key=a"] * 1000)},
        {"QUERY_STRING": f"sentry_key={KEY}", "HTTP_X_SENTRY_AUTH": f"Sentry sentry_key={OTHER}"},
    ],
)
def test_bad_or_contradicting_keys_are_denied(environ: dict[str, str]) -> None:
    with pytest.raises(sentry.Denied) as caught:
        sentry.claimed_key(environ)
    assert caught.value.status == 403


def test_keys_inside_and_outside_must_agree() -> None:
    assert sentry.agreed(KEY, None, KEY) == KEY
    with pytest.raises(sentry.Denied):
        sentry.agreed(KEY, OTHER)


def test_a_legacy_dsn_with_a_secret_is_read() -> None:
    assert sentry.parse_dsn(f"https://{KEY}:{OTHER}@obs.example.com/7").key == KEY
