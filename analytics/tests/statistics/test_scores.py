"""The score is Lighthouse's curve and a visible mean."""

import pytest

from analytics.statistics import scores


@pytest.mark.parametrize(
    ("value", "score"),
    [(1000, 0.9999), (2000, 0.9706), (3000, 0.7836), (4000, 0.5), (6000, 0.1345), (8000, 0.0294), (0, 1)],
)
def test_the_curve_of_lcp_is_lighthouses(value: float, score: float) -> None:
    assert scores.curve(value, 2500, 4000) == pytest.approx(score, abs=5e-5)


def test_the_control_points_score_what_they_stand_for() -> None:
    for low, middle in (*scores.CURVES.values(), *scores.CURVES_DESKTOP.values()):
        assert scores.curve(low, low, middle) == pytest.approx(0.9, abs=1e-3)
        assert scores.curve(middle, low, middle) == pytest.approx(0.5)


def test_the_parts_make_the_score_and_missing_metrics_leave_their_weight_to_the_rest() -> None:
    weights = scores.weights("LCP=30,INP=30,CLS=25,FCP=15")
    found = scores.score({"LCP": 4000.0, "CLS": 0.0}, weights=weights)
    assert found is not None
    assert {part.metric: round(part.weight, 3) for part in found.parts} == {"CLS": 0.455, "LCP": 0.545}
    assert found.points == round(100 * (0.5 * 30 / 55 + 25 / 55)) == 73
    assert scores.score({}, weights=weights) is None


def test_desktops_are_judged_by_their_own_curve() -> None:
    weights = {"LCP": 1.0}
    mobile, desktop = (scores.score({"LCP": 2400.0}, weights=weights, device=d) for d in ("mobile", "desktop"))
    assert mobile
    assert desktop
    assert (mobile.points, desktop.points) == (92, 50)


@pytest.mark.parametrize("text", ["", "LCP", "LCP=x", "XYZ=3", "LCP=-1", "LCP=nan"])
def test_wrong_weights_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        scores.weights(text)
