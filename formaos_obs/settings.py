"""All settings, read once from the environment. `.env.example` lists each variable; `checks.py` refuses nonsense."""

import hashlib
import logging
import os
from contextlib import suppress
from wsgiref.headers import Headers

from formaos_obs import addresses, embedded, folders
from formaos_obs.environment import BASE_DIR as BASE_DIR
from formaos_obs.environment import env, placed

# --- the process -----------------------------------------------------------------------------------------------------
DEBUG = False
OBS_VAR_DIR = placed(env.str("OBS_VAR_DIR", "var"))
PORT = env.int("PORT", 8000)
OBS_BIND = env.str("OBS_BIND", "127.0.0.1").strip("[]")
OBS_WEB_WORKERS = env.int("OBS_WEB_WORKERS", 2)
OBS_WEB_THREADS = env.int("OBS_WEB_THREADS", 8)
OBS_HEAD_SECONDS = env.float("OBS_HEAD_SECONDS", 20.0)
OBS_BODY_SECONDS = env.float("OBS_BODY_SECONDS", 60.0)
OBS_MAX_BODIES_BYTES = env.int("OBS_MAX_BODIES_BYTES", 64 * 1024 * 1024)
OBS_WORKER_PROCESSES = env.int("OBS_WORKER_PROCESSES", 2)
OBS_PUBLIC_URL = env.str("OBS_PUBLIC_URL", f"http://{addresses.public_host(OBS_BIND)}:{PORT}").rstrip("/")
OBS_VERSION = "0.1.0"


def _secret_key() -> str:
    """The configured key, or one kept in the var folder so that a first start needs no configuration."""
    configured = env.str("SECRET_KEY", "")
    if configured:
        return configured
    kept = OBS_VAR_DIR / "secret_key"
    if not kept.exists():
        folders.demand(OBS_VAR_DIR)
        draft = kept.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(os.urandom(48).hex())
        with suppress(FileExistsError):  # processes that start together agree on the key of the first
            os.link(draft, kept)
        draft.unlink()
    return kept.read_text()


SECRET_KEY = _secret_key()


def derived(purpose: str) -> str:
    """A key for one purpose, hex, derived from SECRET_KEY so that one secret is enough to begin with."""
    return hashlib.blake2b(purpose.encode(), key=SECRET_KEY.encode()[:64], digest_size=32).hexdigest()


OBS_AUDIT_KEY = env.str("OBS_AUDIT_KEY", derived("audit"))
OBS_AUDIT_HEADS = env.str("OBS_AUDIT_HEADS", "")
if OBS_AUDIT_HEADS and "://" not in OBS_AUDIT_HEADS:
    OBS_AUDIT_HEADS = str(placed(OBS_AUDIT_HEADS))
OBS_ENCRYPTION_KEYS = env.list("OBS_ENCRYPTION_KEYS", default=[derived("encryption")])
OBS_METRICS_TOKEN = env.str("OBS_METRICS_TOKEN", derived("metrics")[:32])
OBS_SELF_DSN = env.str("OBS_SELF_DSN", "")

_hosts = ["127.0.0.1", "localhost", "testserver", "[::1]", addresses.public_host(OBS_BIND)]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=_hosts)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[OBS_PUBLIC_URL])
OBS_TRUSTED_PROXIES = env.int("OBS_TRUSTED_PROXIES", 0)
OBS_JS_BUNDLE_URL = env.str("OBS_JS_BUNDLE_URL", "")
OBS_COUNTRY_HEADER = env.str("OBS_COUNTRY_HEADER", "")
_geoip = env.str("OBS_GEOIP_DATABASE", "")
OBS_GEOIP_DATABASE = str(placed(_geoip)) if _geoip else ""
OBS_HTTPS = OBS_PUBLIC_URL.startswith("https://")

INSTALLED_APPS = [
    "dashboard",  # before the admin, whose templates it dresses
    "dashboard.admin_apps.ObsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "axes",
    "csp",
    "events",
    "analytics",
    "alerts",
    "formaos_obs",
]

MIDDLEWARE = [
    "formaos_obs.middleware.HealthShortcut",
    "events.endpoints.middleware.IngestShortcut",
    "formaos_obs.middleware.FlagShortcut",
    "formaos_obs.middleware.PingShortcut",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "formaos_obs.middleware.LivingConnections",
    "dashboard.access.middleware.KeptByNobody",
    "dashboard.access.compression.CompressedPages",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "dashboard.reading.middleware.MarksInvisible",
    "dashboard.reading.middleware.LabelsCells",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dashboard.access.middleware.SessionLimits",
    "dashboard.reading.middleware.ReadersWay",
    "dashboard.access.middleware.SecondFactorRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "dashboard.pages.system.conflicts.TakenMeanwhile",
]

ROOT_URLCONF = "formaos_obs.urls"
WSGI_APPLICATION = "formaos_obs.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- the two stores --------------------------------------------------------------------------------------------------


def _postgres(name: str, config: dict[str, object], default: str) -> dict[str, object]:
    """Django's form of an address; a `host` in the query is a socket folder, as in libpq's URLs."""
    if config.get("ENGINE") != "django.db.backends.postgresql":
        env.mistakes[name] = f"{name} does not name a PostgreSQL"
        config = env.db_url_config(default)
    options = dict(config.get("OPTIONS", {}))  # type: ignore[call-overload]
    config["HOST"] = options.pop("host", config.get("HOST", ""))
    options.setdefault("connect_timeout", 3)
    return {**config, "OPTIONS": options, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": False}


_embedded = embedded.urls()
_config = env.url_config(env.db_url_config, "DATABASE_URL", _embedded.application)
DATABASES = {"default": _postgres("DATABASE_URL", _config, _embedded.application)}
# Who migrates; empty where nothing is said of an outer database, whose one role does everything.
_config = env.url_config(env.db_url_config, "OBS_DATABASE_OWNER_URL", _embedded.database)
_has_owner = os.environ.get("OBS_DATABASE_OWNER_URL") or not os.environ.get("DATABASE_URL")
OBS_DATABASE_OWNER = _postgres("OBS_DATABASE_OWNER_URL", _config, _embedded.database) if _has_owner else {}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", _embedded.redis)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "obs",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}

OBS_SEGMENT_ROOT = env.str("OBS_SEGMENT_ROOT", str(OBS_VAR_DIR / "segments"))
if "://" not in OBS_SEGMENT_ROOT:
    OBS_SEGMENT_ROOT = str(placed(OBS_SEGMENT_ROOT))
OBS_S3_ENDPOINT = env.str("OBS_S3_ENDPOINT", "")  # of an S3-like store; empty: Amazon's
OBS_SPOOL_DIR = str(placed(env.str("OBS_SPOOL_DIR", str(OBS_VAR_DIR / "spool"))))
OBS_SPOOL_MAX_BYTES = env.int("OBS_SPOOL_MAX_BYTES", 512 * 1024 * 1024)
OBS_MIN_FREE_BYTES = env.int("OBS_MIN_FREE_BYTES", 512 * 1024 * 1024)
OBS_OPEN_TABLES = env.bool("OBS_OPEN_TABLES", False)
OBS_QUERY_ENGINE = env.str("OBS_QUERY_ENGINE", "duckdb")
OBS_CLICKHOUSE_URL = env.str("OBS_CLICKHOUSE_URL", "")
OBS_CLICKHOUSE_USER = env.str("OBS_CLICKHOUSE_USER", "default")
OBS_CLICKHOUSE_PASSWORD = env.str("OBS_CLICKHOUSE_PASSWORD", "")
OBS_CLICKHOUSE_CLUSTER = env.str("OBS_CLICKHOUSE_CLUSTER", "")
OBS_QUERY_MEMORY_MB = env.int("OBS_QUERY_MEMORY_MB", 512)
OBS_QUERY_THREADS = env.int("OBS_QUERY_THREADS", 2)
OBS_QUERY_TIMEOUT_SECONDS = env.float("OBS_QUERY_TIMEOUT_SECONDS", 10.0)

# --- ingest ----------------------------------------------------------------------------------------------------------
OBS_MAX_BODY_BYTES = env.int("OBS_MAX_BODY_BYTES", 1024 * 1024)
OBS_MAX_DECOMPRESSED_BYTES = env.int("OBS_MAX_DECOMPRESSED_BYTES", 10 * 1024 * 1024)
OBS_MAX_ATTACHMENT_BYTES = env.int("OBS_MAX_ATTACHMENT_BYTES", 5 * 1024 * 1024)
OBS_KEY_RATE_PER_MINUTE = env.int("OBS_KEY_RATE_PER_MINUTE", 600_000)
OBS_DIGEST_BATCH = env.int("OBS_DIGEST_BATCH", 500)
OBS_SEEN_DAYS = env.int("OBS_SEEN_DAYS", 14)
OBS_KEPT_OCCURRENCES = env.int("OBS_KEPT_OCCURRENCES", 100)
OBS_SLOW_QUERY_MS = env.float("OBS_SLOW_QUERY_MS", 500.0)
OBS_DIMENSION_VALUES = env.int("OBS_DIMENSION_VALUES", 1000)
OBS_DIMENSION_VALUE_DAYS = env.int("OBS_DIMENSION_VALUE_DAYS", 30)
OBS_VITALS_WEIGHTS = env.str("OBS_VITALS_WEIGHTS", "LCP=30,INP=30,CLS=25,FCP=15")
OBS_INBOX_MAX_AGE_SECONDS = env.int("OBS_INBOX_MAX_AGE_SECONDS", 60)
OBS_PROJECT_GRACE_DAYS = env.int("OBS_PROJECT_GRACE_DAYS", 30)
OBS_RETENTION_DAYS = env.int("OBS_RETENTION_DAYS", 395)

# --- Celery: tasks take no arguments and answer nothing; what there is to do is a row --------------------------------
CELERY_BROKER_URL = REDIS_URL
if REDIS_URL.startswith("unix://"):  # the same address and number in the words of kombu
    CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# After the broker was away a worker would take fewer tasks until those that run end; the digest would wait for them.
CELERY_WORKER_ENABLE_PREFETCH_COUNT_REDUCTION = False
CELERY_TASK_TIME_LIMIT = 600
CELERY_TIMEZONE = "UTC"
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_WORKER_SEND_TASK_EVENTS = False
# A connection is kept for so many tasks (times two), then made anew: a new one for each was half of what idling cost.
CELERY_DB_REUSE_MAX = 500

# --- people ----------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "dashboard:login"
LOGIN_REDIRECT_URL = "dashboard:home"
LOGOUT_REDIRECT_URL = "dashboard:login"
AXES_FAILURE_LIMIT = env.int("OBS_LOGIN_FAILURE_LIMIT", 5)
OBS_LOGIN_NETWORK_LIMIT = env.int("OBS_LOGIN_NETWORK_LIMIT", 30)
OBS_LOGIN_COOLOFF_HOURS = AXES_COOLOFF_TIME = env.float("OBS_LOGIN_COOLOFF_HOURS", 0.25)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "events.values.addresses.of_request"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "dashboard.pages.account.views.locked"
AXES_HANDLER = "events.endpoints.login_guard.LoginGuard"  # whose counts hold no typed name and no whole address
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
CSRF_FAILURE_VIEW = "dashboard.pages.system.error_views.forged"
OBS_REQUIRE_TOTP = env.bool("OBS_REQUIRE_TOTP", False)

SESSION_ENGINE = "django.contrib.sessions.backends.db"  # not in Redis, whose dumps may lie about anywhere
SESSION_COOKIE_AGE = env.int("OBS_SESSION_HOURS", 12) * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = OBS_HTTPS
SESSION_COOKIE_NAME = "__Host-obs-session" if OBS_HTTPS else "obs-session"
CSRF_COOKIE_NAME = "__Host-obs-csrf" if OBS_HTTPS else "obs-csrf"
CSRF_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if OBS_HTTPS and OBS_TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 31_536_000 if OBS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = OBS_HTTPS
SECURE_SSL_REDIRECT = False  # the reverse proxy redirects; a redirected ingest POST would lose its body
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # which asks for that redirect
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- REST framework --------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "FormaOS Observability",
    "DESCRIPTION": "Read API of FormaOS Observability.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # What several things have under one name.
    "ENUM_NAME_OVERRIDES": {
        "ConsentStateEnum": "events.models.ConsentRecord.State",
        "MonitorKindEnum": "alerts.models.monitor.Monitor.Kind",
        "MonitorStatusEnum": "alerts.models.monitor.MonitorState.Status",
        "RunStatusEnum": "alerts.models.monitor.MonitorRun.Status",
        "ChannelKindEnum": "alerts.models.channel.Channel.Kind",
        "NotificationKindEnum": "alerts.models.channel.Notification.Kind",
        "NotificationStatusEnum": "alerts.models.channel.Notification.Status",
        "TransitionKindEnum": "dashboard.api.alerting.channels.PROBLEMS",
        "LevelEnum": "events.models.issue.Issue.Level",
        "IssueStatusEnum": "events.models.issue.Issue.Status",
        "RuleKindEnum": "alerts.rules.kinds.CHOICES",
        "AlertStateEnum": "alerts.models.rule.Alert.State",
        "IncidentStateEnum": "alerts.models.incident.Incident.State",
    },
}

# --- mail ------------------------------------------------------------------------------------------------------------
vars().update(env.url_config(env.email_url_config, "EMAIL_URL", "consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "obs@localhost")

# --- what leaves the house -------------------------------------------------------------------------------------------
OBS_OUTBOUND_ALLOW = env.list(
    "OBS_OUTBOUND_ALLOW", default=[]
)  # host:port or network, exceptions from delivery/http.py
OBS_OUTBOUND_PORTS = env.list("OBS_OUTBOUND_PORTS", cast=int, default=[])  # besides 80, 443 and 8443
OBS_PROBE_REFERENCES = env.list("OBS_PROBE_REFERENCES", default=[])  # host:port, by which an own outage is told
OBS_MAILS_PER_HOUR = env.int("OBS_MAILS_PER_HOUR", 30)  # a channel; more become one digest

OBS_APPRISE = [schema.lower() for schema in env.list("OBS_APPRISE", default=[])]  # that may be used; none: off
OBS_ADMIN_EMAILS = env.list("OBS_ADMIN_EMAILS", default=[])  # who hears of trouble of this server
OBS_INGEST_SILENCE_MINUTES = env.int("OBS_INGEST_SILENCE_MINUTES", 15)
OBS_HEARTBEAT_URL = env.str("OBS_HEARTBEAT_URL", "")
OBS_WEB_URL = env.str("OBS_WEB_URL", f"http://{addresses.in_url(addresses.reached_at(OBS_BIND))}:{PORT}")

# --- the rest --------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = placed(env.str("OBS_STATIC_DIR", str(OBS_VAR_DIR / "static")))
# Collected files carry a hash in their name and lie beside their br and gz forms; else the sources are served.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dashboard.assets.Storage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600  # collected files too: WhiteNoise serves them, nobody else reads them
WHITENOISE_USE_FINDERS = True
# Never asked for twice: what has its hash in its name, and each version of the browser script.
WHITENOISE_IMMUTABLE_FILE_TEST = r"\.[0-9a-f]{12}\.\w+$|/clients/obs-[0-9.]+\.js$"
WHITENOISE_ALLOW_ALL_ORIGINS = False


def _open_to_every_site(headers: Headers, path: str, url: str) -> None:
    """The browser script is for other sites' pages, which may check its `integrity` only where CORS allows it."""
    if "/clients/" in url:
        headers["Access-Control-Allow-Origin"] = "*"


WHITENOISE_ADD_HEADERS_FUNCTION = _open_to_every_site
with suppress(OSError):
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
OBS_LOG_LEVEL = env.str("OBS_LOG_LEVEL", "INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "formaos_obs.logs.Formatter", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "filters": {"routes": {"()": "formaos_obs.logs.RouteNames"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["routes"]}},
    "loggers": {
        **{name: {"filters": ["routes"]} for name in ("django.request", "django.security.csrf")},
        "pyiceberg": {"level": "WARNING"},  # else a line for each table and run
    },
    "root": {"handlers": ["console"], "level": OBS_LOG_LEVEL if hasattr(logging, OBS_LOG_LEVEL) else "INFO"},
}
