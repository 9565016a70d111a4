"""Crashes of compiled programs, classes of Java, threads and screenshots, as pages and Markdown show them."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.pages.issues import events, markdown
from events.accounts import keys
from events.endpoints.admission.buckets import buckets
from events.models import Feedback, IngestKey, Issue, Occurrence, Project
from events.tests import intake

EVENT_ID = "0123456789abcdef0123456789abcdef"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000 1f15c4890000000d49444154789c6360606060000000050001a5f6"
    "45400000000049454e44ae426082".replace(" ", "")
)


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]


def crash(*, count: int = 30, crashed: int = 29) -> dict[str, Any]:
    """What sentry-cocoa sends of a signal: the stack is the thread's."""
    mechanism = {
        "type": "signal",
        "handled": False,
        "meta": {
            "signal": {"number": 6, "name": "SIGABRT", "code": 0},
            "mach_exception": {"exception": 10, "code": 0, "subcode": 0, "name": "EXC_CRASH"},
        },
    }
    threads = [
        {
            "id": n, "name": f"worker-{n}", "crashed": n == crashed, "current": n == crashed,
            "stacktrace": {
                "frames": [
                    {"function": f"fn_{n}", "package": "/usr/lib/libx.dylib", "instruction_addr": hex(4096 + n)}
                ],
                "registers": {"pc": hex(4096 + n), "sp": "0x7ffe2000", "x0": "0x0000000105a3c4d8"},
            },
        }
        for n in range(count)
    ]  # fmt: skip
    image = {
        "type": "macho", "debug_id": "C0BCC3F1-9827-FE65-3058-404B2831D9E6", "code_file": "/usr/lib/libx.dylib",
        "image_addr": "0x1000", "image_size": 65536, "arch": "arm64",
    }  # fmt: skip
    return {
        "platform": "cocoa", "level": "fatal", "threads": {"values": threads}, "debug_meta": {"images": [image]},
        "exception": {"values": [{"type": "SIGABRT", "value": "abort", "thread_id": crashed, "mechanism": mechanism}]},
    }  # fmt: skip


def envelope(*items: tuple[dict[str, Any], Any]) -> bytes:
    lines = [json.dumps({"event_id": EVENT_ID}).encode()]
    for header, payload in items:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        lines += [json.dumps(header | {"length": len(data)}).encode(), data]
    return b"\n".join(lines) + b"\n"


@pytest.mark.parametrize(("count", "crashed"), [(30, 29), (250, 240)])
def test_the_crashed_thread_is_first_with_its_registers_and_all_that_was_loaded(
    as_alice: Client, project: Project, key: IngestKey, count: int, crashed: int
) -> None:
    body = envelope(({"type": "event"}, crash(count=count, crashed=crashed)))
    assert intake.post(key, "envelope/", body).status_code == 200
    intake.digested(project)
    issue = Issue.objects.get()
    assert (issue.title, issue.culprit) == ("SIGABRT: abort", f"fn_{crashed}")
    html = as_alice.get(f"/p/{project.slug}/issues/{issue.pk}/").content.decode()
    first = html.index("<details open><summary>worker-")
    assert html[first:].startswith(f'<details open><summary>worker-{crashed} <span class="badge bad">crashed')
    assert html.index("<summary>worker-") == first + len("<details open>")
    for shown in (
        f"fn_{crashed}", hex(4096 + crashed), "libx.dylib", "0x7ffe2000", "0x0000000105a3c4d8", "SIGABRT (6)",
        "EXC_CRASH (10)", "Loaded images", "C0BCC3F1-9827-FE65-3058-404B2831D9E6", "arm64", "0x1000",
    ):  # fmt: skip
        assert shown in html, shown


def test_java_frames_lead_with_their_class() -> None:
    frames = [
        {
            "module": f"io.shop.{part}.Service",
            "function": "run",
            "filename": "Service.java",
            "lineno": 9,
            "in_app": True,
        }
        for part in ("orders", "cart")
    ]
    event = events.present({"platform": "java", "exception": [{"type": "E", "stacktrace": {"frames": frames}}]})
    places = [frame.place for run in event.exceptions[0].runs for frame in run.frames]
    assert places == ["io.shop.cart.Service (Service.java)", "io.shop.orders.Service (Service.java)"]


def test_libraries_of_a_page_fold_whatever_its_sdk_believed() -> None:
    frames = [
        {"function": "commitRoot", "filename": "webpack:///./node_modules/react-dom/index.js", "in_app": True},
        {"function": "App", "filename": "webpack:///./src/App.js", "in_app": True},
        {"function": "dispatch", "filename": "webpack:///./node_modules/redux/index.js", "in_app": True},
    ]
    event = events.present({"platform": "javascript", "exception": [{"type": "T", "stacktrace": {"frames": frames}}]})
    assert [(run.is_app, [f.function for f in run.frames]) for run in event.exceptions[0].runs] == [
        (False, ["dispatch"]),
        (True, ["App"]),
        (False, ["commitRoot"]),
    ]


def test_native_frames_that_nobody_marked_fold_by_their_library() -> None:
    frames = [
        {"function": "Cart::pay", "package": "/app/bin/shop"},
        {"function": "abort", "package": "/usr/lib/system/libsystem_c.dylib", "instruction_addr": 4096},
    ]
    event = events.present({"platform": "native", "exception": [{"type": "S", "stacktrace": {"frames": frames}}]})
    runs = event.exceptions[0].runs
    assert [(run.is_app, run.frames[0].place, run.frames[0].address) for run in runs] == [
        (False, "libsystem_c.dylib", "0x1000"),
        (True, "shop", ""),
    ]


def test_an_error_of_cocoa_is_titled_by_domain_and_code() -> None:
    mechanism = {"type": "NSError", "meta": {"ns_error": {"code": 2, "domain": "Shop.Basket"}}}
    event = events.present({"exception": {"values": [{"mechanism": mechanism}]}})
    assert event.title == "Shop.Basket: Code 2"


def test_markdown_of_threads_alone_has_the_frames_of_the_crashed_one() -> None:
    def thread(number: int, function: str) -> dict[str, Any]:
        return {"id": number, "crashed": number == 1, "stacktrace": {"frames": [{"function": function}]}}

    sent = {
        "platform": "cocoa",
        "message": "threads only",
        "threads": {"values": [thread(0, "wait"), thread(1, "pay")]},
    }
    written = markdown.present(events.present(sent), title="t", url="u")
    assert "## Thread 1" in written
    assert "pay" in written
    assert "wait" not in written


def test_the_screenshot_of_a_feedback_is_linked_beside_its_words(
    as_alice: Client, project: Project, key: IngestKey
) -> None:
    project.keeps_pictures = True
    project.save(update_fields=["keeps_pictures"])
    said = {"contexts": {"feedback": {"message": "with a screenshot"}}}
    picture = {"type": "attachment", "filename": "screenshot.png", "content_type": "image/png"}
    assert intake.post(key, "envelope/", envelope(({"type": "feedback"}, said), (picture, PNG))).status_code == 200
    intake.digested(project)
    assert Feedback.objects.get().feedback_id.hex == EVENT_ID
    html = as_alice.get(reverse("dashboard:feedback-list", args=[project.slug])).content.decode()
    article = html[html.index("with a screenshot") :]
    assert "screenshot.png" in article[: article.index("</article>")]
    link = article[article.index('href="') + 6 :].split('"')[0]
    assert as_alice.get(link).status_code == 200


def test_an_error_and_its_feedback_of_one_envelope_meet_on_the_page(
    as_alice: Client, project: Project, key: IngestKey
) -> None:
    said = {
        "event_id": "fedcba9876543210fedcba9876543210",
        "contexts": {"feedback": {"message": "it broke", "associated_event_id": EVENT_ID}},
    }
    error = {"event_id": EVENT_ID, "platform": "javascript", "message": "err"}
    body = envelope(({"type": "event"}, error), ({"type": "feedback"}, said))
    assert intake.post(key, "envelope/", body).status_code == 200
    intake.digested(project)
    assert Occurrence.objects.get().event_id.hex == EVENT_ID
    assert "it broke" in as_alice.get(f"/p/{project.slug}/issues/{Issue.objects.get().pk}/").content.decode()


@pytest.mark.parametrize("is_allowed", [True, False])
@pytest.mark.parametrize("is_old", [True, False])
def test_a_feedback_shows_who_wrote_it_where_the_project_allows(
    as_alice: Client, project: Project, key: IngestKey, is_allowed: bool, is_old: bool
) -> None:
    project.collects_user_data = is_allowed
    project.save(update_fields=["collects_user_data"])
    said = {"message": "call bob@shop.example", "name": "Ann Lee", "contact_email": "ann@shop.example"}
    report = {"event_id": EVENT_ID, "comments": said["message"], "name": said["name"], "email": said["contact_email"]}
    item = ({"type": "user_report"}, report) if is_old else ({"type": "feedback"}, {"contexts": {"feedback": said}})
    assert intake.post(key, "envelope/", envelope(item)).status_code == 200
    intake.digested(project)
    html = as_alice.get(reverse("dashboard:feedback-list", args=[project.slug])).content.decode()
    assert "call [email]" in html
    assert ("Ann Lee" in html, "ann@shop.example" in html) == (is_allowed, is_allowed)
