"""What compiled programs send: ids of builds, offsets, names that compilers made; stacks of threads."""

from typing import Any

import pytest

from events.issues import grouping
from events.tests.issues.test_grouping_versions import PAY, error

# What two builds made of one function. Sources: getsentry/sentry, src/sentry/data/samples (nintendo-switch.json,
# exception-with-address-instruction.json, xbox.json), getsentry/sentry-cocoa#177, getsentry/sentry-dart,
# dart/lib/src/sentry_stack_trace_factory.dart, clang's and MSVC's names of lambdas.
BUILDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the id of a build as module": (
        {"function": "nnMain", "module": "792DEB574467EFAF89F8386B018D1357"},
        {"function": "nnMain", "module": "0D570D257E61E339E740A6DB116D5442C1643083"},
    ),
    "a debug id as module": (
        {"function": "f", "module": "C0BCC3F1-9827-FE65-3058-404B2831D9E6-1a"},
        {"function": "f", "module": "C0BCC3F1-9827-FE65-3058-404B2831D9E7"},
    ),
    "an offset": ({"function": "-[Cart pay:] + 334"}, {"function": "-[Cart pay:] + 338"}),
    "a hexadecimal offset": ({"function": "main+0x1f"}, {"function": "main + 0x20"}),
    "an offset alone": ({"function": "170"}, {"function": "174"}),
    "IL2CPP": (
        {"function": "HUD_OnSubmit_mEA4F4E265315D5AE290EF16458F876177FC70F0F"},
        {"function": "HUD_OnSubmit_m57AEFBB14DB39EC476F740BA000E170355DE691B"},
    ),
    "clang's lambdas": ({"function": "run()::$_0::operator()()"}, {"function": "run()::$_1::operator()()"}),
    "MSVC's lambdas": (
        {"function": f"run::<lambda_{'0a' * 16}>::operator()"},
        {"function": f"run::<lambda_{'f' * 32}>::operator()"},
    ),
    "Dart's closures": ({"function": "main.<fn>.<fn>"}, {"function": "main.<anonymous closure>"}),
    "Swift's optimiser": ({"function": "specialized Label.refresh(_:)"}, {"function": "Label.refresh(_:)"}),
    "Swift's async": (
        {"function": "(1) suspend resume partial function for Cart.pay()"},
        {"function": "(3) await resume partial function for Cart.pay()"},
    ),
}


@pytest.mark.parametrize(("one", "other"), BUILDS.values(), ids=BUILDS)
def test_compiled_programs_keep_their_issues_from_build_to_build(one: dict[str, Any], other: dict[str, Any]) -> None:
    found = [error({"package": "/A.app/A", "in_app": True} | frame, platform="native") for frame in (one, other)]
    first, second = (grouping.group(event) for event in found)
    assert first.components == second.components
    assert first.culprit.endswith(one["function"])
    assert one.get("module", "no id") not in first.culprit


def test_names_of_compiled_programs_that_differ_stay_apart() -> None:
    for one, other in [("f", "g"), ("closure #1 in f", "closure #2 in f"), ("operator+", "operator-"), ("", "f"),
                       ("__32-[A b]_block_invoke", "__32-[A b]_block_invoke_2"), ("main.<fn>", "main")]:  # fmt: skip
        found = [error({"package": "A", "function": name, "in_app": True}, platform="native") for name in (one, other)]
        assert len({grouping.group(event).hash for event in found}) == 2, (one, other)


def test_the_hash_of_version_2_is_known_where_the_rules_differ() -> None:
    event = error(
        {"function": "nnMain", "module": "792DEB574467EFAF89F8386B018D1357", "package": "A", "in_app": True},
        platform="native", value="v",
    )  # fmt: skip
    assert grouping.earlier(event)[0].hex() == "7d5e5159c6a28e1b14385f6254cac29b"


@pytest.mark.parametrize(
    ("thread_id", "threads", "culprit"),
    [
        ("7", [{"id": 7, "stacktrace": {"frames": [{"function": "seven"}]}},
               {"id": 8, "crashed": True, "stacktrace": {"frames": [{"function": "eight"}]}}], "seven"),
        (7, [{"id": "7", "stacktrace": {"frames": [{"function": "seven"}]}},
             {"id": "8", "stacktrace": {"frames": [{"function": "eight"}]}}], "seven"),
        (None, [{"id": 0}, {"id": 1, "stacktrace": {"frames": [{"function": "one"}]}}], "one"),
        (None, [{"id": 0, "stacktrace": {"frames": [{"function": "zero"}]}},
                {"id": 1, "stacktrace": {"frames": [{"function": "one"}]}}], ""),
    ],
)  # fmt: skip
def test_an_exception_without_a_stack_has_that_of_its_thread(thread_id: Any, threads: list[Any], culprit: str) -> None:
    """Ids are texts in getsentry/sentry's sample nintendo-switch.json; none crashed in getsentry/sentry-cocoa#1267."""
    exception = {"type": "EXC_BAD_ACCESS", "value": "x", "thread_id": thread_id}
    event = {"platform": "cocoa", "exception": {"values": [exception]}, "threads": {"values": threads}}
    assert grouping.group(event).culprit == culprit


def test_no_culprit_begins_with_a_blank_and_a_bare_function_is_its_own_title() -> None:
    stack = {"frames": [{"function": "main", "module": " ", "in_app": True}]}
    assert grouping.group(error(stack["frames"][0])).culprit == "main"
    assert grouping.group({"platform": "cocoa", "threads": [{"id": 0, "current": True, "stacktrace": stack}]}).title
    bare = {"frames": [{"function": "main", "in_app": True}]}
    assert grouping.group({"platform": "cocoa", "threads": [{"id": 0, "stacktrace": bare}]}).title == "main"


def test_what_is_said_twice_is_the_title_once() -> None:
    """getsentry/sentry, src/sentry/data/samples/exception-with-address-instruction.json."""
    said = "The operation couldn't be completed."
    assert grouping.group(error(PAY, kind=said, value=said)).title == said
