"""The bench's cases, a part of them in each run: what is found, what is kept, and that both are once and for all."""

import random

import pytest
import re2

from bench import people
from events.scrubbing import scrub_text
from events.scrubbing.rules import RULES

# What the page on scrubbing says, rounded down.
FOUND = {
    "phone, national behind a word and a blank": 0.93,
    "phone, national behind a word": 0.96,
    "phone, 00": 0.98,
    "hardware address": 0.97,
}
KEPT = [
    "UUID", "hash, 32 to 64 digits", "ULID", "version", "epoch in s, ms, ns", "ISO time", "price", "coordinate",
    "package and version", "8 to 12 digits",
]  # fmt: skip
_EVERY = 5


def _sample() -> list[tuple[str, str]]:
    return list(people.personal(random.Random(3)))[::_EVERY]


def test_each_category_is_found_as_often_as_the_page_says() -> None:
    results: dict[str, list[bool]] = {}
    for category, text in _sample():
        results.setdefault(category, []).append(people.is_gone(text, scrub_text(text)))
    share = {category: sum(each) / len(each) for category, each in results.items()}
    assert {category: found for category, found in share.items() if found < FOUND.get(category, 0.999)} == {}


def test_what_was_cleaned_stays_as_it_is() -> None:
    for _, text in _sample()[::_EVERY]:
        cleaned = scrub_text(text)
        assert scrub_text(cleaned) == cleaned


def test_every_hint_matches_wherever_its_rule_does() -> None:
    rules = [(rule, re2.compile(rule.hint.encode())) for rule in RULES if rule.name in people.RULES]
    assert len(rules) == len(people.RULES)
    for _, text in _sample():
        data = text.encode()
        for rule, hint in rules:
            assert not any(True for _ in rule.find(data)) or hint.search(data), (rule.name, text)


@pytest.mark.parametrize("kind", KEPT)
def test_figures_that_name_nobody_stay(kind: str) -> None:
    make = people.figures(random.Random(5))[kind]
    for text in [make() for _ in range(500)]:
        assert scrub_text(text) == text
