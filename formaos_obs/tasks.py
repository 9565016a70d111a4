"""What Celery runs for the house itself."""

import gc
from importlib import import_module
from typing import Any

from celery import shared_task
from celery.signals import task_prerun, worker_init
from django.db import connections
from django.utils import timezone

from formaos_obs import health

# Each child writes facts sooner or later. Imported once before they are forked, these lie in memory once; DuckDB, tried
# in the same way, saved nothing.
PRELOADED = ("numpy", "pyarrow.compute", "pyarrow.parquet")


@worker_init.connect
def share_memory(**kwargs: Any) -> None:
    """Before the pool is forked: load what all children use, and keep the collector of each from touching it."""
    for name in PRELOADED:
        import_module(name)
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
