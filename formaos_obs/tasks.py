"""What Celery runs for the house itself."""

import gc
from importlib import import_module
from typing import Any

from celery import shared_task
from celery.signals import task_prerun, worker_init
from django.utils import timezone

from formaos_obs import health, stores

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
    """A task keeps the connection of the one before."""
    stores.drop_dead_connections()


@shared_task
def beat() -> None:
    health.beat(now=timezone.now())
