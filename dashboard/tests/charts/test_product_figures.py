"""What stands on the bars of a funnel."""

from analytics.questions.product.funnels import Cut, Funnel, Reached, Times
from dashboard.charts import product_figures

NONE = Times(None, None, None, None)


def funnel(*people: int, cuts: tuple[Cut, ...] = ()) -> Funnel:
    steps = tuple(Reached(f"step {n}", False, count, NONE) for n, count in enumerate(people))
    return Funnel(steps, NONE, 0, cuts, len(cuts))


def test_each_bar_says_the_share_of_the_first_and_who_went_since_the_one_before() -> None:
    [bars] = product_figures.steps(funnel(2000, 1500, 1500, 30)).data
    assert bars["text"] == ["100 %", "75 %<br>−500", "75 %", "2 %<br>−1,470"]


def test_bars_that_stand_side_by_side_say_the_share_of_their_own_first() -> None:
    cuts = (Cut("AT", False, (100, 50), None), Cut("DE", False, (0, 0), None))
    found = product_figures.steps(funnel(100, 50, cuts=cuts))
    assert [bars["text"] for bars in found.data] == [["100 %", "50 %"], ["", ""]]
