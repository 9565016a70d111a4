"""What Celery runs for the house itself."""

import gc
from typing import Any

from celery import shared_task
from celery.signals import task_prerun, worker_init
from django.db import connections
from django.utils import timezone

from formaos_obs import health


@worker_init.connect
def keep_pages_shared(**kwargs: Any) -> None:
    """What is loaded before the pool is forked is left alone by the collector of each child, and so stays shared."""
    gc.collect()
    gc.freeze()


@task_prerun.connect
def drop_dead_connections(**kwargs: Any) -> None:
    """A task keeps the connection of the one before; PostgreSQL may have been started anew in between."""
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and not connection.in_atomic_block and not connection.is_usable():
            connection.close()


@shared_task
def beat() -> None:
    health.beat(now=timezone.now())
