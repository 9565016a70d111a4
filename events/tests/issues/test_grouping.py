"""Which events are one issue: tables of pairs, and hostile events."""

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.issues import grouping


def frame(place: str, function: str = "run", **more: Any) -> dict[str, Any]:
    return {"filename": place, "function": function, **more}


def error(kind: str = "ValueError", value: str = "boom", *frames: dict[str, Any], **event: Any) -> dict[str, Any]:
    """A Python error unless `platform` says otherwise."""
    stack = {"stacktrace": {"frames": list(frames)}} if frames else {}
    values = [{"type": kind, "value": value, **stack}]
    return {"platform": "python", "exception": {"values": values}, **event}


def message(template: str, **entry: Any) -> dict[str, Any]:
    return {"platform": "python", "logentry": {"message": template, **entry}}


PAY = {"module": "shop.views", "function": "pay", "in_app": True}
SHIP = {"module": "shop.views", "function": "ship", "in_app": True}
DJANGO = {"module": "django.core.handlers", "function": "inner", "in_app": False}

ONE_ISSUE: dict[str, tuple[Any, Any]] = {
    "another message with the same frames": (error("E", "id 1", PAY), error("E", "wholly different", PAY)),
    "another line number": (error("E", "x", PAY | {"lineno": 1}), error("E", "x", PAY | {"lineno": 99})),
    "other variables": (error("E", "x", PAY), error("E", "x", PAY | {"vars": {"a": 1}})),
    "another library in between": (error("E", "x", PAY, DJANGO, SHIP), error("E", "x", PAY, SHIP)),
    "a deeper recursion": (error("E", "x", PAY, SHIP, SHIP), error("E", "x", PAY, *[SHIP] * 40)),
    "a deeper mutual recursion": (error("E", "x", PAY, SHIP), error("E", "x", *[PAY, SHIP] * 20)),
    "libraries derived when in_app is absent": (
        error("E", "x", frame("/srv/a.py"), frame("/venv/lib/python3.11/site-packages/q/b.py")),
        error("E", "x", frame("/srv/a.py"), frame("/usr/lib/python3/dist-packages/z/c.py")),
    ),
    "only numbers differ": (error("E", "user 12 not found"), error("E", "user 90210334 not found")),
    "only a uuid differs": (
        error("E", "no 6f1c2f6e-1111-4222-8333-123456789abc"),
        error("E", "no 11112222-3333-4444-8555-666677778888"),
    ),
    "only a quoted value differs": (error("E", "no key 'a b'"), error("E", "no key 'zzz'")),
    "only an address differs": (error("E", "refused 10.0.0.1:80"), error("E", "refused 192.168.1.250:8080")),
    "only an IPv6 address differs": (error("E", "refused fe80::1"), error("E", "refused 2001:db8::8a2e:370:7334")),
    "only a pointer differs": (error("E", "<obj at 0x7f12ab>"), error("E", "<obj at 0x55d0c1f0>")),
    "only an e-mail differs": (error("E", "mail to ann@example.com"), error("E", "mail to bob.x@mail.example.org")),
    "only a date differs": (error("E", "at 2024-01-01T10:00:00Z"), error("E", "at 2025-12-31T23:59:59.123+02:00")),
    "only a hash differs": (error("E", "commit 3f2a91bcdd"), error("E", "commit 99ee11aa00")),
    "only a URL differs": (error("E", "GET https://a.example/x?id=1"), error("E", "GET https://b.example/y/2")),
    "only a mixed id differs": (error("E", "charge ch_3Nx9Ab2"), error("E", "charge ch_8Qz1Zz7")),
    "a template with other params": (
        message("user %s failed", params=["ann"], formatted="user ann failed"),
        message("user %s failed", params=["bob"], formatted="user bob failed"),
    ),
    "a formatted message without a template": (message("job 1 took 3.5s"), message("job 22 took 17s")),
    "a message as text or as entry": ({"message": "job 1"}, {"logentry": {"formatted": "job 2"}}),
    "a lambda class with another number": (
        error("E", "x", {"module": "a.B", "function": "lambda$run$0", "in_app": True}, platform="java"),
        error("E", "x", {"module": "a.B", "function": "lambda$run$17", "in_app": True}, platform="java"),
    ),
    "members of a group in another number": (
        {"exception": {"values": [
            {"type": "KeyError", "mechanism": {"exception_id": 1, "parent_id": 0}, "stacktrace": {"frames": [PAY]}},
            {"type": "ExceptionGroup", "value": "2 sub", "mechanism": {"exception_id": 0, "is_exception_group": True}},
        ]}},
        {"exception": {"values": [
            {"type": "KeyError", "mechanism": {"exception_id": 2, "parent_id": 0}, "stacktrace": {"frames": [PAY]}},
            {"type": "KeyError", "mechanism": {"exception_id": 1, "parent_id": 0}, "stacktrace": {"frames": [PAY]}},
            {"type": "ExceptionGroup", "value": "3 sub", "mechanism": {"exception_id": 0, "is_exception_group": True}},
        ]}},
    ),
    "causes of members in another order": (
        {"exception": {"values": [
            {"type": "A", "mechanism": {"exception_id": 4, "parent_id": 3}},
            {"type": "T", "mechanism": {"exception_id": 3, "parent_id": 0}},
            {"type": "B", "mechanism": {"exception_id": 2, "parent_id": 1}},
            {"type": "T", "mechanism": {"exception_id": 1, "parent_id": 0}},
            {"type": "G", "mechanism": {"exception_id": 0, "is_exception_group": True}},
        ]}},
        {"exception": {"values": [
            {"type": "B", "mechanism": {"exception_id": 4, "parent_id": 3}},
            {"type": "T", "mechanism": {"exception_id": 3, "parent_id": 0}},
            {"type": "A", "mechanism": {"exception_id": 2, "parent_id": 1}},
            {"type": "T", "mechanism": {"exception_id": 1, "parent_id": 0}},
            {"type": "G", "mechanism": {"exception_id": 0, "is_exception_group": True}},
        ]}},
    ),
    "a fingerprint of another spelling": (
        error("E", "x", PAY, fingerprint=["db", "{{default}}"]),
        error("E", "y", PAY, fingerprint=["db", "{{ default }}"]),
    ),
    "the default fingerprint": (error("E", "x", PAY), error("E", "x", PAY, fingerprint=["{{ default }}"])),
    "an own fingerprint over different errors": (
        error("E", "x", PAY, fingerprint=["mine", 7]),
        error("Other", "y", SHIP, fingerprint=["mine", "7"]),
    ),
    "a CSP report of another page": (
        {"csp": {"effective_directive": "img-src", "blocked_uri": "https://evil.example/a.png"}},
        {"csp": {"violated_directive": "img-src 'self'", "blocked_uri": "https://evil.example/b.png?x"}},
    ),
    "a CSP report in the newer form": (
        {"csp-report": {"effective-directive": "script-src-elem", "blocked-uri": "inline"}},
        {"type": "csp-violation", "body": {"effectiveDirective": "script-src-elem", "blockedURL": "inline"}},
    ),
    "a CSP report of the own host": (
        {"csp": {"effective_directive": "img-src", "blocked_uri": "https://a.example/x", "document_uri": "https://a.example/"}},
        {"csp": {"effective_directive": "img-src", "blocked_uri": "self", "document_uri": "https://a.example/y"}},
    ),
}  # fmt: skip

TWO_ISSUES: dict[str, tuple[Any, Any]] = {
    "another type": (error("E", "x", PAY), error("F", "x", PAY)),
    "another in-app frame": (error("E", "x", PAY), error("E", "x", PAY, SHIP)),
    "another order of frames": (error("E", "x", PAY, SHIP), error("E", "x", SHIP, PAY)),
    "another module": (error("E", "x", PAY), error("E", "x", PAY | {"module": "shop.admin"})),
    "another library frame when nothing is in-app": (
        error("E", "x", DJANGO),
        error("E", "x", DJANGO | {"function": "outer"}),
    ),
    "another message without frames": (error("E", "disk full"), error("E", "no such host")),
    "another template": (message("a %s", params=["x"]), message("b %s", params=["x"])),
    "another cause": (
        {"exception": {"values": [{"type": "KeyError"}, {"type": "E", "stacktrace": {"frames": [PAY]}}]}},
        {"exception": {"values": [{"type": "OSError"}, {"type": "E", "stacktrace": {"frames": [PAY]}}]}},
    ),
    "another value in a fingerprint variable": (
        error("E", "x", PAY, fingerprint=["{{ transaction }}"], transaction="/a"),
        error("E", "x", PAY, fingerprint=["{{ transaction }}"], transaction="/b"),
    ),
    "a fingerprint that refines the default": (
        error("E", "x", PAY, fingerprint=["{{ default }}", "db"]),
        error("E", "x", SHIP, fingerprint=["{{ default }}", "db"]),
    ),
    "another blocked host": (
        {"csp": {"effective_directive": "img-src", "blocked_uri": "https://a.example/"}},
        {"csp": {"effective_directive": "img-src", "blocked_uri": "https://b.example/"}},
    ),
    "another directive": (
        {"csp": {"effective_directive": "img-src", "blocked_uri": "https://a.example/"}},
        {"csp": {"effective_directive": "font-src", "blocked_uri": "https://a.example/"}},
    ),
}


@pytest.mark.parametrize(("first", "second"), ONE_ISSUE.values(), ids=ONE_ISSUE)
def test_it_makes_one_issue_of(first: Any, second: Any) -> None:
    assert grouping.group(first).components == grouping.group(second).components
    assert grouping.group(first).hash == grouping.group(second).hash


@pytest.mark.parametrize(("first", "second"), TWO_ISSUES.values(), ids=TWO_ISSUES)
def test_it_makes_two_issues_of(first: Any, second: Any) -> None:
    assert grouping.group(first).hash != grouping.group(second).hash


VARIABLES = [
    ("{{ message }}", "boom"), ("{{ error.value }}", "boom"), ("{{ type }}", "E"), ("{{ error.type }}", "E"),
    ("{{ transaction }}", "/pay"), ("{{ level }}", "warning"), ("{{ logger }}", "shop"), ("{{ function }}", "pay"),
    ("{{ stack.function }}", "pay"), ("{{ stack.module }}", "shop.views"), ("{{ tags.region }}", "eu"),
    ("{{environment}}", "prod"), ("pre-{{ type }}-post", "pre-E-post"), ("{{ tags.none }}", "<no-tags.none>"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "expanded"), VARIABLES)
def test_it_fills_fingerprint_variables(written: str, expanded: str) -> None:
    event = error(
        "E", "boom", PAY, transaction="/pay", level="warn", logger="shop", environment="prod", tags=[["region", "eu"]],
        fingerprint=["own", written],
    )  # fmt: skip
    event["level"] = "warning"
    assert grouping.group(event).components == ("fingerprint own", f"fingerprint {expanded}")


NAMES = [
    (error("E", "boom\nmore", PAY), "E: boom", "shop.views in pay", "shop.views"),
    (error("E", "", PAY, transaction="/pay"), "E", "/pay", "shop.views"),
    (error("E", "x" * 500), f"E: {'x' * 196}…", "", ""),
    (message("a %s", params=["b"], formatted="a b"), "a b", "", ""),
    (error("E", "x", frame("a.py"), DJANGO), "E: x", "a.py in run", "a.py"),
    ({}, "<unlabeled event>", "", ""),
    ({"csp": {"effective_directive": "img-src", "blocked_uri": "data"}}, "Blocked 'img-src' from 'data'", "", ""),
    ({"csp": {"effective_directive": "script-src"}}, "Blocked inline 'script-src'", "", ""),
    ({"exception": {"values": [{"type": "Cause"}, {"type": "Outer", "value": "last"}]}}, "Outer: last", "", ""),
]


@pytest.mark.parametrize(("event", "title", "culprit", "location"), NAMES)
def test_it_names_the_issue(event: Any, title: str, culprit: str, location: str) -> None:
    found = grouping.group(event)
    assert (found.title, found.culprit, found.location) == (title, culprit, location)


@pytest.mark.parametrize(
    ("sent", "level"),
    [
        ("critical", "fatal"),
        ("WARN", "warning"),
        ("log", "info"),
        ("nonsense", "error"),
        (None, "error"),
        ([], "error"),
    ],
)
def test_it_knows_the_level(sent: Any, level: str) -> None:
    assert grouping.group({"level": sent}).level == level


def test_it_says_what_was_hashed() -> None:
    found = grouping.group(error("E", "x", DJANGO, PAY, SHIP))
    assert found.components == ("exception E", "frame shop.views in pay", "frame shop.views in ship")
    assert (found.version, len(found.hash)) == (grouping.VERSION, 16)


def test_a_version_never_changes_its_meaning() -> None:
    """Stored hashes of version 1; a change here is a new version."""
    assert grouping.group(error("E", "x", PAY)).hash.hex() == "7c5c009236114cbde4c8732c7bae1c20"
    assert grouping.group(message("user %s", params=["a"])).hash.hex() == "0e9b392cd02fc0067896a20024f4d5eb"


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
NESTED = [
    "exception", "logentry", "message", "fingerprint", "level", "transaction", "platform", "threads", "stacktrace",
    "csp", "type", "body", "tags", "request",
]  # fmt: skip
frames = st.lists(
    st.dictionaries(st.sampled_from(["filename", "module", "function", "in_app", "abs_path"]), json), max_size=3
)
values = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "type": json, "value": json, "mechanism": json | st.dictionaries(st.sampled_from(["parent_id"]), json),
            "stacktrace": json | st.fixed_dictionaries({"frames": json | frames}),
        },
    ),
    max_size=3,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(NESTED), json)
    | st.fixed_dictionaries({"exception": values | st.fixed_dictionaries({"values": values}), "platform": json})
    | json
)
def test_it_never_raises(event: Any) -> None:
    found = grouping.group(event)
    assert len(found.hash) == 16
    assert len(found.title) <= grouping.TITLE_LENGTH
    assert found == grouping.group(event)


HOSTILE_TEXTS = [
    "a.a.a." * 100_000,
    "/<" * 200_000,
    "'" * 400_000,
    "{{ " * 100_000,
    "(" * 300_000,
    "\ud800" * 9,
    "1" * 9**6,
]


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS, ids=range(len(HOSTILE_TEXTS)))
def test_hostile_text_costs_no_time(hostile: str) -> None:
    stack = [
        {"filename": hostile + str(n), "function": hostile, "module": hostile, "abs_path": hostile} for n in range(99)
    ]
    events = [
        {"platform": "javascript", "exception": {"values": [{"type": hostile, "value": hostile}]}, "message": hostile},
        {"platform": "javascript", "exception": [{"type": "E", "stacktrace": {"frames": stack}}]},
        {"fingerprint": [hostile] * 99, "logentry": {"message": hostile, "formatted": hostile}},
        {"csp": {"effective_directive": hostile, "blocked_uri": f"https://[{hostile}"}},
    ]
    begun = time.process_time()
    for event in events:
        grouping.group(event)
    assert time.process_time() - begun < 1
