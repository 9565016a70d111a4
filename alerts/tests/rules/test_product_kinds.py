"""Rules over product events: conversions that fall, and variants of a flag that do worse."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from alerts.models import Alert, Rule
from alerts.rules import evaluation, rule_files, rule_setup
from alerts.rules.backtest import backtest
from alerts.rules.rule_setup import Wanted
from analytics.periods import Period
from analytics.questions.variants import exposures
from analytics.questions.watched import conversions
from analytics.questions.watched.series import History
from analytics.tests import facts
from analytics.tests.questions.product.test_web import event
from events.models import Project
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FALL = {
    "start": "/checkout", "goal": "order paid", "within": "30", "side": "fall", "percent": "30", "against": "day",
    "window": "60", "min_samples": "50",
}  # fmt: skip


def rule(project: Project, kind: str, config: dict[str, Any], **changes: Any) -> Rule:
    wanted = Wanted(**{"name": kind, "kind": kind, "config": config, **changes})
    return rule_setup.create(project, wanted, actor="test", now=NOW)


def look(at: datetime) -> dict[str, str]:
    """Every rule is judged at this moment; where each alert stands, by its labels."""
    Rule.objects.update(next_eval_at=at)
    assert evaluation.run(now=at).failed == 0, list(Rule.objects.values_list("last_error", flat=True))
    return {" ".join(alert.labels.values()): alert.state for alert in Alert.objects.all()}


def store(project: Project, *rows: dict[str, Any]) -> None:
    facts.store(project, "events", *rows)


def shoppers(first: int, count: int, paying: int, *, at: datetime, **columns: Any) -> list[dict[str, Any]]:
    """So many visitors who look at the checkout, one after the other, and the first of them pay two minutes later."""
    moments = [at + n * timedelta(seconds=20) for n in range(count)]
    looks = [event(first + n, moment, path="/checkout", **columns) for n, moment in enumerate(moments)]
    paid = enumerate(moments[:paying])
    return looks + [event(first + n, moment + 2 * MINUTE, name="order paid", path="") for n, moment in paid]


def counts(found: list[History], labels: tuple[str, ...] = ()) -> tuple[int, int]:
    (one,) = [history for history in found if history.labels == labels]
    return sum(measure.count for measure in one.all), sum(measure.count for measure in one.bad)


def test_an_attempt_takes_its_repeats_in_and_converts_within_its_time(project: Project) -> None:
    at = NOW - HOUR
    store(
        project,
        *(event(1, at + n * MINUTE, name="a") for n in (0, 5, 9)), event(1, at + 10 * MINUTE, name="b"),
        event(2, at, name="a"), event(2, at + 11 * MINUTE, name="b"),  # too late
        event(3, at, name="b"), event(3, at + MINUTE, name="a"),  # the wrong way round
        event(4, at, name="a"), event(4, at, name="b"),
        event(5, at, name="a"), event(5, at + 20 * MINUTE, name="a"), event(5, at + 21 * MINUTE, name="b"),
        event(6, at, name="a", is_bot=True), event(6, at, name="b", is_bot=True),
        event(7, at - 61 * MINUTE, name="a"), event(7, at - 58 * MINUTE, name="a"),
        event(7, at - 57 * MINUTE, name="b"),
    )  # fmt: skip
    ask: dict[str, Any] = {"within": 10 * MINUTE}
    found = conversions.conversions(project.pk, "a", "b", period=Period(NOW - 2 * HOUR, NOW), **ask)
    # Of 7 the attempt began before the period, and its repeat within it begins none.
    assert counts(found) == (6, 3)
    cut = conversions.conversions(
        project.pk, "a", "b", period=Period(NOW - 2 * HOUR, NOW), where={"country": ["DE"]}, group_by=["country"], **ask
    )
    assert cut == []


def test_a_conversion_that_falls_against_the_day_before_fires(project: Project) -> None:
    made = rule(project, "conversion", FALL)
    at = NOW - 90 * MINUTE
    store(project, *shoppers(1000, 150, 60, at=at - DAY), *shoppers(2000, 150, 20, at=at))
    assert look(NOW) == {"": "firing"}
    assert Alert.objects.get().words == "13.3 % of 150 attempts over 1 h, 40 % in the same time a day ago"
    found = backtest(made, now=NOW + MINUTE)
    assert len(found.episodes) == 1
    assert look(NOW + 3 * HOUR) == {"": "firing"}, "no attempts say nothing of a share"


@pytest.mark.parametrize(
    ("config", "paying", "state"),
    [
        ({}, 50, ""),  # less, but by chance
        ({"side": "below", "percent": "30"}, 40, "firing"),
        ({"side": "below", "percent": "20"}, 40, ""),
        ({"side": "below", "percent": "30", "min_samples": "151"}, 40, ""),
        ({"percent": "80"}, 20, ""),
    ],
)
def test_what_is_few_or_chance_is_silent(project: Project, config: dict[str, str], paying: int, state: str) -> None:
    rule(project, "conversion", {**FALL, **config})
    at = NOW - 90 * MINUTE
    store(project, *shoppers(1000, 150, 60, at=at - DAY), *shoppers(2000, 150, paying, at=at))
    assert look(NOW) == ({"": state} if state else {})


def test_attempts_without_time_to_convert_are_not_judged(project: Project) -> None:
    rule(project, "conversion", {**FALL, "side": "below", "percent": "50"})
    store(project, *shoppers(2000, 85, 0, at=NOW - 29 * MINUTE))
    assert look(NOW) == {}
    assert look(NOW + 31 * MINUTE) == {"": "firing"}


def test_groups_and_cuts_are_those_of_the_attempt(project: Project) -> None:
    config = {**FALL, "side": "below", "percent": "20"}
    rule(project, "conversion", config, group_by=["device"], where={"environment": ["production"]})
    at, live = NOW - 90 * MINUTE, {"environment": "production"}
    store(
        project, *shoppers(1000, 60, 3, at=at, device="mobile", **live),
        *shoppers(2000, 60, 30, at=at, device="desktop", **live),
        *shoppers(3000, 60, 0, at=at, device="tablet", environment="staging"),
    )  # fmt: skip
    assert look(NOW) == {"mobile": "firing"}


def met(first: int, count: int, doing: int, variant: str, *, goal: str = "order paid") -> list[dict[str, Any]]:
    """So many people who are shown this variant, of whom the first do something."""
    called = {"$feature_flag": "new-checkout", "$feature_flag_response": variant}
    at = NOW - 5 * HOUR
    shown = [event(first + n, at, name=exposures.CALLED, path="", properties=called) for n in range(count)]
    return shown + [event(first + n, at + 30 * MINUTE, name=goal, path="") for n in range(doing)]


VARIANT = {
    "flag": "new-checkout", "goal": "order paid", "side": "less", "control": "control", "percent": "10", "within": "60",
    "window": "1440", "min_samples": "100",
}  # fmt: skip


def test_a_variant_that_does_worse_fires_and_the_others_do_not(project: Project) -> None:
    made = rule(project, "variant", VARIANT)
    store(
        project, *met(0, 400, 160, "control"), *met(1000, 400, 80, "bold"), *met(2000, 400, 150, "plain"),
        *met(3000, 50, 0, "rare"), *met(4000, 400, 0, "holdout-7"),
        *met(5000, 90, 0, "bold"), *met(5000, 90, 0, "plain"),  # both were seen
    )  # fmt: skip
    assert look(NOW) == {"bold": "firing"}
    assert Alert.objects.get().words == "20 % of 400 people over 1 d, 40 % of 400 with control"
    assert len(backtest(made, now=NOW + MINUTE).episodes) == 1
    assert look(NOW + 2 * DAY) == {"bold": "firing"}, "nobody is left who says that it is well"


def test_more_errors_with_a_flag_than_without_it(project: Project) -> None:
    rule(project, "variant", {**VARIANT, "goal": "$exception", "side": "more", "control": "false"})
    store(
        project, *met(0, 500, 10, "false", goal="$exception"), *met(1000, 500, 50, "true", goal="$exception"),
    )  # fmt: skip
    assert look(NOW) == {"true": "firing"}


def test_what_chance_does_alerts_nobody(project: Project) -> None:
    rule(project, "variant", VARIANT)
    store(project, *met(0, 200, 60, "control"), *met(1000, 200, 45, "bold"))
    assert look(NOW) == {}


def test_nobody_to_compare_with_is_no_data(project: Project) -> None:
    rule(project, "variant", VARIANT, no_data="alert")
    store(project, *met(1000, 200, 45, "bold"))
    assert look(NOW) == {"bold": "firing"}
    assert Alert.objects.get().words == "nobody with control to compare"


@pytest.mark.parametrize(
    ("kind", "config", "changes", "field", "words"),
    [
        ("conversion", {**FALL, "start": ""}, {}, "start", "Say which"),
        ("conversion", {**FALL, "goal": "/checkout"}, {}, "goal", "something else"),
        ("conversion", {**FALL, "within": "1441"}, {}, "within", "At most 1440"),
        ("conversion", {**FALL, "percent": "0"}, {}, "percent", "At least"),
        ("conversion", {**FALL, "against": "year"}, {}, "against", "One of"),
        ("conversion", FALL, {"group_by": ["path"]}, "group_by", "cannot be cut by 'path'"),
        ("variant", {**VARIANT, "flag": " "}, {}, "flag", "Say which"),
        ("variant", {**VARIANT, "control": "holdout-7"}, {}, "control", "held out"),
        ("variant", {**VARIANT, "side": "worse"}, {}, "side", "One of"),
        ("variant", VARIANT, {"group_by": ["device"]}, "group_by", "group of its own"),
    ],
)
def test_what_cannot_be_judged_is_named_at_its_field(
    project: Project, kind: str, config: dict[str, Any], changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        rule(project, kind, config, **changes)
    assert words in " ".join(refused.value.message_dict[field])


def test_both_go_out_to_a_file_and_come_back(project: Project) -> None:
    rule(project, "conversion", FALL)
    rule(project, "variant", VARIANT)
    text = rule_files.export(project)
    Rule.objects.all().delete()
    rule_files.apply(project, text, prune=True, actor="t", now=NOW)
    assert rule_files.export(project) == text
