"""What the palette offers besides pages: things to do, and single settings. Only for those who may."""

from dataclasses import dataclass
from functools import lru_cache

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Shortcut:
    """`note` says what it is; `also` holds further words to find it by."""

    title: str
    url: str
    note: str
    icon: str
    also: str = ""


_ACTIONS: list[tuple[str, str, tuple[str, ...], str]] = [
    ("New alert rule", "rule-new", ("threshold",), "add alarm"),
    ("New channel", "channel-list", (), "add slack discord mail webhook notify"),
    ("New silence", "silence-list", (), "add mute"),
    ("New maintenance window", "maintenance-new", (), "add calendar"),
    ("New incident", "incident-new", (), "add open"),
    ("New probe", "probe-new", ("http",), "add uptime check"),
    ("New monitor", "monitor-new", (), "add cron heartbeat check-in"),
    ("New SLO", "slo-new", (), "add objective budget"),
    ("New flag", "flag-new", (), "add feature"),
    ("New experiment", "experiment-new", (), "add test"),
    ("New goal", "goal-new", (), "add target"),
    ("New named action", "action-new", (), "add event"),
]
_SETTINGS: list[tuple[str, str, str, str]] = [
    ("Ingest keys", "settings", "", "DSN limits"),
    ("People and roles", "settings", "", "members owner editor viewer"),
    ("Names of sites", "settings", "#sites", "plausible umami matomo domain"),
    ("Browser script", "settings", "#browser", "share sampling consent"),
    ("Privacy", "settings", "#privacy", "anonymous pseudonyms ids"),
    ("Grouping rules", "grouping", "", "fingerprint stack trace"),
    ("Deploys and webhooks", "deploys", "", "github gitlab netlify vercel hook"),
    ("Channels", "channel-list", "", "slack discord mail webhook"),
    ("Alert routes", "route-list", "", "holds inhibition grouping"),
    ("Alert sources", "source-list", "", "prometheus alertmanager grafana foreign"),
    ("Incident policy", "incident-policy", "", "severity"),
    ("Status page", "status-page", "", "public components"),
    ("Audiences", "audience-list", "", "cohorts flags"),
    ("Consent", "consent-list", "", "ledger withdraw"),
    ("Calls of the API", "api-calls", "", "token curl examples"),
    ("Requests of people", "request-list", "", "export erase GDPR"),
]
_OWNERS: list[tuple[str, str, str, str]] = [("Audit trail", "audit", "", "who did log seals")]
_ACCOUNT: list[tuple[str, str, str]] = [
    ("Account", "account", "name zone week logins sessions"),
    ("API tokens", "account", "key curl"),
    ("Password", "password", "account"),
    ("Second factor", "second-factor", "TOTP two account"),
]


@lru_cache(maxsize=1_000)
def of_project(slug: str, *, may_own: bool) -> tuple[Shortcut, ...]:
    """What an editor of the project may do and set, or an owner."""
    actions = [
        Shortcut(title, reverse(f"dashboard:{name}", args=[slug, *rest]), "action", "plus", also)
        for title, name, rest, also in _ACTIONS
    ]
    settings = [
        Shortcut(title, reverse(f"dashboard:{name}", args=[slug]) + part, "setting", "settings", also)
        for title, name, part, also in [*_SETTINGS, *(_OWNERS if may_own else [])]
    ]
    return (*actions, *settings)


@lru_cache(maxsize=1)
def of_account() -> tuple[Shortcut, ...]:
    """What anybody sets for themselves."""
    return tuple(
        Shortcut(title, reverse(f"dashboard:{name}"), "account", "circle-user", also) for title, name, also in _ACCOUNT
    )
