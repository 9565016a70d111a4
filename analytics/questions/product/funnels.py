"""How many who begin something arrive, step by step, how long they take, and by what they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.questions.product import acts, funnel_people
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.funnel_attempts import TOUCHES, Definition
from analytics.questions.product.funnel_walk import NOBODY, People
from analytics.questions.product.visits import NONE
from events.models import Project
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
else:
    np = lazy("numpy")


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds; None where nobody is counted."""

    mean: float | None
    median: float | None
    p75: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Reached:
    """People who came to a step at least, and how long they took from the step it follows."""

    event: str
    is_optional: bool
    people: int
    times: Times


@dataclass(frozen=True, slots=True)
class Cut:
    """The people of one value: how many came to each step, and the median of seconds from first to last."""

    value: str
    is_other: bool
    people: tuple[int, ...]
    median: float | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """`left_out` people did what is excluded; `values` is how many different ones there are, of which `cuts` has the
    largest and "(other)"."""

    steps: tuple[Reached, ...]
    times: Times
    left_out: int
    cuts: tuple[Cut, ...]
    values: int

    @property
    def conversion(self) -> float | None:
        return self.steps[-1].people / self.steps[0].people if self.steps[0].people else None


def funnels(
    project: Project, *, definition: Definition, scope: Scope, by: str = "", touch: str = "first", most: int = 8
) -> Funnel:
    """The funnel of what happened in the scope's period: who arrives after it did not. Cut `by` a column or property of
    the first (or last, by `touch`) event of any step that has a value. Raises BadQuestion."""
    if touch not in TOUCHES:
        raise BadQuestion(f"A value is that of the {' or the '.join(TOUCHES)} event.")
    people = funnel_people.people(project, definition=definition, scope=scope, by=by, touch=touch)
    steps = tuple(
        Reached(step.event, step.is_optional, int((reached != NOBODY).sum()), _times(took))
        for step, reached, took in zip(definition.steps, people.reached, people.took, strict=True)
    )
    values = Counter(cut or NONE for cut in people.cuts)
    return Funnel(steps, _times(people.whole), people.left_out, tuple(_cuts(people, values, most)), len(values))


def _cuts(people: People, values: Counter[str], most: int) -> Iterator[Cut]:
    """The largest values, of equal ones the first by code point, and last all others together."""
    ranked = sorted(values, key=lambda value: (-values[value], value))
    lines = {value: line for line, value in enumerate(ranked[:most])}
    of_person = np.array([lines.get(cut or NONE, most) for cut in people.cuts])
    for line in range(min(most + 1, len(ranked))):
        own = of_person == line
        counts = tuple(int((reached[own] != NOBODY).sum()) for reached in people.reached)
        yield Cut(ranked[line] if line < most else acts.OTHER, line == most, counts, _times(people.whole[own]).median)


def _times(took: npt.NDArray[np.int64]) -> Times:
    seconds = took[took != NOBODY] / 1_000_000
    if not len(seconds):
        return Times(None, None, None, None)
    return Times(float(seconds.mean()), *(float(one) for one in np.quantile(seconds, (0.5, 0.75, 0.9))))
