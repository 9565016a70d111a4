"""Each cell of a table has the name of its column, which phones show."""

import pytest
from django.test import Client

from dashboard.reading.labels import labelled
from events.models import Project
from events.tests import make

HEAD = '<table><thead><tr><th>Name</th><th class="num">Seen <b>twice</b> ↓</th></tr></thead>'


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ("<tr><td>a</td><td class=\"num\">1</td></tr>",
         '<tr><td data-label="Name">a</td><td data-label="Seen twice" class="num">1</td></tr>'),
        ('<tr><th scope="row">a</th><td>1</td></tr>',
         '<tr><th scope="row">a</th><td data-label="Seen twice">1</td></tr>'),
        ("<tr><td>a</td><td> </td></tr>", '<tr><td data-label="Name">a</td><td> </td></tr>'),
        ('<tr><td colspan="2">none</td></tr>', '<tr><td colspan="2">none</td></tr>'),
        ("<tr><td>a</td><td>1</td><td>more</td></tr>",
         '<tr><td data-label="Name">a</td><td data-label="Seen twice">1</td><td>more</td></tr>'),
        ("<tr><td>a</td></tr></tbody><tbody><tr><td>b</td></tr>",
         '<tr><td data-label="Name">a</td></tr></tbody><tbody><tr><td data-label="Name">b</td></tr>'),
    ],
)  # fmt: skip
def test_a_cell_has_the_name_of_its_column(rows: str, shown: str) -> None:
    assert labelled(f"{HEAD}<tbody>{rows}</tbody></table>") == f"{HEAD}<tbody>{shown}</tbody></table>"


@pytest.mark.parametrize(
    ("heading", "label"),
    [
        ("<th>a &lt;b&gt; &quot;c&quot;</th>", 'data-label="a &lt;b&gt; &quot;c&quot;"'),
        ('<th colspan="2">both</th>', 'data-label="both"'),
    ],
)
def test_the_name_is_escaped_and_that_of_all_columns_below_it(heading: str, label: str) -> None:
    page = f"<table><thead><tr>{heading}</tr></thead><tbody><tr><td>1</td></tr></tbody></table>"
    assert f"<td {label}>1</td>" in labelled(page)


@pytest.mark.parametrize("page", [
    "<p>no table</p>",
    "<table><tr><td>no head</td></tr></table>",
    '<table><thead><tr><th><span class="visually-hidden">Choose</span></th></tr></thead><tr><td>□</td></tr></table>',
    "<table><thead><tr><th>a</th></tr></thead><tr><td><table><tr><td>in a cell</td></tr></table></td></tr></table>",
])  # fmt: skip
def test_what_has_no_named_column_stays(page: str) -> None:
    assert labelled(page) == page


def test_pages_are_labelled_and_files_are_not(as_alice: Client, project: Project) -> None:
    make.issue(project, last_seen_at=make.NOW)
    period = "from=2026-11-20&to=2026-11-30"
    assert 'data-label="Last seen"' in as_alice.get(f"/p/web/issues/?query=&{period}").content.decode()
    assert b"data-label" not in b"".join(as_alice.get(f"/p/web/exports/issues.csv?{period}"))  # type: ignore[arg-type]
