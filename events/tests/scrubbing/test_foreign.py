"""The corpus by other hands, its two thirds that rules may be written by and the third that is kept aside.

A failure tells categories and counts only: a string of the part kept aside must not be seen by whoever writes rules.
"""

import pytest

from events.tests.scrubbing import foreign

# Numbers of cards without a known issuer's length pass on purpose: they are numbers of anything.
FLOORS = {"cards (Faker)": 0.7}


@pytest.mark.parametrize("aside", [False, True], ids=["in sight", "kept aside"])
def test_the_corpus_by_other_hands_is_scrubbed_and_what_is_benign_in_it_stays(aside):
    scores = foreign.scores(aside=aside)
    short = {
        score.category: f"{score.right} of {score.total}"
        for score in scores
        if score.share < FLOORS.get(score.category, 0.98 if score.benign else 0.9)
    }
    assert not short
    secrets = [score for score in scores if not score.benign and score.category not in FLOORS]
    assert sum(score.right for score in secrets) >= 0.97 * sum(score.total for score in secrets)
    assert len(scores) >= 12


def test_a_third_of_the_corpus_is_kept_aside():
    cases = foreign.cases()
    assert len(cases) >= 5000
    assert len({case.name for case in cases}) == len(cases)
    assert 0.3 < sum(case.aside for case in cases) / len(cases) < 0.37
