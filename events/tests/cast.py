"""Fixtures shared by every app: the cast, a clean segment folder, a clean Redis."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.test import Client
from whitenoise.middleware import WhiteNoiseMiddleware

from events.models import IngestKey, Membership, Project
from events.runtime import bell

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def segment_root(tmp_path: Path) -> Path:
    """Where this test's segments lie; a file whose tests share rows names another folder."""
    return tmp_path / "segments"


@pytest.fixture(autouse=True)
def own_folders(settings: Any, tmp_path: Path, segment_root: Path) -> None:
    settings.OBS_SEGMENT_ROOT = str(segment_root)
    settings.OBS_SPOOL_DIR = str(tmp_path / "spool")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.OBS_QUERY_TIMEOUT_SECONDS = 60.0  # a busy machine is no reason to give up
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(scope="session", autouse=True)
def static_files_are_read_once() -> Iterator[None]:
    """Every Client is a server of its own, which would look at each static file anew: 25 ms, thousands of times."""
    read, files = WhiteNoiseMiddleware.add_files_from_finders, dict[str, Any]()

    def once(server: WhiteNoiseMiddleware) -> None:
        if not files:
            read(server)
            files.update(server.files)
        server.files.update(files)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(WhiteNoiseMiddleware, "add_files_from_finders", once)
        yield


@pytest.fixture(scope="session", autouse=True)
def static_files_are_named_once() -> Iterator[None]:
    """Before they are collected, the name of each is looked for on the disk: 0.1 ms, and a page has forty icons."""
    find, names = HashedFilesMixin.url, dict[tuple[Any, ...], str]()

    def once(storage: Any, name: str, force: bool = False) -> str:
        place = (storage.location, storage.base_url, len(storage.hashed_files), name, force)
        if place not in names:
            names[place] = find(storage, name, force)
        return names[place]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(HashedFilesMixin, "url", once)
        yield


@pytest.fixture
def clean_redis() -> redis.Redis:
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    client.flushdb()
    return client


def rung(client: redis.Redis, topic: str) -> bool:
    """Whether the bell was rung for `topic`; a ring takes a moment to reach Redis."""
    deadline = time.monotonic() + 20
    while client.zscore(bell.KEY, topic) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return client.zscore(bell.KEY, topic) is not None


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(slug="web", name="Web")


@pytest.fixture
def key(project: Project) -> IngestKey:
    return IngestKey.objects.create(project=project)


def make_alice(*projects: Project) -> Any:
    user = get_user_model().objects.create_user("alice", "alice@example.org", "alice-password-1", is_staff=True)
    for project in projects:
        Membership.objects.create(project=project, user=user, role=Membership.Role.OWNER)
    return user


def make_member(role: str, *projects: Project) -> Any:
    """Somebody with this role in these projects."""
    user = get_user_model().objects.create_user(role, f"{role}@example.org", f"{role}-password-1")
    for project in projects:
        Membership.objects.create(project=project, user=user, role=role)
    return user


@pytest.fixture
def alice(project: Project) -> Any:
    """Alice owns the project."""
    return make_alice(project)


@pytest.fixture
def bob(project: Project) -> Any:
    """Bob views the project."""
    user = get_user_model().objects.create_user("bob", "bob@example.org", "bob-password-1", is_staff=True)
    Membership.objects.create(project=project, user=user, role=Membership.Role.VIEWER)
    return user


@pytest.fixture
def charlie(db: None) -> Any:
    """Charlie is a stranger."""
    return get_user_model().objects.create_user("charlie", "charlie@example.org", "charlie-password-1", is_staff=True)


@pytest.fixture
def as_root(db: None) -> Client:
    """Root may everything."""
    root = get_user_model().objects.create_superuser("root", "root@example.org", "root-password-1")
    client = Client()
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def as_alice(alice: Any) -> Client:
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def as_bob(bob: Any) -> Client:
    client = Client()
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def as_charlie(charlie: Any) -> Client:
    client = Client()
    client.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")
    return client
