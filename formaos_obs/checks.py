"""Settings that are nonsense are refused at the start, each with an id and a hint."""

import os
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from events.models import secrets
from events.releases import uploads
from events.values import countries
from formaos_obs import addresses, self_reporting
from formaos_obs.environment import env

MIN_SECRET_LENGTH = 50
MIN_TOKEN_LENGTH = 16
POSITIVE = (
    "OBS_WEB_WORKERS", "OBS_WEB_THREADS", "OBS_HEAD_SECONDS", "OBS_BODY_SECONDS", "OBS_MAX_BODIES_BYTES",
    "OBS_WORKER_PROCESSES", "OBS_SPOOL_MAX_BYTES", "OBS_QUERY_MEMORY_MB",
    "OBS_QUERY_THREADS", "OBS_QUERY_TIMEOUT_SECONDS", "OBS_MAX_BODY_BYTES", "OBS_MAX_DECOMPRESSED_BYTES",
    "OBS_MAX_ATTACHMENT_BYTES", "OBS_KEY_RATE_PER_MINUTE", "OBS_DIGEST_BATCH", "OBS_SEEN_DAYS", "OBS_KEPT_OCCURRENCES",
    "OBS_PROJECT_GRACE_DAYS",
    "OBS_INBOX_MAX_AGE_SECONDS", "OBS_RETENTION_DAYS", "AXES_FAILURE_LIMIT", "AXES_COOLOFF_TIME", "SESSION_COOKIE_AGE",
    "OBS_LOGIN_NETWORK_LIMIT", "OBS_MAILS_PER_HOUR", "OBS_DIMENSION_VALUES", "OBS_DIMENSION_VALUE_DAYS",
    "OBS_INGEST_SILENCE_MINUTES",
)  # fmt: skip
# Of Apprise: they act on the machine that sends.
LOCAL_SCHEMAS = frozenset({"file", "dbus", "qt", "kde", "glib", "gnome", "macosx", "windows", "syslog"})
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

Found = Iterator[CheckMessage]


def register_all() -> None:
    """Let `manage.py check`, and every command that starts something, ask these."""
    for check in CHECKS:
        register(_answer(check), Tags.security, deploy=check is hosts_share_their_key)


def demand() -> None:
    """SystemExit where settings are nonsense: a line for each, with what to do. Django's own checks are slower."""
    errors = [message for check in CHECKS for message in check() if message.is_serious()]
    if errors:
        raise SystemExit("\n".join(f"{message.msg} {message.hint or ''} ({message.id})" for message in errors))


def _answer(check: Callable[[], Found]) -> Callable[..., list[CheckMessage]]:
    def run(**kwargs: Any) -> list[CheckMessage]:
        return list(check())

    run.__name__ = check.__name__
    return run


def _error(number: int, text: str, hint: str) -> Error:
    return Error(text, hint=hint, id=f"formaos_obs.E{number:03}")


_FORMS = {
    "DATABASE_URL": (5, "Use postgresql://user:password@host:5432/name."),
    "OBS_DATABASE_OWNER_URL": (5, "Use postgresql://user:password@host:5432/name."),
    "EMAIL_URL": (16, "Use smtp+tls://user:password@host:587, or consolemail:// to print mail."),
}


def values_parse() -> Found:
    for name, text in env.mistakes.items():
        number, hint = _FORMS.get(name, (1, "See .env.example for its form; leave it empty for the default."))
        yield _error(number, f"{text}.", hint)


def numbers_are_positive() -> Found:
    for name in POSITIVE:
        if getattr(settings, name) <= 0:
            yield _error(2, f"{name} is {getattr(settings, name)}.", "Give a number above zero.")
    if settings.OBS_TRUSTED_PROXIES < 0:
        yield _error(2, "OBS_TRUSTED_PROXIES is negative.", "Give the number of reverse proxies in front, 0 for none.")
    if not 0 < settings.PORT < 65536:
        yield _error(2, f"PORT is {settings.PORT}.", "Give a port between 1 and 65535.")


def secret_key_is_strong() -> Found:
    if len(settings.SECRET_KEY) < MIN_SECRET_LENGTH or len(set(settings.SECRET_KEY)) < 8:
        hint = "Use 50 random characters or more: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        yield _error(3, f"SECRET_KEY is shorter than {MIN_SECRET_LENGTH} characters or repeats itself.", hint)


def encryption_keys_work() -> Found:
    for position, key in enumerate(settings.OBS_ENCRYPTION_KEYS, 1):
        try:
            secrets.fernet_key(key)
        except Exception:
            hint = (
                "Use 64 hex digits: python3 -c 'import secrets; print(secrets.token_hex(32))'; newest first, by comma."
            )
            yield _error(4, f"Key {position} of OBS_ENCRYPTION_KEYS is not a key.", hint)
    if not settings.OBS_ENCRYPTION_KEYS:
        yield _error(4, "OBS_ENCRYPTION_KEYS is empty.", "Leave it out for a key derived from SECRET_KEY.")


def redis_url_is_known() -> Found:
    if urlsplit(settings.REDIS_URL).scheme not in {"redis", "rediss", "unix"}:
        yield _error(6, "REDIS_URL does not name a Redis.", "Use redis://host:6379/0, rediss:// or unix:///path.")


def public_url_is_whole() -> Found:
    parts = urlsplit(settings.OBS_PUBLIC_URL)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        yield _error(7, "OBS_PUBLIC_URL is not the address of a site.", "Use https://obs.example.org.")
    elif not _is_allowed(addresses.in_url(parts.hostname)):
        hint = f"Set ALLOWED_HOSTS={addresses.in_url(parts.hostname)}: requests to any other name are refused."
        yield _error(7, "The host of OBS_PUBLIC_URL is not in ALLOWED_HOSTS.", hint)


def _is_allowed(host: str) -> bool:
    suffixes = [entry for entry in settings.ALLOWED_HOSTS if entry.startswith(".")]
    return bool({host, "*"} & set(settings.ALLOWED_HOSTS)) or any(f".{host}".endswith(suffix) for suffix in suffixes)


def folders_are_writable() -> Found:
    folders = {"OBS_VAR_DIR": str(settings.OBS_VAR_DIR), "OBS_SPOOL_DIR": settings.OBS_SPOOL_DIR}
    root = settings.OBS_SEGMENT_ROOT
    scheme = root.partition("://")[0] if "://" in root else ""
    if not scheme:
        folders["OBS_SEGMENT_ROOT"] = root
    elif scheme != "s3":
        yield _error(8, f"OBS_SEGMENT_ROOT begins with {scheme}://.", "Use a folder, or s3://bucket/prefix.")
    for name, folder in folders.items():
        path = Path(folder)
        standing = next((parent for parent in (path, *path.parents) if parent.exists()), path)
        if not (standing.is_dir() and os.access(standing, os.W_OK | os.X_OK)):
            yield _error(8, f"{name} cannot be written: {path}.", f"Make {standing} a folder this user can write.")


def bucket_can_be_asked() -> Found:
    """Where the bucket is; who may use it is told in variables of their own, which nothing shows."""
    store = urlsplit(settings.OBS_S3_ENDPOINT)
    is_bare = not (store.path.strip("/") or store.query or store.fragment or "@" in store.netloc)
    if settings.OBS_S3_ENDPOINT and not (store.scheme in {"http", "https"} and store.hostname and is_bare):
        hint = "Use https://store.example.org:9000; the keys go into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        yield _error(43, "OBS_S3_ENDPOINT is no address of a store.", hint)
    if settings.OBS_SEGMENT_ROOT.startswith("s3://") and "@" in settings.OBS_SEGMENT_ROOT:
        hint = "Use s3://bucket/prefix; the keys go into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        yield _error(43, "OBS_SEGMENT_ROOT names more than a bucket and a prefix.", hint)


def hosts_share_their_key() -> Found:
    if os.environ.get("DATABASE_URL") and not os.environ.get("SECRET_KEY"):
        hint = "Set one SECRET_KEY on all hosts of this database: sessions, secrets and the audit trail hang on it."
        yield Warning(
            "SECRET_KEY is kept in this host's folder, and the database elsewhere.", hint=hint, id="formaos_obs.W003"
        )


def self_dsn_parses() -> Found:
    if settings.OBS_SELF_DSN and not self_reporting.is_dsn(settings.OBS_SELF_DSN):
        yield _error(9, "OBS_SELF_DSN is not a DSN.", "Use https://<key>@<host>/<project>, or leave it empty.")


def tokens_are_long() -> Found:
    for name in ("OBS_METRICS_TOKEN", "OBS_AUDIT_KEY"):
        value = getattr(settings, name)
        if len(value) < MIN_TOKEN_LENGTH:
            hint = f"Use {MIN_TOKEN_LENGTH} random characters or more, or leave it out: it is derived from SECRET_KEY."
            yield _error(10, f"{name} is shorter than {MIN_TOKEN_LENGTH} characters.", hint)
    if settings.OBS_METRICS_TOKEN == settings.OBS_AUDIT_KEY:
        yield _error(10, "OBS_METRICS_TOKEN and OBS_AUDIT_KEY are the same.", "Whoever scrapes could forge the trail.")


def heads_have_a_place() -> Found:
    named = settings.OBS_AUDIT_HEADS
    if "://" in named:
        parts = urlsplit(named)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.fragment:
            yield _error(19, "OBS_AUDIT_HEADS is no address that can be sent to.", "Use https://host/path, or a file.")
    elif named:
        path = Path(named)
        if path.is_dir() or not path.parent.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
            yield _error(
                19, f"OBS_AUDIT_HEADS cannot be written: {path}.", "Name a file in a folder this user may write."
            )


def owner_has_the_same_database() -> Found:
    owner, ours = settings.OBS_DATABASE_OWNER, settings.DATABASES["default"]
    if owner and any(owner.get(name) != ours.get(name) for name in ("HOST", "PORT", "NAME")):
        hint = "Name the same host, port and database in both; only the roles differ."
        yield _error(20, "OBS_DATABASE_OWNER_URL and DATABASE_URL name different databases.", hint)


def caps_agree() -> Found:
    if settings.OBS_MAX_DECOMPRESSED_BYTES < settings.OBS_MAX_BODY_BYTES:
        hint = "A body that is not compressed would be refused below OBS_MAX_BODY_BYTES; raise the second."
        yield _error(11, "OBS_MAX_DECOMPRESSED_BYTES is below OBS_MAX_BODY_BYTES.", hint)
    if settings.OBS_MAX_ATTACHMENT_BYTES > settings.OBS_MAX_DECOMPRESSED_BYTES:
        hint = "No envelope could carry such an attachment; raise OBS_MAX_DECOMPRESSED_BYTES."
        yield _error(11, "OBS_MAX_ATTACHMENT_BYTES is above OBS_MAX_DECOMPRESSED_BYTES.", hint)
    largest = max(settings.OBS_MAX_DECOMPRESSED_BYTES, settings.DATA_UPLOAD_MAX_MEMORY_SIZE, uploads.REQUEST_BYTES)
    if 2 * largest > settings.OBS_MAX_BODIES_BYTES:
        hint = f"Give at least {2 * largest}: a single large body would push out all others."
        yield _error(11, "OBS_MAX_BODIES_BYTES has no room for two bodies of the largest size.", hint)


def house_is_told() -> Found:
    for address in settings.OBS_ADMIN_EMAILS:
        try:
            validate_email(address)
        except ValidationError:
            yield _error(28, f"{address} in OBS_ADMIN_EMAILS is no address.", "Use ops@example.org, by comma.")
    for schema in settings.OBS_APPRISE:
        if not schema.isalnum() or schema in LOCAL_SCHEMAS:
            hint = "Name schemas of services elsewhere, as ntfys,tgram,pover."
            yield _error(29, f"{schema} in OBS_APPRISE is no schema of a service elsewhere.", hint)
    for name in ("OBS_HEARTBEAT_URL", "OBS_WEB_URL"):
        parts = urlsplit(getattr(settings, name))
        if getattr(settings, name) and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.username):
            yield _error(28, f"{name} is no address that can be called.", "Use https://host/path, or leave it empty.")


def engine_is_known() -> Found:
    if settings.OBS_QUERY_ENGINE not in ("duckdb", "clickhouse"):
        yield _error(12, f"OBS_QUERY_ENGINE is {settings.OBS_QUERY_ENGINE}.", "Use duckdb or clickhouse.")


def clickhouse_can_be_asked() -> Found:
    url, cluster = urlsplit(settings.OBS_CLICKHOUSE_URL), settings.OBS_CLICKHOUSE_CLUSTER
    if url.scheme not in {"", "http", "https"} or bool(url.scheme) != bool(url.hostname) or url.username:
        hint = "Use https://host:8443/database; the user and the password have settings of their own."
        yield _error(38, "OBS_CLICKHOUSE_URL is no address that can be called.", hint)
    if cluster and not cluster.replace("-", "_").isidentifier():
        yield _error(38, "OBS_CLICKHOUSE_CLUSTER is no name of a cluster.", "Use letters, digits, - and _.")
    if settings.OBS_QUERY_ENGINE != "clickhouse":
        return
    if not settings.OBS_CLICKHOUSE_URL:
        yield _error(38, "OBS_QUERY_ENGINE is clickhouse, which OBS_CLICKHOUSE_URL does not name.", "Name its address.")
    if cluster and not settings.OBS_SEGMENT_ROOT.startswith("s3://"):
        yield _error(38, "A cluster of ClickHouse cannot read a folder.", "Put OBS_SEGMENT_ROOT into a bucket.")


def origins_have_schemes() -> Found:
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        if not origin.startswith(("http://", "https://")):
            yield _error(13, f"{origin} in CSRF_TRUSTED_ORIGINS has no scheme.", "Use https://obs.example.org.")


def log_level_is_known() -> Found:
    level = settings.OBS_LOG_LEVEL
    if level not in LOG_LEVELS:
        yield _error(14, f"OBS_LOG_LEVEL is {level}.", f"Use one of {', '.join(LOG_LEVELS)}.")


def outbound_exceptions_are_narrow() -> Found:
    for entry in settings.OBS_OUTBOUND_ALLOW:
        try:
            is_everything = ip_network(entry, strict=False).prefixlen == 0
        except ValueError:
            is_everything = entry.startswith("*")
        if is_everything:
            hint = "Name the hosts or networks that channels may reach besides public addresses."
            yield _error(15, f"{entry} in OBS_OUTBOUND_ALLOW allows every address.", hint)


def references_are_endpoints() -> Found:
    for entry in settings.OBS_PROBE_REFERENCES:
        host, _, port = entry.rpartition(":")
        if not (host and port.isdecimal() and 0 < int(port[:6]) < 65536):
            yield _error(31, f"{entry} in OBS_PROBE_REFERENCES is no host and port.", "Use 192.0.2.1:443.")


def bundle_is_an_address() -> Found:
    address = settings.OBS_JS_BUNDLE_URL
    parts = urlsplit(address)
    if address and not (parts.scheme in ("http", "https") and parts.netloc):
        hint = "Use https://cdn.example.org/bundle.min.js, or leave it empty."
        yield _error(26, f"OBS_JS_BUNDLE_URL is {address}, no whole address.", hint)


def countries_are_known() -> Found:
    header, path = settings.OBS_COUNTRY_HEADER, settings.OBS_GEOIP_DATABASE
    if header and not header.replace("-", "").isalnum():
        yield _error(17, f"OBS_COUNTRY_HEADER is {header}.", "Name one header, as CF-IPCountry, or leave it empty.")
    elif header and not settings.OBS_TRUSTED_PROXIES:
        hint = "Anybody could send it. Set OBS_TRUSTED_PROXIES to the number of reverse proxies in front."
        yield _error(17, "OBS_COUNTRY_HEADER is set, but no proxy is trusted.", hint)
    if path:
        try:
            countries.open_database(path).close()
        except Exception as error:
            hint = "Give a file such as dbip-country-lite.mmdb that this user may read, or leave it empty."
            yield _error(18, f"OBS_GEOIP_DATABASE cannot be opened: {type(error).__name__} at {path}.", hint)


def public_site_is_encrypted() -> Found:
    host = urlsplit(settings.OBS_PUBLIC_URL).hostname or ""
    if not settings.OBS_HTTPS and host not in {"127.0.0.1", "localhost", "::1"}:
        hint = "Put a reverse proxy with TLS in front, set OBS_PUBLIC_URL=https://… and OBS_TRUSTED_PROXIES=1."
        yield Warning("OBS_PUBLIC_URL is served without TLS.", hint=hint, id="formaos_obs.W001")
    if settings.OBS_HTTPS and not settings.OBS_TRUSTED_PROXIES:
        hint = "Set OBS_TRUSTED_PROXIES to the number of reverse proxies, else all visitors share one address."
        yield Warning("OBS_PUBLIC_URL is https, but no proxy is trusted.", hint=hint, id="formaos_obs.W002")


CHECKS: tuple[Callable[[], Found], ...] = (
    values_parse, numbers_are_positive, secret_key_is_strong, encryption_keys_work,
    redis_url_is_known, public_url_is_whole, folders_are_writable, self_dsn_parses, tokens_are_long, caps_agree,
    engine_is_known, clickhouse_can_be_asked, origins_have_schemes, log_level_is_known, outbound_exceptions_are_narrow,
    references_are_endpoints, bundle_is_an_address, countries_are_known, public_site_is_encrypted,
    heads_have_a_place, owner_has_the_same_database, house_is_told, bucket_can_be_asked, hosts_share_their_key,
)  # fmt: skip
