"""The count of fuzzed requests, which a long run is judged by."""

from collections import Counter

from dashboard.tests import answers


def test_it_says_how_many_were_asked_and_how_many_of_them_failed() -> None:
    told = answers.said(Counter({404: 2, 200: 20_000, 503: 1}))
    assert told == "fuzzed: 20,003 requests, 1 answers of 5xx; by status {200: 20000, 404: 2, 503: 1}"
