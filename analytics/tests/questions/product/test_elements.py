"""Selectors of what was clicked: each against chains as posthog-js writes them, and what is no selector."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from analytics.questions.product import elements
from analytics.questions.product.elements import BadSelector

# A label inside a button inside a card, as the browser's `getElementsChainString` puts it.
CHAIN = (
    r'span:attr__title="say \"buy\"; now"nth-child="1"nth-of-type="1"text="Buy now";'
    r'button.big.md:flex.primary:attr__class="primary big md:flex"attr__data-plan="team"attr__id="buy"attr_id="buy"'
    r'nth-child="2"nth-of-type="1";'
    r'form:attr__action="/pay"nth-child="1"nth-of-type="1";'
    r'div.card:attr__class="card"nth-child="3"nth-of-type="2";'
    r'a.out:attr__href="/pricing"href="/pricing"nth-child="1"nth-of-type="1";'
    r'body:nth-child="2"nth-of-type="1"'
)


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def holds(database: Any, selector: str, chain: str | None = CHAIN) -> bool:
    bound: dict[str, Any] = {}
    sql = elements.holds("s", selector, bound)
    source = "SELECT CASE WHEN $chain IS NULL THEN map() ELSE map(['$elements_chain'], [$chain]) END AS properties"
    answer = database.execute(f"SELECT {sql} FROM ({source}) e", {**bound, "chain": chain}).fetchone()
    return bool(answer[0])


@pytest.mark.parametrize(
    "selector",
    ["span", "button", "BUTTON", "*", ".primary", "button.primary.big", ".big.primary", r".md\:flex", "#buy",
     "button#buy.primary", "[data-plan]", '[data-plan="team"]', "[data-plan='team']", "[data-plan=team]",
     'a[href="/pricing"]', "button:nth-child(2)", "button:nth-of-type(1)", ".card:nth-child(3):nth-of-type(2)",
     "button > span", "form button", "form > button.primary > span", "div.card span", "body div.card > form > button",
     "  form   >   button  ", "a *", "[title='say \"buy\"; now']",
     ],
)  # fmt: skip
def test_it_holds(database: Any, selector: str) -> None:
    assert holds(database, selector)


@pytest.mark.parametrize(
    "selector",
    ["but", "buttons", "input", ".prim", ".primary-big", ".md", "#bu", "#card", "[data-plan=tea]", "[data]",
     "[class=card].primary",
     "button:nth-child(1)", "button:nth-child(22)", "span > button", "button form", "div.card > button", "form > span",
     ".card.primary", "now", "[title=buy]", "body > body"],
)  # fmt: skip
def test_it_does_not_hold(database: Any, selector: str) -> None:
    assert not holds(database, selector)


@pytest.mark.parametrize(
    "chain",
    [
        'b:text="x";p.card:nth-child="1";body:nth-child="2"',
        'b:text="a;b";p.card:nth-child="1";body:nth-child="2"',
        'b:text=";x";p.card:nth-child="1";body:nth-child="2"',
        'b:text="";p.card:nth-child="1";body:nth-child="2"',
        r'b:text="say \";x";p.card:nth-child="1";body:nth-child="2"',
        "b:;p.card:;body:",
    ],
)
def test_a_semicolon_in_a_value_ends_no_element(database: Any, chain: str) -> None:
    assert holds(database, "body > p.card > b", chain)
    assert not holds(database, "x", chain)
    assert not holds(database, "body > b", chain)


def test_nothing_was_clicked(database: Any) -> None:
    assert not holds(database, "*", None)
    assert not holds(database, "*", "")


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        ("", "one to 4 elements"), ("a b c d e", "one to 4 elements"), ("a >", "does not end"), ("> a", "not read"),
        ("a + b", "not read"), ("a:hover", "not read"), ("[x", "not read"), ("a,b", "not read"),
        ("a" * 301, "at most 300"),
        ("a::before", "not read"), (".", "not read"), ("[x^=y]", "not read"),
    ],
)  # fmt: skip
def test_what_is_no_selector_is_said(selector: str, said: str) -> None:
    with pytest.raises(BadSelector, match=said):
        elements.parse(selector)


@pytest.mark.parametrize(("text", "expected"), [("Buy now", True), ("Buy", False), ("now", False), ("team", False)])
def test_a_text_is_that_of_an_element(database: Any, text: str, expected: bool) -> None:
    found = database.execute("SELECT regexp_matches($chain, $with)", {"chain": CHAIN, "with": elements.with_text(text)})
    assert found.fetchone()[0] is expected
