"""Which word of a search is being written; | is the cursor."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.issues import search
from events.issues.search.completing import Word, word_at, written, written_key


@pytest.mark.parametrize(
    ("query", "replaced", "prefix", "key"),
    [
        ("|", "", "", ""),
        ("le|", "le", "le", ""),
        ("is:unresolved le|", "le", "le", ""),
        ("le|vel", "level", "le", ""),
        ("level:|", "", "", "level"),
        ("level:er|", "er", "er", "level"),
        ("level:er| is:new", "er", "er", "level"),
        ("!level:er|", "er", "er", "level"),
        ("!le|", "le", "le", ""),
        ("level:[error, fa|]", "fa", "fa", "level"),
        ("level:[er|", "er", "er", "level"),
        ("FIRST_SEEN:-|", "-", "-", "firstSeen"),
        ('release:"shop @|', '"shop @', "shop @", "release"),
        ('release:"shop @|1"', '"shop @1"', "shop @", "release"),
        ("browser.name:Fi|", "Fi", "Fi", "browser.name"),
        ("a b|", "b", "b", ""),
        ("is:new |", "", "", ""),
    ],
)
def test_the_word_at_the_cursor(query: str, replaced: str, prefix: str, key: str) -> None:
    at = query.index("|")
    text = query.replace("|", "")
    found = word_at(text, at)
    assert (text[found.start : found.end], found.prefix, found.key) == (replaced, prefix, key)


def test_names_in_quotes_and_brackets_are_tags() -> None:
    assert word_at('"order id":7', 12) == Word(11, 12, "7", "order id", is_tag=True)
    assert word_at("tags[level]:lo", 14) == Word(12, 14, "lo", "level", is_tag=True)


@given(st.text(alphabet='ab:"[],! \\*', max_size=30), st.integers(-3, 40))
def test_any_query_has_a_word_at_any_place(query: str, at: int) -> None:
    found = word_at(query, at)
    assert 0 <= found.start <= found.end <= len(query)


@given(st.text(min_size=1, max_size=30).filter(lambda text: "\x00" not in text))
def test_what_is_put_in_finds_what_was_meant(value: str) -> None:
    [term] = search.parse(f"release:{written(value)}", now=datetime(2026, 11, 23, tzinfo=UTC)).terms
    assert isinstance(term, search.Match)
    assert [one.text for one in term.values] == [value]


@pytest.mark.parametrize("name", ["browser.name", "order id", "k8s.io/app", 'a"b'])
def test_a_key_that_is_put_in_names_its_tag(name: str) -> None:
    [term] = search.parse(f"{written_key(name)}x", now=datetime(2026, 11, 23, tzinfo=UTC)).terms
    assert isinstance(term, search.Match)
    assert (term.field, term.is_tag) == (name, True)
