"""The record of processing activities of one project (GDPR, article 30), as Markdown, from what is set right now.

What no configuration knows (who the controller is, on what basis, who else gets it) is a line to fill in.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from alerts.models import Channel
from events.consent import ledger
from events.facts import retention
from events.facts.schema import FACTS
from events.models import Membership, Project
from events.values.modes import ANONYMOUS, CONSENT, IDENTIFIED

_FILL_IN = "________________"
_VISITORS: dict[str, str] = {
    ANONYMOUS: "visitors of a day: a hash of address, user agent and site under a random salt, destroyed after it",
    CONSENT: "visitors of a day: a hash of address, user agent and site under a random salt, destroyed after it; and "
    "people who agreed, as pseudonyms under a key of the project; their properties",
    IDENTIFIED: "people whom the application names, as pseudonyms under a key of the project; their properties",
}


def record(project: Project, *, now: datetime) -> str:
    """The document; it ends with a line break."""
    parts = [
        f"# Record of processing: {project.name}",
        f"As set on {now:%Y-%m-%d %H:%M} UTC. GDPR, article 30 (1); letters are those of the article.",
        _section("a, controller", [f"Name and contact: {_FILL_IN}", f"Data protection officer: {_FILL_IN}"]),
        _section("b, purposes", [
            "Finding and mending errors, speed and availability of the application", *_purposes(project),
            f"Legal basis (article 6): {_FILL_IN}",
        ]),
        _section("c, people and data", _data(project)),
        _section("d, recipients", _recipients(project)),
        _section("e, third countries", [
            "This server sends nothing anywhere but to the channels above; those of vendors elsewhere are transfers: "
            + _FILL_IN,
        ]),
        _section("f, erasure", _periods(project)),
        _section("g, measures", [
            "Pseudonyms by HMAC-SHA256 under a key of the project; addresses "
            + ("cut to /24 and /48" if project.collects_ip else "not stored"),
            "What arrives is scrubbed before it is stored: credentials, addresses of e-mail, numbers of cards",
            _small_groups(project),
            "Secrets are encrypted; roles by project; every look leaves an entry in a chained audit trail",
            *(
                ["Consent is recorded in a chained ledger (article 7 (1)); taking it back counts within a second"]
                if project.analytics == CONSENT else []
            ),
            "Access and erasure on request, with a signed receipt (Persons, Requests)",
        ]),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _small_groups(project: Project) -> str:
    least = project.small_groups
    if not least:
        return "Viewers are told of groups of any size in product analytics"
    whom = "anonymous visitors of a day" if project.analytics == ANONYMOUS else "people"
    return (
        f"Viewers are not told of groups of fewer than {least} {whom} in product analytics; numbers in steps of {least}"
    )


def _purposes(project: Project) -> list[str]:
    if project.analytics not in _VISITORS:
        return []
    return ["Understanding how the application is used; measured roll-out of its features"]


def _data(project: Project) -> list[str]:
    kept = [
        ("ids and names of users as sent", project.collects_user_data),
        ("names of servers and ids of devices as sent", project.keeps_machine_names),
        ("pictures, without metadata", project.keeps_pictures),
        ("other binary files", project.accepts_binary_attachments),
    ]
    return [
        "Users of the application, met by errors and requests: "
        + ("as sent" if project.collects_user_data else "pseudonyms"),
        f"Visitors: {_VISITORS.get(project.analytics, 'not counted')}",
        f"Local variables of errors: {project.get_local_variables_display()}",
        f"Bodies of requests and messages: {project.get_request_bodies_display()}",
        f"Query strings beside utm_* and ref: {project.get_query_strings_display()}",
        "Families of browser, system and device; country; pages without query strings",
        *(f"Besides, because an owner wants it: {what}" for what, is_kept in kept if is_kept),
        "Staff who log in here: name, address of e-mail, hashed password, what they looked at and changed",
    ]


def _recipients(project: Project) -> list[str]:
    people = Membership.objects.filter(project=project).values_list("role", flat=True)
    roles = [f"{list(people).count(role)} {label.lower()}s" for role, label in Membership.Role.choices]
    channels = Channel.objects.filter(project=project).defer("config").order_by("name")
    return [
        f"Members: {', '.join(roles)}; superusers of this server",
        *(
            f"Channel {one.name} ({one.get_kind_display()}){'' if one.is_enabled else ', off'}: titles and numbers of "
            "alerts and issues, scrubbed"
            for one in channels
        ),
    ]


def _periods(project: Project) -> list[str]:
    return [
        *(f"{name.replace('_', ' ').capitalize()}: {retention.days_kept(project, name)} days" for name in FACTS),
        "Whole examples of errors: as long as their issue"
        + (f", at most {project.kept_occurrences} each" if project.kept_occurrences else ""),
        "Persons and groups: until they are deleted or erased",
        f"Records of consent: while it counts, and {ledger.KEPT.days} days after it was taken back; after an erasure "
        "they name nobody",
        f"Ids of what arrived, against duplicates: {settings.OBS_SEEN_DAYS} days",
        "Messages that were sent: 90 days",
    ]


def _section(title: str, lines: list[str]) -> str:
    return f"## {title[:1].upper()}{title[1:]}\n\n" + "\n".join(f"- {line}" for line in lines)
