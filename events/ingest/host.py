"""Readings of the host this server runs on, under OpenTelemetry's names for host metrics."""

import platform
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psutil
from django.conf import settings

from events.accounts.server_project import server_project
from events.ingest import inbox, payloads
from events.ingest.payloads import Packed

Reading = tuple[str, float, str, dict[str, str]]


def sample_host(*, now: datetime) -> int:
    """Put one reading of everything into the inbox of the server's own project; return how many."""
    items = [
        {"name": name, "type": "gauge", "value": value, "unit": unit, "timestamp": now.timestamp(), "attributes": marks}
        for name, value, unit, marks in readings()
    ]
    payload = {"service": "formaos-obs", "host": platform.node(), "items": items}
    packed = Packed("metric", uuid.uuid4(), len(items), payloads.pack(payload))
    inbox.accept([packed], project_id=server_project().pk, key_id=None, now=now)
    return len(items)


def readings() -> Iterator[Reading]:
    """(name, value, unit, attributes): processor, memory, disk, load, and this server's processes."""
    # Without an interval the first answer of each process is 0.
    yield "system.cpu.utilization", psutil.cpu_percent(interval=0.1) / 100, "1", {}
    memory, disk = psutil.virtual_memory(), psutil.disk_usage(str(settings.OBS_VAR_DIR))
    yield "system.memory.usage", float(memory.total - memory.available), "By", {"system.memory.state": "used"}
    yield "system.memory.usage", float(memory.available), "By", {"system.memory.state": "free"}
    yield "system.memory.utilization", memory.percent / 100, "1", {}
    yield "system.filesystem.usage", float(disk.used), "By", {"system.filesystem.state": "used"}
    yield "system.filesystem.usage", float(disk.free), "By", {"system.filesystem.state": "free"}
    yield "system.filesystem.utilization", disk.percent / 100, "1", {}
    for minutes, load in zip((1, 5, 15), psutil.getloadavg(), strict=True):
        yield f"system.cpu.load_average.{minutes}m", load, "1", {}
    yield from _processes()


def _processes() -> Iterator[Reading]:
    """Memory and count of this process and those started beside it, which is all of the server under its supervisor."""
    own = psutil.Process()
    family: list[Any] = [own, *own.children(recursive=True)]
    parent = own.parent()
    if parent is not None and parent.pid > 1:
        family = [parent, *parent.children(recursive=True)]
    sizes = []
    for process in family:
        try:
            sizes.append(process.memory_info().rss)
        except psutil.Error:  # it ended meanwhile
            continue
    yield "process.memory.usage", float(sum(sizes)), "By", {}
    yield "process.count", float(len(sizes)), "{process}", {}
