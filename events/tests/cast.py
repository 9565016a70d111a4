"""Fixtures shared by every app: the cast, a clean segment folder, a clean Redis."""

import time
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.test import Client
from django.test.utils import override_settings
from whitenoise.middleware import WhiteNoiseMiddleware

from events.models import IngestKey, Membership, Project
from events.runtime import bell

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_NUMBERS = count()


@pytest.fixture
def now() -> datetime:
    return NOW


@dataclass(frozen=True)
class KeptCast:
    """The cast that the tests of a file share, and what addresses can name: in their project, and in another."""

    project: Project
    alice: Any
    bob: Any
    charlie: Any
    segments: Path
    here: Mapping[str, Any]
    elsewhere: Mapping[str, Any]


@pytest.fixture(scope="module")
def kept_cast() -> KeptCast | None:
    """None: each test makes its own; a file whose tests share theirs names it."""
    return None


@pytest.fixture
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this test's own, which nothing has made yet. `tmp_path` makes one, and looks through those of all
    tests before for the number of the next: 6 ms after 8,000 of them, and most tests need none."""
    return tmp_path_factory.getbasetemp() / f"own{next(_NUMBERS)}"


@pytest.fixture
def segment_root(own_folder: Path, kept_cast: KeptCast | None) -> Path:
    """Where this test's segments lie; a file whose tests share rows names another folder."""
    return kept_cast.segments if kept_cast else own_folder / "segments"


@pytest.fixture(autouse=True)
def own_folders(settings: Any, own_folder: Path, segment_root: Path) -> None:
    settings.OBS_SEGMENT_ROOT = str(segment_root)
    settings.OBS_SPOOL_DIR = str(own_folder / "spool")


@pytest.fixture(scope="session", autouse=True)
def same_for_all(django_test_environment: None) -> Iterator[None]:
    """Passwords are hashed at once, and a busy machine is no reason to give up a question."""
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=hashers, OBS_QUERY_TIMEOUT_SECONDS=60.0):
        yield


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


def make_project() -> Project:
    return Project.objects.create(slug="web", name="Web")


@pytest.fixture
def project(db: None, kept_cast: KeptCast | None) -> Project:
    return copy(kept_cast.project) if kept_cast else make_project()


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


def make_bob(project: Project) -> Any:
    user = get_user_model().objects.create_user("bob", "bob@example.org", "bob-password-1", is_staff=True)
    Membership.objects.create(project=project, user=user, role=Membership.Role.VIEWER)
    return user


def make_charlie() -> Any:
    return get_user_model().objects.create_user("charlie", "charlie@example.org", "charlie-password-1", is_staff=True)


@pytest.fixture
def alice(project: Project, kept_cast: KeptCast | None) -> Any:
    """Alice owns the project."""
    return copy(kept_cast.alice) if kept_cast else make_alice(project)


@pytest.fixture
def bob(project: Project, kept_cast: KeptCast | None) -> Any:
    """Bob views the project."""
    return copy(kept_cast.bob) if kept_cast else make_bob(project)


@pytest.fixture
def charlie(db: None, kept_cast: KeptCast | None) -> Any:
    """Charlie is a stranger."""
    return copy(kept_cast.charlie) if kept_cast else make_charlie()


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
