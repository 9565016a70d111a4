"""What a first start makes: an admin, a demo project, a token, and the file that tells scripts about them."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model

from events.accounts import dsn, projects, tokens

ADMIN = "admin"
DEMO = "demo"
# What scripts do with the token of up.json: read, export, tell of releases. None changes issues, members or settings.
SCOPES = {tokens.READ, tokens.EXPORT, tokens.RELEASES}
# A start renews it in the second half of its life.
LASTS = timedelta(days=365)


@dataclass(frozen=True)
class Access:
    """How scripts and people get in; what `up.json` holds. An empty password is one that somebody changed."""

    url: str
    dsn: str
    project_key: str
    api_token: str
    admin_username: str
    admin_password: str


def ensure(path: Path, *, url: str, now: datetime) -> tuple[Access, bool]:
    """The access written to `path`, and whether the admin is new; what exists already and still works is kept."""
    kept = _read(path)
    password = str(kept.get("admin_password", ""))
    admin = get_user_model().objects.filter(username=ADMIN).first()
    is_new = admin is None
    if admin is None:
        password = secrets.token_urlsafe(15)
        admin = get_user_model().objects.create_superuser(ADMIN, "", password)
    elif password and not admin.check_password(password):
        password = ""
    project = projects.named(DEMO) or projects.create(DEMO, "Demo", owner=admin, now=now)
    key = dsn.open_key(project) or projects.create_key(project, label="up", actor=admin, now=now)
    access = Access(
        url=url,
        dsn=dsn.of(key, base_url=url),
        project_key=key.public_key,
        api_token=_token(str(kept.get("api_token", "")), admin, now=now),
        admin_username=ADMIN,
        admin_password=password,
    )
    _write(path, access)
    return access, is_new


def _token(secret: str, admin: Any, *, now: datetime) -> str:
    """`secret` where it still is a live token of these scopes that lasts a while, otherwise that of a new one."""
    kept = tokens.find(secret, now=now) if secret else None
    if kept and set(kept.scopes) <= SCOPES and kept.expires_at and kept.expires_at - now > LASTS / 2:
        return secret
    if kept:
        tokens.revoke(kept, actor="up", now=now)
    return tokens.create(admin, name="up", scopes=sorted(SCOPES), expires_at=now + LASTS, actor="up", now=now)[1]


def _read(path: Path) -> dict[str, object]:
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _write(path: Path, access: Access) -> None:
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(access), file, indent=2)
    draft.replace(path)
