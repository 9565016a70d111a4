"""Whatever is told of groups and of all people together, no group of fewer than `least` can be known."""

import ast
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.privacy import readers, small_groups
from analytics.privacy.small_groups import possible, rough, told
from events.models import Project
from events.models.project import validate_small_groups
from formaos_obs.environment import BASE_DIR

LEAST = st.integers(3, 25)
# Both ends of steps, where rounding gives most away, and anything else.
PEOPLE = st.one_of(
    st.integers(0, 400), st.builds(lambda n, off: max(0, 10 * n + off), st.integers(0, 30), st.integers(-1, 1))
)


def test_what_is_told_by_hand() -> None:
    assert [told(n, 10) for n in (0, 3, 9, 10, 19, 20, 21, 30, 31, 1000, 1001)] == [
        0, 0, 0, 10, 10, 10, 20, 20, 30, 990, 1000,
    ]  # fmt: skip
    assert told(7, 0) == 7
    assert [rough(n) for n in (None, 0.0, 1234.5, 0.01234, -98.7, 9.96)] == [None, 0.0, 1200.0, 0.012, -99.0, 10.0]


@given(LEAST, st.integers(0, 600))
def test_what_a_number_may_be_is_what_reads_the_same(least: int, shown: int) -> None:
    assert set(possible(told(shown, least), least)) == {n for n in range(700) if told(n, least) == told(shown, least)}


def _fitting(rows: list[int], total: int, others: range, least: int) -> list[int]:
    """The sizes of a group beside these rows that fit what is told of them and of all, where others are as many."""
    spans = [possible(told(row, least), least) for row in rows]
    all_of_them = possible(told(total, least), least)
    lowest, highest = sum(span[0] for span in spans) + others[0], sum(span[-1] for span in spans) + others[-1]
    return [size for size in range(least) if all_of_them[0] <= highest + size and lowest + size <= all_of_them[-1]]


@settings(max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_small_group_is_what_the_rows_leave_of_the_total(data: st.DataObject) -> None:
    least = data.draw(LEAST)
    rows = [row for row in data.draw(st.lists(PEOPLE, max_size=40)) if row >= least]
    small = data.draw(st.integers(1, least - 1))
    fitting = _fitting(rows, sum(rows) + small, range(1), least)
    assert small in fitting
    assert len(fitting) > 1


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_neither_is_one_of_several_when_another_question_leaves_only_them(data: st.DataObject) -> None:
    least = data.draw(st.integers(4, 25))
    rows = [row for row in data.draw(st.lists(PEOPLE, max_size=20)) if row >= least]
    small = data.draw(st.lists(st.integers(1, least - 1), min_size=2, max_size=min(6, least - 2)))
    others = range((least - 1) * (len(small) - 1) + 1)
    fitting = _fitting(rows, sum(rows) + sum(small), others, least)
    assert len(fitting) > 1


def test_one_group_less_than_a_step_may_all_be_known() -> None:
    """Two groups of two where a step is three, and a row at the end of its own: the guide says so."""
    assert _fitting([33], 33 + 2 + 2, range(3), 3) == [2]


@given(LEAST, st.integers(0, 400), st.data())
def test_two_answers_about_a_group_and_more_tell_no_number(least: int, more: int, data: st.DataObject) -> None:
    """Such as a filter less, or a moment later."""
    small = data.draw(st.integers(1, least - 1))
    before, after = possible(told(more, least), least), possible(told(more + small, least), least)
    fitting = {b - a for a in before for b in after if 0 <= b - a < least}
    assert small in fitting
    assert len(fitting) > 1


def test_steps_that_end_below_a_multiple_would_give_one_away() -> None:
    """Why 20 people read 10: rounded down, nine rows of 19 people and a group of nine would leave nine for certain."""
    rows_end, total_begins = 9 * 19, 180
    assert total_begins - rows_end == 9
    assert len(_fitting([19] * 9, 180, range(1), 10)) > 1


@pytest.mark.parametrize(
    ("least", "is_right"), [(0, True), (1, False), (2, False), (3, True), (1000, True), (1001, False)]
)
def test_how_small_a_group_may_be_called(least: int, is_right: bool) -> None:
    if is_right:
        validate_small_groups(least)
    else:
        with pytest.raises(ValidationError):
            validate_small_groups(least)


def test_every_question_about_people_has_its_fold() -> None:
    """Those of experiments and flags compare variants, which needs each number; they take no project to read."""
    found = set()
    for path in (BASE_DIR / "analytics/questions/product").glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(one.annotation, ast.Name) and one.annotation.id == Project.__name__ for one in node.args.args
            ):
                found.add(node.name)
    public = {name for name in found if not name.startswith("_")}
    asked = {question.__name__ for question in (*readers._FOLDS, *readers._WORKED_OUT)}
    # What actions are called is no number, and people are what funnels are counted of.
    assert public - {"names", "people"} == asked


def test_nobody_above_asks_past_the_reader() -> None:
    names = {question.__name__ for question in (*readers._FOLDS, *readers._WORKED_OUT)}
    for path in sorted((BASE_DIR / "dashboard").rglob("*.py")):
        if "tests" not in path.parts:
            assert not list(_asked(path, names)), path


def _asked(path: Path, names: set[str]) -> list[str]:
    """The calls of questions about people in a module, by the module or the name it imports them from."""
    tree = ast.parse(path.read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    own = {
        alias.asname or alias.name
        for node in imports
        if (node.module or "").startswith("analytics.questions.product")
        for alias in node.names
    }
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    direct = [func.id for func in calls if isinstance(func, ast.Name) and func.id in own & names]
    through = [
        func.attr
        for func in calls
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id in own
    ]
    return direct + [name for name in through if name in names]


def test_words_say_what_a_number_means() -> None:
    assert "groups of fewer than 10 people" in small_groups.in_words(10)
    assert "20 is more than 20, up to 30" in small_groups.in_words(10)
