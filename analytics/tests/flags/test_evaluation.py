"""Who gets what is what PostHog's own SDK decides where it can, and what docs/flags.md says where it cannot."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from posthog import feature_flags as sdk

from analytics.flags import definitions, evaluation, operators
from analytics.flags.definitions import Book, Flag, Place
from analytics.flags.evaluation import Reason, Subject
from analytics.tests.flags.make import NOW, book, flag, group, prop, sent, variants

IDS = [f"user-{number}" for number in range(9_990)] + [
    "",
    "ünï",
    "日本",
    "a.b",
    "a b",
    "0",
    "None",
    "🦊",
    "x" * 300,
    "-1",
]
THREE = variants(control=33.33, test=33.33, other=33.34)

FLAGS = [
    flag("simple-flag", group(rollout=45)),
    flag("beta-feature", group(prop("plan", "pro"), rollout=30), group(rollout=10)),
    flag("multi", group(rollout=80), multivariate=THREE),
    flag("short", group(rollout=100), multivariate=variants(a=10, b=20)),
    flag("held", group(rollout=70), holdout={"id": 7, "exclusion_percentage": 12.5}, multivariate=THREE),
    flag("early", group(prop("plan", "pro"), rollout=20), group(rollout=90), early_exit=True),
    flag("forced", group(prop("plan", "free"), variant="test"), group(variant="gone"), multivariate=THREE),
]


def by_sdk(one: Flag, distinct_id: str, properties: dict[str, Any], **rest: Any) -> Any:
    return sdk.match_feature_flag_properties(sent(one), distinct_id, properties, bucketing_value=distinct_id, **rest)


def value(found: Book, key: str, subject: Subject, **rest: Any) -> bool | str:
    return evaluation.evaluate(found, subject, now=rest.pop("now", NOW), **rest)[key].value


def test_the_hashes_are_those_of_the_contract() -> None:
    found = definitions.place("simple-flag", "user-1")
    assert (found.rollout, found.variant) == (0.7371322536090543, 0.4211875370594937)


def test_ten_thousand_ids_get_what_the_sdk_gives_them() -> None:
    found = book(*FLAGS)
    differing = []
    for number, distinct_id in enumerate(IDS):
        properties = {"plan": "pro" if number % 2 else "free"}
        verdicts = evaluation.evaluate(found, Subject(distinct_id, properties=properties), now=NOW)
        one = FLAGS[number % len(FLAGS)]
        for checked in FLAGS if number < 1_500 or number >= 9_990 else [one]:
            theirs = by_sdk(checked, distinct_id, properties)
            if verdicts[checked.key].value != theirs:
                differing.append((checked.key, distinct_id, verdicts[checked.key].value, theirs))
    assert differing == []


VALUES: list[Any] = [
    "pro", "PRO", "", "true", "True", "false", True, False, None, 0, 1, 7, -3, 2.5, 1e21, 1e-7, "7", "7.0", " 7", "1_0",
    "nan", "inf", [], ["pro"], [True], {"a": 1}, "1.2.3", "v1.2", "1.10.0", "1.9.9-beta", "2026-01-31",
    "2026-11-20T10:00:00Z", "2026-11-22 10:00:00 +02:00", "not a date", "a@example.com", "ÄPFEL", "x\ny",
]  # fmt: skip
WANTED: dict[str, list[Any]] = {
    operator: list(asked)
    for operators_of_a_kind, asked in (
        (("exact", "is_not"), ("pro", ["pro", "7"], [], "true", True, [True, "true"], False, 7, 2.5, None, "äpfel")),
        (operators.TEXTS, ("pro", "E", "", 7, "äpfel", True)),
        (("regex", "not_regex"), ("^p.o$", "[0-9]+", "(a|b)+@", "", "\\.com$")),
        (operators.NUMBERS, (7, "7", 0, 2.5, "1e3")),
        (operators.DATES, ("2026-01-31", "-7d", "-2w", "-3m", "-1y", "5h", "2026-11-20T10:00:00Z")),
        (operators.VERSIONS, ("1.2.3", "v1.2", "1.10.0", "2")),
        (operators.RANGES, ("1.2.3", "1.2", "0.2.3", "0.0.3", "1")),
        (("semver_wildcard",), ("1.*", "1.2.*", "1", "1.2.3")),
        (("is_set", "is_not_set"), (None,)),
    )
    for operator in operators_of_a_kind
}  # fmt: skip


def test_every_operator_says_what_the_sdk_says(monkeypatch: pytest.MonkeyPatch) -> None:
    class Now(sdk.datetime.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return NOW

    monkeypatch.setattr(sdk.datetime, "datetime", Now)
    assert set(WANTED) == set(sdk.PROPERTY_OPERATORS) == set(operators.OPERATORS)
    differing, compared = [], 0
    for operator, wanted in WANTED.items():
        for asked in wanted:
            check = operators.compiled(operator, asked)
            for held in VALUES:
                try:
                    theirs = sdk.match_property({"key": "k", "operator": operator, "value": asked}, {"k": held})
                except sdk.InconclusiveMatchError:
                    continue  # it would ask the server
                compared += 1
                if check(held, NOW) != theirs:
                    differing.append((operator, asked, held, check(held, NOW), theirs))
    assert differing == []
    assert compared > 3_000


@pytest.mark.parametrize("operator", operators.OPERATORS)
def test_of_a_missing_property_only_negations_hold(operator: str) -> None:
    one = flag("f", group(prop("missing", WANTED[operator][0], operator)))
    holds = operator in {"is_not", "is_not_set", "not_icontains", "not_starts_with", "not_ends_with", "not_regex"}
    assert value(book(one), "f", Subject("u")) is holds


def test_a_filter_that_cannot_be_understood_matches_nobody_and_says_why() -> None:
    for broken in (
        prop("k", "(", "regex"), prop("k", "(", "not_regex"), prop("k", "x", "gt"), prop("k", "soon", "is_date_before"),
        prop("k", "one", "semver_eq"), prop("k", 1, "like"), prop("k", "(?=a)", "regex"),
    ):  # fmt: skip
        assert definitions.problem_of(broken)
        assert value(book(flag("f", group(broken))), "f", Subject("u", properties={"k": "a"})) is False
    assert definitions.problem_of(prop("k", "(a+)+$", "regex")) == ""


def test_a_pattern_that_would_blow_up_runs_in_linear_time() -> None:
    one = flag("f", group(prop("k", "^(a+)+$", "regex")))
    assert value(book(one), "f", Subject("u", properties={"k": "a" * 50_000 + "!"})) is False


ON = {"type": "flag", "operator": "flag_evaluates_to"}


def leaning(key: str, on: str, wanted: Any) -> Flag:
    return flag(key, group({**ON, "key": on, "value": wanted}))


def test_a_flag_leans_on_others_as_in_the_sdk() -> None:
    base, split = flag("base", group(prop("plan", "pro"))), flag("split", multivariate=variants(a=50, b=50))
    cases = {("base", True), ("base", False), ("split", True), ("split", False), ("split", "a"), ("split", "A")}
    for on, wanted in sorted(cases, key=str):
        found = book(base, split, leaning("top", on, wanted))
        document = sent(found.flags["top"])
        document["filters"]["groups"][0]["properties"][0]["dependency_chain"] = [on]
        by_key = {key: sent(one) for key, one in found.flags.items()}
        for number in range(40):
            properties = {"plan": "pro" if number % 3 else "free"}
            theirs = sdk.match_feature_flag_properties(
                document, f"u{number}", properties, bucketing_value=f"u{number}", flags_by_key=by_key,
                evaluation_cache={},
            )  # fmt: skip
            assert value(found, "top", Subject(f"u{number}", properties=properties)) == theirs, (on, wanted, number)


def test_a_circle_and_a_missing_flag_are_failures_and_end() -> None:
    found = book(
        leaning("a", "b", True), leaning("b", "a", True), leaning("c", "gone", False), leaning("d", "a", False)
    )
    verdicts = evaluation.evaluate(found, Subject("u"), now=NOW)
    assert {verdict.reason for verdict in verdicts.values()} == {Reason.MISSING_DEPENDENCY}
    assert not any(verdict.is_enabled for verdict in verdicts.values())
    by_key = {key: list(definitions.needed(one.document)) for key, one in found.flags.items()}
    assert definitions.chain("a", by_key) == []
    assert definitions.chain("c", {"c": ["d"], "d": ["e"], "e": []}) == ["e", "d", "c"]


AUDIENCES: dict[str, Any] = {
    "1": {"type": "OR", "values": [
        {"type": "AND", "values": [prop("plan", "pro"), prop("seats", 5, "gte")]},
        {"type": "AND", "values": [prop("email", "@example.com", "ends_with", negation=False)]},
    ]},
    "2": {"type": "AND", "values": [
        prop("plan", "pro", negation=True), {"type": "cohort", "value": 1, "operator": "in"},
    ]},
    "3": {},
}  # fmt: skip


def test_audiences_match_as_in_the_sdk() -> None:
    people = [
        {"plan": plan, "seats": seats, "email": email}
        for plan in ("pro", "free") for seats in (3, 5) for email in ("a@example.com", "b@example.org")
    ]  # fmt: skip
    for name in AUDIENCES:
        for operator in ("in", "not_in"):
            one = flag("f", group({"type": "cohort", "key": "id", "value": int(name), "operator": operator}))
            found = book(one, audiences=AUDIENCES)
            for properties in people:
                theirs = by_sdk(one, "u", properties, cohort_properties=AUDIENCES)
                assert value(found, "f", Subject("u", properties=properties)) == theirs
    unknown = flag("f", group({"type": "cohort", "key": "id", "value": 99, "operator": "not_in"}))
    assert value(book(unknown), "f", Subject("u")) is False


def test_groups_are_hashed_by_their_key_and_missing_ones_say_so() -> None:
    one = flag("team", group(prop("tier", "gold"), rollout=50), aggregation_group_type_index=0)
    found = book(one, group_types=("company",))
    for number in range(50):
        subject = Subject("u", groups={"company": f"c{number}"}, group_properties={"company": {"tier": "gold"}})
        assert value(found, "team", subject) == by_sdk(one, f"c{number}", {"tier": "gold"})
    verdict = evaluation.evaluate(found, Subject("u"), now=NOW)["team"]
    assert (verdict.value, verdict.reason) == (False, Reason.NO_GROUP)


def test_a_device_is_hashed_where_one_is_known() -> None:
    one = flag("dev", group(rollout=50), columns={"is_by_device": True})
    for number in range(50):
        assert value(book(one), "dev", Subject("u", f"d{number}")) == by_sdk(one, f"d{number}", {})
        assert value(book(one), "dev", Subject(f"u{number}")) == by_sdk(one, f"u{number}", {})


def test_switch_schedule_override_and_enrollment_come_before_conditions() -> None:
    later, earlier = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
    for columns, expected in (
        ({"is_active": False}, False), ({"starts_at": later}, False), ({"starts_at": NOW}, True),
        ({"ends_at": NOW}, False), ({"ends_at": later}, True), ({"starts_at": earlier, "ends_at": later}, True),
        ({"overrides": {"u_1": False}}, False), ({"overrides": {"u_2": False}}, True),
        ({"overrides": {"u_1": "b"}}, "b"), ({"overrides": {"u_1": "b"}, "is_active": False}, False),
    ):  # fmt: skip
        assert value(book(flag("f", columns=columns)), "f", Subject("u", pseudonym="u_1")) == expected, columns
    by_choice = flag("f", group(rollout=0), feature_enrollment=True)
    for said in (True, "true", False, "yes", None):
        properties = {"$feature_enrollment/f": said}
        assert value(book(by_choice), "f", Subject("u", properties=properties)) == by_sdk(by_choice, "u", properties)
    assert value(book(by_choice), "f", Subject("u")) is False


def test_a_remembered_place_decides_whoever_asks() -> None:
    one = flag("f", group(rollout=50), multivariate=variants(a=50, b=50), columns={"is_continuous": True})
    for number in range(50):
        known = Subject(f"known-{number}", places={one.id: definitions.place("f", f"anon-{number}")})
        assert value(book(one), "f", known) == value(book(one), "f", Subject(f"anon-{number}"))
    without = dataclasses.replace(one, is_continuous=False)
    kept = Subject("known", places={one.id: Place(0.0, 0.0, 1.0)})
    assert value(book(without), "f", kept) == value(book(without), "f", Subject("known"))


def test_reasons_indexes_and_payloads_are_told() -> None:
    payloads = {"true": '{"a": 1}', "b": "2"}
    one = flag("f", group(prop("plan", "pro")), group(rollout=0), payloads=payloads)
    cases: list[tuple[dict[str, Any], Reason, int | None, str | None]] = [
        ({"plan": "pro"}, Reason.MATCH, 0, '{"a": 1}'), ({}, Reason.OUT_OF_ROLLOUT, 1, None),
    ]  # fmt: skip
    for properties, reason, index, payload in cases:
        verdict = evaluation.evaluate(book(one), Subject("u", properties=properties), now=NOW)["f"]
        assert (verdict.reason, verdict.condition, verdict.payload) == (reason, index, payload)
    assert list(evaluation.evaluate(book(one, flag("g")), Subject("u"), now=NOW, keys=["g"])) == ["g"]
