"""Rules of a project, in Sentry's syntax: which events are one issue, which frames count, which lines are no rule."""

from typing import Any

import pytest

from events.issues import grouping
from events.issues.grouping import rules
from events.issues.grouping.rules import Ruleset, Unreadable


def ruled(fingerprints: str = "", stacks: str = "") -> Ruleset:
    return rules.read(fingerprints, stacks)


def frame(
    function: str = "pay", module: str = "shop.pay", path: str = "/srv/shop/pay.py", **fields: Any
) -> dict[str, Any]:
    return {
        "function": function,
        "module": module,
        "abs_path": path,
        "filename": path.lstrip("/"),
        "in_app": True,
    } | fields


def error(
    *frames: dict[str, Any], type: str = "ConnectionError", value: str = "refused", **fields: Any
) -> dict[str, Any]:
    thrown: dict[str, Any] = {"type": type, "value": value, "mechanism": {"type": "django"}}
    if frames:
        thrown["stacktrace"] = {"frames": list(frames)}
    return {
        "platform": "python",
        "exception": {"values": [thrown]},
        "level": "error",
        "tags": {"tier": "gold"},
    } | fields


EVENT = error(
    frame(), frame("send", "lib.net", "/usr/lib/net.py", in_app=False, package="/usr/lib/libnet.so.1"),
    logger="shop.worker.pay", release="shop@1.2", environment="production", transaction="GET /pay",
    sdk={"name": "sentry.python"}, logentry={"formatted": "Paying 12 failed", "message": "Paying %s failed"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("matchers", "matches"),
    [
        ("type:ConnectionError", True), ("error.type:Connection*", True), ("type:connectionerror", False),
        ("type:Connection", False), ("type:ConnectionErro?", True), ("value:REFUSED", True),
        ("error.value:re*ed", True),
        ("message:Paying*failed", True), ('message:"paying 12 failed"', True), ("message:refused", True),
        ('message:"Paying %s failed"', True), ("message:Paying", False),
        ("logger:shop.*", True), ("logger:shop", False), ("level:error", True), ("level:ERROR", True),
        ("level:fatal", False), ("release:shop@1.*", True), ("environment:prod*", True), ("sdk:sentry.python", True),
        ("tags.tier:gold", True), ("tags.tier:silver", False), ("tags.none:*", False), ("!tags.none:*", True),
        ("module:shop.*", True), ("stack.module:lib.net", True), ("function:pay", True), ("stack.function:p*", True),
        ("path:/srv/shop/*.py", True), ("path:/srv/*.py", False), ("path:**/SHOP/**", True),
        ("stack.abs_path:**.py", True),
        ("path:srv/shop/pay.py", True), ("package:**/libnet.so*", True), ("stack.package:/usr/lib/*", True),
        ("family:other", True), ("family:javascript,native", False), ("family:all", True), ("app:yes", True),
        ("function:send app:no", True), ("function:send app:yes", False), ("error.mechanism:django", True),
        ("type:ConnectionError value:refused", True), ("type:ConnectionError value:timeout", False),
        ("!type:ConnectionError", False), ("!type:ValueError level:error", True), ("transaction:GET*", True),
        ('value:"a \\"b\\""', False), ("value:(refused|x)", False), ("value:r.fused", False),
    ],
)  # fmt: skip
def test_a_rule_groups_what_it_matches(matchers: str, matches: bool) -> None:
    found = grouping.group(EVENT, ruled(f"{matchers} -> one"))
    assert (found.components == ("fingerprint one",)) is matches
    assert found.is_ruled is matches


@pytest.mark.parametrize("name", ["exception", "sentry.interfaces.Exception"])
@pytest.mark.parametrize(
    "written", [lambda thrown: thrown, lambda thrown: thrown[0], lambda thrown: {"values": thrown}]
)
def test_a_rule_finds_exceptions_in_every_form_that_grouping_reads(name: str, written: Any) -> None:
    sent = {
        **{key: value for key, value in EVENT.items() if key != "exception"},
        name: written(EVENT["exception"]["values"]),
    }
    assert grouping.group(sent, ruled("type:ConnectionError function:pay -> one")).is_ruled


@pytest.mark.parametrize(
    ("after", "components"),
    [
        ("down", ("fingerprint down",)),
        ("down, {{ transaction }}", ("fingerprint down", "fingerprint GET /pay")),
        ("{{ error.type }}-{{ tags.tier }}", ("fingerprint ConnectionError-gold",)),
        ('"a, b", {{ stack.function }}', ("fingerprint a, b", "fingerprint pay")),
        ("{{ level }} , {{ none }}", ("fingerprint error", "fingerprint <no-none>")),
    ],
)
def test_a_fingerprint_has_parts_and_variables(after: str, components: tuple[str, ...]) -> None:
    assert grouping.group(EVENT, ruled(f"type:* -> {after}")).components == components


def test_default_in_a_fingerprint_refines_our_own_grouping() -> None:
    own = grouping.group(EVENT)
    found = grouping.group(EVENT, ruled("type:* -> {{ default }}, {{ environment }}"))
    assert found.components == (f"fingerprint {own.hash.hex()}", "fingerprint production")


def test_the_first_rule_that_matches_counts_and_may_name_the_issue() -> None:
    text = '# by hand\n\ntype:Other -> a\ntype:Conn* -> b title="Down: {{ transaction }} \\"x\\""\ntype:* -> c\n'
    found = grouping.group(EVENT, ruled(text))
    assert (found.components, found.title) == (("fingerprint b",), 'Down: GET /pay "x"')


def test_a_rule_counts_before_the_senders_fingerprint_and_a_checksum_before_both() -> None:
    own = EVENT | {"fingerprint": ["mine"]}
    assert grouping.group(own, ruled("type:* -> ours")).components == ("fingerprint ours",)
    assert grouping.group(own | {"checksum": "abc"}, ruled("type:* -> ours")).components == ("checksum abc",)


def hashed(event: dict[str, Any], stacks: str) -> list[str]:
    return [line.removeprefix("frame ") for line in grouping.group(event, ruled("", stacks)).components[1:]]


STACK = error(
    frame("main", "shop.main", "/srv/shop/main.py"), frame("retry", "shop.retry", "/srv/shop/retry.py"),
    frame("send", "shop.vendor.net", "/srv/shop/vendor/net.py"), frame("crash", "lib", "/usr/lib/a.py", in_app=False),
)  # fmt: skip


@pytest.mark.parametrize(
    ("stacks", "left"),
    [
        ("", "main retry send"),
        ("path:**/vendor/** -app", "main retry"),
        ("module:lib +app", "main retry send crash"),
        ("module:* -app", "main retry send crash"),
        ("function:retry -group", "main send"),
        ("function:retry ^-group -group", "main"),
        ("function:retry v-group", "retry send"),
        ("function:main ^-group\nfunction:send +group", "main send"),
        ("function:retry v-app -app", "send"),
        ("[ function:retry ] | function:send -app", "main retry"),
        ("[ function:main ] | function:send -app", "main retry send"),
        ("function:retry | [ function:send ] -app", "main send"),
        ("function:* max-frames=2", "send"),
        ("error.type:Conn* function:retry -app", "main send"),
        ("error.type:Value* function:retry -app", "main retry send"),
        ("app:no +app", "main retry send crash"),
        ("function:send -app\napp:no -group", "main retry"),
        ("family:other function:main -app category=boot", "retry send"),
        ("!module:shop.* +app", "main retry send crash"),
    ],
)
def test_a_rule_of_stacks_says_which_frames_count(stacks: str, left: str) -> None:
    places = {"main": "shop.main in main", "retry": "shop.retry in retry", "send": "shop.vendor.net in send",
              "crash": "lib in crash"}  # fmt: skip
    assert hashed(STACK, stacks) == [places[name] for name in left.split()]


def test_a_rule_counts_also_where_no_sdk_is_believed() -> None:
    foreign = frame("run", "", "https://shop.example/node_modules/pay/run.js")
    event = error(foreign, frame("click", "", "https://shop.example/app.js"), platform="javascript")
    assert len(hashed(event, "")) == 1
    assert len(hashed(event, "path:**/node_modules/pay/** +app")) == 2


def test_too_few_frames_leave_the_message_to_tell() -> None:
    assert hashed(STACK, "function:* min-frames=5") == ["message refused"]
    assert len(hashed(STACK, "function:* min-frames=4")) == 3


def test_threads_and_bare_stacks_are_marked_too() -> None:
    stack = {"frames": [frame("a"), frame("b")]}
    for event in ({"stacktrace": stack}, {"threads": {"values": [{"crashed": True, "stacktrace": stack}]}}):
        assert grouping.group(event, ruled("", "function:b -app")).components == ("frame shop.pay in a",)


def test_an_event_is_left_as_it_was() -> None:
    before = repr(STACK)
    grouping.group(STACK, ruled("type:* -> a", "function:* -app ^-group"))
    assert repr(STACK) == before
    assert grouping.group(STACK, ruled()) == grouping.group(STACK)


@pytest.mark.parametrize(
    ("fingerprints", "stacks", "told"),
    [
        ("\n# a\ntype:A", "", "fingerprint rules, line 3: no arrow"),
        ("type:A ->", "", "line 1: nothing follows the arrow"),
        ("-> a", "", "line 1: nothing stands before the arrow"),
        ("tpye:A -> a", "", "line 1: 'tpye' is not known; known are app,"),
        ("type -> a", "", "line 1: 'type' is no matcher"),
        ("type: -> a", "", "line 1: type has no pattern"),
        ('type:"A -> a', "", "line 1: a quote does not end"),
        ("family:python -> a", "", "line 1: 'python' is no family"),
        ("app:maybe -> a", "", "line 1: app is yes or no"),
        ("type:A\0 -> a", "", "line 1: a rule holds no NUL"),
        ("x" * 2001, "", "line 1: a rule has at most 2000 characters"),
        ("type:A -> a\n" * 201, "", "line 201: there are more than 200 rules"),
        ("x" * 100_001, "", "line 1: the text has 100001 characters"),
        ("", "type:A\nfunction:b", "stack trace rules, line 1: no action"),
        ("", "+app", "line 1: no frame is named"),
        ("", "function:a +app function:b", "line 1: 'function:b' follows an action"),
        ("", "function:a +main", "line 1: '+main' is no matcher"),
        ("", "logger:a +app", "line 1: logger is not told of a frame"),
        ("", "[ function:a +app", "line 1: '+app' is no matcher"),
        ("", "[ function:a", "line 1: a bracket does not end"),
        ("", "[ ] | function:a +app", "line 1: a bracket does not end, or holds nothing"),
        ("", "[ function:a ] function:b +app", "line 1: a caller stands before"),
        ("", "function:a | function:b +app", "line 1: a callee stands in brackets"),
    ],
)
def test_a_line_that_is_no_rule_is_named_with_the_reason(fingerprints: str, stacks: str, told: str) -> None:
    with pytest.raises(Unreadable) as caught:
        rules.read(fingerprints, stacks)
    assert any(told in str(problem) for problem in caught.value.problems)


def test_all_lines_that_are_no_rules_are_named_at_once() -> None:
    with pytest.raises(Unreadable) as caught:
        rules.read("a\ntype:A -> a\nb", "c")
    assert [(problem.text, problem.line) for problem in caught.value.problems] == [
        ("fingerprint rules", 1), ("fingerprint rules", 3), ("stack trace rules", 1),
    ]  # fmt: skip


def test_hashes_of_older_rules_lead_to_the_issue_and_those_of_fingerprints_do_not() -> None:
    plain, marked = ruled(), ruled("", "function:retry -app")
    before = ruled("", "function:send -app")
    old = grouping.earlier(STACK, marked, (before,))
    assert old == (grouping.group(STACK, before).hash, grouping.group(STACK).hash)
    assert grouping.group(STACK, marked).hash in grouping.earlier(STACK, plain, (marked,))
    assert grouping.earlier(STACK, ruled("type:* -> a"), (before,)) == ()
    assert grouping.earlier(STACK, plain, (ruled("type:* -> a"),)) == ()


@pytest.mark.parametrize("event", [None, {}, {"exception": 1}, {"exception": {"values": [None, {"stacktrace": 3}]}},
                                   {"threads": [1]}, {"tags": [1]}, {"stacktrace": {"frames": [None, {}]}}, {"sdk": 1},
                                   {"logentry": []}])  # fmt: skip
def test_an_event_of_any_shape_is_grouped(event: Any) -> None:
    found = ruled("message:*a* -> a\nfunction:a -> b\n!tags.a:b -> c", "function:* -app ^-group\n!module:a +app")
    assert grouping.group(event, found).hash


def test_patterns_that_would_make_others_backtrack_for_ever_are_matched() -> None:
    hostile = "*a" * 400 + "b"
    text = "\n".join(f"value:{hostile}{n} -> a" for n in range(20))
    event = error(*[frame(f"f{n}", path="/a" * 200) for n in range(250)], value="a" * 1000)
    found = ruled(text, "\n".join(f"path:{'**/a' * 200}{n} -app" for n in range(20)))
    assert not grouping.group(event, found).is_ruled
