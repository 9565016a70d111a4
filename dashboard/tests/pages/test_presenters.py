"""Payloads of any shape become bounded views; nothing raises."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.pages.issues import events, history, markdown, values
from dashboard.pages.issues.exceptions import MAX_FRAMES
from dashboard.tests import hostile

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted(hostile.event("x"))
EVENTS = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=len(FIELDS))


@given(EVENTS | JSON)
@settings(max_examples=150, deadline=None)
def test_any_payload_is_presented(payload: Any) -> None:
    event = events.present(payload)
    assert event.title
    assert markdown.present(event, title="t", url="u").startswith("# ")


@pytest.mark.parametrize("wrong", hostile.WRONG, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_the_wrong_type_hides_no_other(field: str, wrong: Any) -> None:
    sent = {**hostile.event("fine"), field: wrong}
    event = events.present(sent)
    if field != "transaction":
        assert event.transaction == "fine"
    if field != "exception":
        assert len(event.exceptions) == 2


@pytest.mark.parametrize("wrong", hostile.WRONG, ids=lambda value: str(value)[:20])
def test_a_wrong_part_of_an_exception_hides_no_frame(wrong: Any) -> None:
    frame = {"filename": "app.py", "function": "run", "lineno": 1, "context_line": "run()", "in_app": True}
    for name in ("filename", "function", "lineno", "pre_context", "post_context", "vars", "data", "package"):
        found = events.present({"exception": [{"type": "E", "stacktrace": {"frames": [{**frame, name: wrong}]}}]})
        assert len(found.exceptions[0].runs[0].frames) == 1, name


def test_the_exception_raised_last_comes_first_and_its_innermost_frame_on_top() -> None:
    frames = [{"function": "outer", "in_app": True}, {"function": "library"}, {"function": "inner", "in_app": True}]
    chain = [{"type": "Cause"}, {"type": "Effect", "stacktrace": {"frames": frames}, "mechanism": {}}]
    event = events.present({"exception": {"values": chain}})
    assert [one.type for one in event.exceptions] == ["Effect", "Cause"]
    assert [(run.is_app, [f.function for f in run.frames]) for run in event.exceptions[0].runs] == [
        (True, ["inner"]),
        (False, ["library"]),
        (True, ["outer"]),
    ]


def test_without_in_app_frames_the_innermost_is_shown() -> None:
    event = events.present(
        {"exception": [{"type": "E", "stacktrace": {"frames": [{"function": "a"}, {"function": "b"}]}}]}
    )
    assert event.exceptions[0].runs[0].is_app
    assert event.exceptions[0].runs[0].frames[0].function == "b"


def test_source_lines_are_numbered_around_the_hit() -> None:
    frame = {"lineno": 10, "pre_context": ["a", "b"], "context_line": "c", "post_context": ["d"]}
    lines = events.present({"exception": [{"stacktrace": {"frames": [frame]}}]}).exceptions[0].runs[0].frames[0].source
    assert [(line.number, line.code, line.is_hit) for line in lines] == [
        (8, "a", False),
        (9, "b", False),
        (10, "c", True),
        (11, "d", False),
    ]


def test_huge_lists_are_bounded_and_say_so() -> None:
    event = events.present(
        {
            "tags": {str(n): "x" for n in range(5000)},
            "extra": {str(n): "x" for n in range(5000)},
            "breadcrumbs": [{"message": str(n)} for n in range(5000)],
            "exception": [
                {
                    "type": "E",
                    "value": "v" * 100_000,
                    "stacktrace": {"frames": [{"function": str(n)} for n in range(5000)]},
                }
            ]
            * 500,
        }
    )
    assert len(event.tags) == events.MAX_TAGS
    assert event.extra
    assert len(event.extra.pairs) + event.extra.left_out == 5000
    assert len(event.crumbs) == events.MAX_CRUMBS
    assert event.crumbs[0].message == "4999"
    assert event.crumbs_left_out == 4900
    assert event.exceptions[0].left_out == 5000 - MAX_FRAMES
    assert len(event.exceptions[0].value) == values.MAX_TEXT


@pytest.mark.parametrize(
    ("address", "is_link"),
    [
        ("https://shop.example/cart?x=1", True),
        ("http://shop.example", True),
        ("javascript:alert(1)", False),
        (" https://a.example", False),
        ("//evil.example", False),
        ("data:text/html,x", False),
        ("https://", False),
        ("https://a b", False),
        ("https://[", False),
        (7, False),
        (None, False),
    ],
)
def test_only_plain_web_addresses_may_become_links(address: Any, is_link: bool) -> None:
    assert bool(events.web_address(address)) is is_link


def test_markdown_fences_outgrow_what_they_hold() -> None:
    event = events.present({"exception": [{"type": "E", "value": "```\n# not a heading\n````"}]})
    text = markdown.present(event, title="*bold* [x](javascript:1)", url="u")
    assert "`````\n" in text
    assert "# \\*bold\\* \\[x\\](javascript:1)" in text


def test_text_is_what_json_would_say() -> None:
    assert (
        values.text({"a": [1, None, True]}) == orjson.dumps({"a": [1, None, True]}, option=orjson.OPT_INDENT_2).decode()
    )


@pytest.mark.parametrize(
    ("action", "detail", "words"),
    [
        ("resolve", {"release": "1.2", "in_next": False}, "resolved this in 1.2"),
        ("resolve", {"release": "1.2", "in_next": True}, "resolved this in the release after 1.2"),
        ("resolve", {}, "resolved this"),
        ("ignore", {"events": 10, "window_minutes": 5}, "ignored this until 10 more events within 5 min"),
        ("assign", {"to": 3}, "assigned this to bob"),
        ("assign", {"to": None}, "took the assignee away"),
        ("merge", {"merged": [{"id": 1}, {"id": 2}]}, "merged 2 issues into this"),
        ("something_new", [], "something new"),
    ],
)
def test_activity_reads_as_a_sentence(action: str, detail: Any, words: str) -> None:
    assert history.words(action, detail, people={3: "bob"}) == words
