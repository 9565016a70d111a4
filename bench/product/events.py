"""Makes product events straight into segments, as the compactor leaves them: visits of people who saw, signed up, paid.

A visit is about five events of one visitor, seconds to minutes apart. Ids are UUIDs of version 7, as posthog-js makes
them; visitors are numbers of 63 bits, as pseudonyms are.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb

from events.facts import segments
from events.facts.schema import EVENTS
from events.facts.segments import Place
from events.models import Project

NOW = datetime(2026, 11, 23, tzinfo=UTC)
# Events of a visit and events of a person.
VISIT, OF_A_PERSON = 5, 50
_EVENTS = """
    WITH visits AS (
        SELECT range AS visit, random() AS a, floor($people * pow(random(), 2))::BIGINT AS person,
               random() AS begins, random() AS place FROM range($visits)
    ), drawn AS (
        SELECT v.*, random() AS c, random() AS d, random() AS e,
               $day::TIMESTAMPTZ + to_milliseconds((begins * 86400e3)::BIGINT % 86000000
                                                   + n * 40000 + (random() * 39000)::BIGINT) AS "at"
        FROM visits v, range($length) AS steps(n)
    )
    SELECT least("at", $day::TIMESTAMPTZ + INTERVAL 86399999 MILLISECOND) AS "at",
           printf('%012x', epoch_ms("at")) || '7' || substr(md5(random()::VARCHAR), 1, 19) AS event_id,
           (hash(person + 1) >> 1)::BIGINT AS visitor, (hash(person, visit, $day) >> 1)::BIGINT AS session,
           ['$pageview', '$pageview', '$pageview', 'signup', 'invite', 'paid'][1 + floor(5.3 * c)::INT] AS event,
           'shop.example' AS host, '/page/' || floor(40 * d * d)::INT AS path,
           CASE WHEN a < 0.6 THEN ['search', 'news', 'friends'][1 + floor(5 * a)::INT] END AS source,
           ['DE', 'FR', 'US', 'IT'][1 + floor(4 * (hash(person) % 1000) / 1000.0)::INT] AS country,
           ['desktop', 'mobile'][1 + (hash(person) % 2)::INT] AS device,
           ['Chrome', 'Firefox', 'Safari'][1 + (hash(person) % 3)::INT] AS browser, 'shop@1.0' AS release,
           'production' AS environment, 'posthog-js 1.2' AS sdk, false AS is_bot, true AS is_interactive,
           "at" + INTERVAL 2 SECOND AS received_at,
           MAP {'plan': 'p' || floor(500 * e)::INT, 'price': floor(90 * a)::INT::VARCHAR} AS properties
    FROM drawn ORDER BY {order}
"""


def people_of(events: int) -> int:
    return max(events // OF_A_PERSON, 10)


def generate(project: Project, *, events: int, days: int, seed: float = 0.42, ends: datetime = NOW) -> None:
    """`events` of a project in one segment a day, the last of which `ends` at a midnight."""
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'; SET threads = 2; SELECT setseed(?)", [seed])
    order = ", ".join(f'"{name}"' for name in EVENTS.sort)
    for age in range(1, days + 1):
        day = (ends - timedelta(days=age)).date()
        bound = {
            "visits": events // days // VISIT, "length": VISIT, "day": day.isoformat(), "people": people_of(events)
        }  # fmt: skip
        found = database.execute(_EVENTS.replace("{order}", order), bound).to_arrow_reader(segments.ROW_GROUP)
        segment = segments.write_sorted(Place(project.pk, "events", day), found, level=3, now=NOW)
        segment.save()
        segments.announce([segment])


def number(text: str) -> int:
    return int(float(text.strip().lower().removesuffix("m")) * (1_000_000 if text.strip().lower().endswith("m") else 1))
