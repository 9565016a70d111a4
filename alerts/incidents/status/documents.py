"""Status pages for programs: the JSON that readers of Statuspage's API v2 poll, an Atom feed and an RSS 2.0 feed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.html import escape

from alerts.delivery.messages import clean
from alerts.incidents.status import days, reading
from alerts.incidents.status.reading import Shown, Status
from alerts.models import StatusNotice, StatusPage, StatusUpdate

Kind = StatusNotice.Kind
IN_FEEDS, IN_JSON = 25, 50
ATOM = "http://www.w3.org/2005/Atom"


def address(page: StatusPage) -> str:
    return settings.OBS_PUBLIC_URL + reverse("dashboard:status-public", args=[page.slug])


def notice_address(notice: StatusNotice, page: StatusPage) -> str:
    return settings.OBS_PUBLIC_URL + reverse("dashboard:status-notice", args=[page.slug, notice.public_id])


def summary(found: Status) -> dict[str, Any]:
    return {
        "page": _page(found.page),
        "components": [_component(one) for one in found.components],
        "incidents": [_notice(one, found) for one in found.open],
        "scheduled_maintenances": [_notice(one, found) for one in found.planned],
        "status": _status(found),
    }


def status(found: Status) -> dict[str, Any]:
    return {"page": _page(found.page), "status": _status(found)}


def components(found: Status) -> dict[str, Any]:
    return {"page": _page(found.page), "components": [_component(one) for one in found.components]}


def incidents(found: Status, *, only: str = "") -> dict[str, Any]:
    """The latest, or with `only` those that are not resolved."""
    rows: Iterable[StatusNotice] = found.open
    if only != "unresolved":
        rows = reading.notices(found.page).filter(kind=Kind.INCIDENT)[:IN_JSON]
    return {"page": _page(found.page), "incidents": [_notice(one, found) for one in rows]}


def maintenances(found: Status, *, only: str = "") -> dict[str, Any]:
    """The latest; with `only` those that go on (active) or are to come (upcoming)."""
    rows: Iterable[StatusNotice] = found.planned
    if only:
        rows = [one for one in found.planned if (one.status == StatusNotice.Status.SCHEDULED) == (only == "upcoming")]
    else:
        rows = reading.notices(found.page).filter(kind=Kind.MAINTENANCE)[:IN_JSON]
    return {"page": _page(found.page), "scheduled_maintenances": [_notice(one, found) for one in rows]}


def _status(found: Status) -> dict[str, str]:
    return {"indicator": found.overall.indicator, "description": found.overall.description}


def _page(page: StatusPage) -> dict[str, Any]:
    return {
        "id": page.public_id, "name": page.title, "url": address(page), "time_zone": page.zone,
        "updated_at": _moment(page.updated_at, page),
    }  # fmt: skip


def _component(shown: Shown) -> dict[str, Any]:
    one, page = shown.component, shown.component.page
    return {
        "id": one.public_id, "name": one.name, "status": shown.state.value,
        "created_at": _moment(one.created_at, page), "updated_at": _moment(one.updated_at, page),
        "position": one.position, "description": one.description or None, "showcase": True,
        "start_date": f"{one.since:%Y-%m-%d}", "group_id": None, "page_id": page.public_id, "group": False,
        "only_show_if_degraded": False,
    }  # fmt: skip


def _notice(notice: StatusNotice, found: Status) -> dict[str, Any]:
    page = found.page
    updates = list(notice.updates.all())
    shape = {
        "id": notice.public_id, "name": notice.title, "status": notice.status, "impact": notice.impact,
        "created_at": _moment(notice.created_at, page), "updated_at": _moment(notice.updated_at, page),
        "monitoring_at": _moment(notice.monitoring_at, page), "resolved_at": _moment(notice.ended_at, page),
        "started_at": _moment(notice.started_at, page), "shortlink": notice_address(notice, page),
        "page_id": page.public_id, "incident_updates": [_update(one, notice, page) for one in updates],
        "components": [_component(one) for one in found.components if one.component.public_id in notice.components],
    }  # fmt: skip
    if notice.kind == Kind.MAINTENANCE:
        shape["scheduled_for"] = _moment(notice.scheduled_for, page)
        shape["scheduled_until"] = _moment(notice.scheduled_until, page)
    return shape


def _update(update: StatusUpdate, notice: StatusNotice, page: StatusPage) -> dict[str, Any]:
    at = _moment(update.at, page)
    return {
        "id": update.public_id, "status": update.status, "body": update.body, "incident_id": notice.public_id,
        "created_at": at, "updated_at": at, "display_at": at, "affected_components": update.affected or None,
        "deliver_notifications": page.takes_subscribers, "custom_tweet": None, "tweet_id": None,
    }  # fmt: skip


def _moment(moment: datetime | None, page: StatusPage) -> str | None:
    """With milliseconds and the offset of the page's zone, as pollers expect it."""
    zone: ZoneInfo = days.zone_of(page.zone)
    return moment.astimezone(zone).isoformat(timespec="milliseconds") if moment else None


def atom(page: StatusPage, notices: Iterable[StatusNotice]) -> bytes:
    """One entry a notice for ever: its id stays, and `updated` moves with each update."""
    ElementTree.register_namespace("", ATOM)
    feed = ElementTree.Element(f"{{{ATOM}}}feed")
    _add(feed, "id", f"tag:{page.public_id}:status")
    _add(feed, "title", page.title)
    _add(feed, "updated", page.updated_at.isoformat())
    ElementTree.SubElement(feed, f"{{{ATOM}}}link", rel="alternate", type="text/html", href=address(page))
    own = settings.OBS_PUBLIC_URL + reverse("dashboard:status-atom", args=[page.slug])
    ElementTree.SubElement(feed, f"{{{ATOM}}}link", rel="self", type="application/atom+xml", href=own)
    author = ElementTree.SubElement(feed, f"{{{ATOM}}}author")
    _add(author, "name", page.title)
    for notice in notices:
        entry = ElementTree.SubElement(feed, f"{{{ATOM}}}entry")
        _add(entry, "id", f"tag:{page.public_id}:{notice.public_id}")
        _add(entry, "title", notice.title)
        _add(entry, "published", notice.created_at.isoformat())
        _add(entry, "updated", notice.updated_at.isoformat())
        ElementTree.SubElement(entry, f"{{{ATOM}}}link", rel="alternate", href=notice_address(notice, page))
        _add(entry, "content", _html(notice), type="html")
    return _written(feed)


def rss(page: StatusPage, notices: Iterable[StatusNotice]) -> bytes:
    rss = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(rss, "channel")
    for name, value in (
        ("title", page.title),
        ("link", address(page)),
        ("description", page.description or f"The status of {page.title}"),
        ("lastBuildDate", format_datetime(page.updated_at)),
    ):
        ElementTree.SubElement(channel, name).text = clean(value)
    for notice in notices:
        item = ElementTree.SubElement(channel, "item")
        ElementTree.SubElement(item, "title").text = clean(notice.title)
        ElementTree.SubElement(item, "link").text = notice_address(notice, page)
        guid = ElementTree.SubElement(item, "guid", isPermaLink="false")
        guid.text = f"tag:{page.public_id}:{notice.public_id}"
        ElementTree.SubElement(item, "pubDate").text = format_datetime(notice.updated_at)
        ElementTree.SubElement(item, "description").text = _html(notice)
    return _written(rss)


def _add(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}{name}", attributes).text = clean(text)


def _html(notice: StatusNotice) -> str:
    """Its updates, the newest first, what people wrote escaped."""
    return "".join(
        f"<p><small>{update.at:%Y-%m-%d %H:%M} UTC</small><br><strong>{update.get_status_display()}</strong>: "
        f"{escape(clean(update.body))}</p>"
        for update in notice.updates.all()
    )


def _written(root: ElementTree.Element) -> bytes:
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
