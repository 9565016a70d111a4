"""The chart of a message: drawn from what was frozen, attached, or fetched by an address that is signed and expires."""

import io
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import Any

import pytest
from django.core import mail, signing
from django.test import Client
from PIL import Image

from alerts import picture_views
from alerts.delivery import marks, messages, pictures
from alerts.delivery.channels import KINDS
from alerts.models import Incident, Notification
from alerts.tests import make
from alerts.tests.delivery.test_messages import new_issue
from alerts.tests.delivery.test_threads import CHART
from events.models import Deploy, Project, Release


@pytest.mark.parametrize(
    "chart",
    [
        CHART,
        {"series": [["2026-11-27T10:00:00+00:00", 5]]},
        {"series": [["2026-11-27T10:00:00+00:00", None], ["2026-11-27T10:01:00+00:00", -3.5]], "threshold": -9},
        {"series": [["2026-11-27T10:00:00+00:00", 0.0]] * 5000, "unit": "\u202e💥 items of something long"},
        {"series": [["2026-11-27T10:00:00+00:00", value] for value in (1e12, 3.7e7, 0.0001)], "threshold": 1e15},
    ],
)
def test_a_chart_is_a_small_picture_on_a_light_ground(chart: dict[str, Any]) -> None:
    drawn = pictures.draw(chart)
    assert len(drawn) < 1_000_000
    image = Image.open(io.BytesIO(drawn)).convert("RGB")
    assert (image.format or "PNG", image.size) == ("PNG", (720, 240))
    assert min(image.getpixel((2, 2))) > 240  # type: ignore[type-var]


@pytest.mark.parametrize(
    "chart",
    [
        None, {}, {"series": []}, {"series": [["2026-11-27T10:00:00+00:00", None]]}, {"series": [["yesterday", 1]]},
        {"series": [["2026-11-27T10:00:00+00:00", "many"]]}, {"series": [[1]]}, {"series": 5},
        {"series": [["2026-11-27T10:00:00+00:00", float("nan")]]},
    ],
)  # fmt: skip
def test_what_is_no_chart_is_not_drawn(chart: Any) -> None:
    assert pictures.draw(chart) == b""


def test_a_mail_shows_its_chart_inline() -> None:
    KINDS["email"].send({"addresses": ["a@example.org"]}, new_issue(chart=CHART), now=datetime(2026, 11, 27))  # noqa: DTZ001
    whole = message_from_bytes(mail.outbox[0].message().as_bytes())
    assert whole.get_content_type() == "multipart/related"
    parts = {part.get_content_type(): part for part in whole.walk()}
    assert parts["image/png"]["Content-ID"] == "<chart>"
    assert "cid:chart" in parts["text/html"].get_payload(decode=True).decode()  # type: ignore[union-attr]


def _inks(drawn: bytes, *, column: int) -> set[Any]:
    image = Image.open(io.BytesIO(drawn)).convert("RGB")
    return {image.getpixel((column, row)) for row in range(20, 200)}


def test_what_happened_is_a_line_where_it_did() -> None:
    moments = [datetime(2026, 11, 27, 10, minute, tzinfo=UTC).isoformat() for minute in range(0, 50, 10)]
    chart = {"series": [[at, 5.0] for at in moments], "marks": [[moments[2], "incident", "Paying fails"]]}
    middle = (76 + 704) // 2
    marked, plain = (_inks(pictures.draw(one), column=middle) for one in (chart, {"series": chart["series"]}))
    assert any(red > 150 > green for red, green, _ in marked)
    assert not any(red > 150 > green for red, green, _ in plain)
    assert pictures.draw({**chart, "marks": [["yesterday", "deploy", "1"]]}) == b""


def test_the_marks_of_a_picture_are_those_of_its_time_and_environment(project: Project, now: datetime) -> None:
    hour = timedelta(hours=1)
    release = Release.objects.create(project=project, version="shop@1.4")
    for environment, at in (("production", now - hour), ("production", now - hour / 2), ("staging", now - hour),
                            ("production", now - 9 * hour)):  # fmt: skip
        Deploy.objects.create(release=release, environment=environment, name="blue", finished_at=at)
    Incident.objects.create(project=project, title="Paying fails", began_at=now - hour / 4, severity="critical")
    points = [[(now - 2 * hour).isoformat(), 1.0], [(now - hour / 8).isoformat(), 2.0]]
    found = marks.along(project, points, environment="production")
    assert found == [
        [(now - hour).isoformat(), "deploy", "shop@1.4"], [(now - hour / 4).isoformat(), "incident", "Paying fails"],
    ]  # fmt: skip
    assert len(marks.along(project, points)) == 3
    assert marks.along(project, []) == []


@pytest.mark.parametrize(
    ("public", "is_reachable"),
    [
        ("https://obs.example.org", True), ("http://obs.example.org:8000", True), ("http://127.0.0.1:8000", False),
        ("http://localhost:8000", False), ("http://10.0.0.7", False), ("http://[::1]:8000", False),
        ("https://obs.lan", False),
    ],
)  # fmt: skip
def test_slack_is_given_an_address_only_where_it_can_reach_one(settings: Any, public: str, is_reachable: bool) -> None:
    settings.OBS_PUBLIC_URL = public
    message = new_issue(chart=CHART)
    assert pictures.address(message).startswith(f"{public}/alert-pictures/") is is_reachable
    blocks = messages.slack(message, picture=pictures.address(message))["blocks"]
    assert ("image" in [block["type"] for block in blocks]) is is_reachable
    assert pictures.address(new_issue()) == ""


def test_the_address_shows_the_picture_and_nothing_else(project: Project, settings: Any, now: datetime) -> None:
    settings.OBS_PUBLIC_URL = "https://obs.example.org"
    message = new_issue(chart=CHART)
    row = {"payload": messages.pack(message), "payload_version": 1, "next_attempt_at": now, "kind": "firing"}
    Notification.objects.create(channel=make.channel(project), dedup=message.dedup, **row)
    path = pictures.address(message).removeprefix(settings.OBS_PUBLIC_URL)
    client = Client()
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (
        200,
        "image/png",
        "private, no-store",
    )
    assert answer.content == pictures.draw(CHART)
    assert not answer.cookies
    token = path.removeprefix("/alert-pictures/").removesuffix(".png")
    for other in (token[:-1], f"x{token}", signing.dumps(message.dedup), signing.dumps("unknown", salt=pictures._SALT)):
        assert client.get(f"/alert-pictures/{other}.png").status_code == 404
    assert client.post(path).status_code == 405


def test_the_address_expires_and_is_slow_for_whoever_asks_too_often(
    project: Project, settings: Any, now: datetime, monkeypatch: Any
) -> None:
    token = signing.dumps("d" * 32, salt=pictures._SALT)
    monkeypatch.setattr(pictures, "MAX_AGE_SECONDS", -1)
    monkeypatch.setattr(picture_views, "PER_MINUTE", 3)
    answers = [Client(REMOTE_ADDR="198.51.100.77").get(f"/alert-pictures/{token}.png").status_code for _ in range(8)]
    assert answers[0] == 404
    assert 429 in answers
