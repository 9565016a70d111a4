"""Whether the database and the Redis that the environment names answer, asked before anything leans on them; and
whether a connection that was kept still does."""

import os

import redis
from django.conf import settings
from django.db import Error, connection, connections

from formaos_obs import roles
from formaos_obs.environment import env

DATABASE_FORM = "postgresql://user:password@host:5432/name"
REDIS_FORM = "redis://host:6379/0"
SECONDS = 3.0


def demand() -> None:
    """SystemExit, in one line, where DATABASE_URL or REDIS_URL is set and nothing answers there."""
    if os.environ.get("DATABASE_URL"):
        _demand_database()
    if os.environ.get("REDIS_URL"):
        _demand_redis()


def drop_dead_connections() -> None:
    """Close what the database has ended: it may have been started anew since this thread used its connection."""
    for kept in connections.all(initialized_only=True):
        if kept.connection is not None and not kept.in_atomic_block and not kept.is_usable():
            kept.close()


def _demand_database() -> None:
    if "DATABASE_URL" in env.mistakes:
        raise SystemExit(f"{env.mistakes['DATABASE_URL']}: use {DATABASE_FORM}, or leave it out for the embedded one")
    # Where an owner is named, migrations are about to run: only they make the role of DATABASE_URL.
    with roles.as_owner(connection, settings.OBS_DATABASE_OWNER) as is_other:
        try:
            connection.ensure_connection()
        except (Error, ValueError, UnicodeError) as error:
            raise _refusal("OBS_DATABASE_OWNER_URL" if is_other else "DATABASE_URL", error) from None
        finally:
            connection.close()


def _demand_redis() -> None:
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
    except ValueError:
        raise SystemExit(
            f"REDIS_URL does not name a Redis: use {REDIS_FORM}, or leave it out for the embedded one"
        ) from None
    try:
        client.ping()
    except (redis.RedisError, OSError, ValueError, OverflowError) as error:
        raise _refusal("REDIS_URL", error) from None
    finally:
        client.close()


def _refusal(name: str, error: Exception) -> SystemExit:
    said = (str(error).strip().splitlines() or [type(error).__name__])[0].strip().rstrip(".:")
    return SystemExit(f"{name} does not answer ({said}): start what it names, or leave it out for the embedded one")
