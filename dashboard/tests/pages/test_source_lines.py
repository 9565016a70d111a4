"""Source lines: their colours, and where they are in the repository."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.pages.issues import highlighting, source_links
from dashboard.tests import hostile

GITHUB = "https://github.com/acme/shop/blob/{ref}/{path}#L{line}"


@pytest.mark.parametrize(
    ("file", "platform", "language"),
    [
        ("shop/views.py", "python", "python"), ("src/App.tsx?v=3", "javascript", "typescript"),
        ("Basket.java", "java", "java"), ("app", "ruby", "ruby"), ("x.unknown", "go", "go"), ("", "", ""),
        ("evil.../../etc/passwd", "nothing", ""), ("a.PY", "", "python"),
    ],
)  # fmt: skip
def test_the_language_of_a_file(file: str, platform: str, language: str) -> None:
    assert highlighting.language(file, platform=platform) == language


@pytest.mark.parametrize(
    ("language", "code", "coloured"),
    [
        ("python", ("def pay(order):", "    return 'ok'  # done"),
         [("k", "def"), ("f", "pay"), ("k", "return"), ("s", "'"), ("s", "ok"), ("s", "'"), ("c", "# done")]),
        ("php", ("return $a . 'b';",), [("k", "return"), ("s", "'b'")]),
        # A string that goes over lines keeps its colour on each of them.
        ("python", ('"""one', 'two"""'), [("s", '"""one'), ("s", 'two"""')]),
        ("", ("def pay",), []),
        ("no-such-language", ("def pay",), []),
    ],
)  # fmt: skip
def test_parts_have_the_colours_of_their_kind(
    language: str, code: tuple[str, ...], coloured: list[tuple[str, str]]
) -> None:
    found = highlighting.lines(code, language)
    assert [(part.kind, part.text) for line in found for part in line if part.kind] == coloured


@given(st.lists(st.text(max_size=60) | st.sampled_from(hostile.XSS), max_size=8), st.sampled_from(
    ["python", "javascript", "typescript", "php", "ruby", "java", "csharp", "go", "sql", "c", "swift", ""]
))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_the_parts_of_a_line_are_the_line(code: list[str], language: str) -> None:
    found = highlighting.lines(tuple(code), language)
    assert ["".join(part.text for part in line) for line in found] == code


def test_what_is_long_is_left_as_it_is() -> None:
    long = ("x = '" + "a" * highlighting.LONGEST_LINE,)
    assert [part.kind for part in highlighting.lines(long, "python")[0]] == [""]
    many = ("x = 1",) * (highlighting.LONGEST // 5)
    assert {part.kind for line in highlighting.lines(many, "python") for part in line} == {""}


@pytest.mark.parametrize(
    ("address", "pattern"),
    [
        ("", ""),
        (" https://github.com/acme/shop ", GITHUB),
        ("https://github.com/acme/shop.git", GITHUB),
        ("https://gitlab.com/group/sub/shop/", "https://gitlab.com/group/sub/shop/-/blob/{ref}/{path}#L{line}"),
        ("https://gitlab.acme.example/shop", "https://gitlab.acme.example/shop/-/blob/{ref}/{path}#L{line}"),
        ("https://bitbucket.org/acme/shop", "https://bitbucket.org/acme/shop/src/{ref}/{path}#lines-{line}"),
        ("https://codeberg.org/acme/shop", "https://codeberg.org/acme/shop/src/commit/{ref}/{path}#L{line}"),
        ("https://git.example/view?f={path}&l={line}", "https://git.example/view?f={path}&l={line}"),
    ],
)
def test_a_repository_becomes_a_pattern(address: str, pattern: str) -> None:
    assert source_links.pattern_of(address) == pattern


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)//{path}", "ftp://github.com/a/b", "https://", "https://git.example/a", "acme/shop",
     "https://user:pw@github.com/a/b", "https://{path}.example/", "https://github.com/" + "a" * 500,
     "https://github.com/a b/{path}", "https://github.com/a\n/{path}"],
)  # fmt: skip
def test_what_is_no_repository_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        source_links.pattern_of(address)


@pytest.mark.parametrize(
    ("file", "root", "line", "url"),
    [
        ("shop/views.py", "", 7, "https://github.com/acme/shop/blob/abc/shop/views.py#L7"),
        ("/srv/app/shop/views.py", "/srv/app/", 7, "https://github.com/acme/shop/blob/abc/shop/views.py#L7"),
        ("webpack:///./src/App.tsx?a1", "", 7, "https://github.com/acme/shop/blob/abc/src/App.tsx#L7"),
        ("shop\\views.py", "", 7, "https://github.com/acme/shop/blob/abc/shop/views.py#L7"),
        ("a b/ü#1.py", "", 7, "https://github.com/acme/shop/blob/abc/a%20b/%C3%BC%231.py#L7"),
        ("shop/views.py", "", None, "https://github.com/acme/shop/blob/abc/shop/views.py"),
        ("/usr/lib/python3/os.py", "/srv/app/", 7, ""),
        ("../../etc/passwd", "", 7, ""),
        ("https://cdn.example/app.min.js", "", 7, ""),
        ("<anonymous>", "", 7, ""),
        ("", "", 7, ""),
        ("javascript:alert(1)", "", 7, ""),
    ],
)
def test_the_address_of_a_line(file: str, root: str, line: int | None, url: str) -> None:
    assert source_links.url(GITHUB, root=root, file=file, line=line, ref="abc") == url


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        (GITHUB, "https://github.com/acme/shop/commit/abc"),
        ("https://gitlab.com/a/b/-/blob/{ref}/{path}#L{line}", "https://gitlab.com/a/b/-/commit/abc"),
        ("https://bitbucket.org/a/b/src/{ref}/{path}#lines-{line}", "https://bitbucket.org/a/b/commits/abc"),
        ("https://codeberg.org/a/b/src/commit/{ref}/{path}#L{line}", "https://codeberg.org/a/b/commit/abc"),
        ("https://git.example/{path}", ""),
        ("", ""),
    ],
)
def test_the_address_of_a_commit(pattern: str, url: str) -> None:
    assert source_links.commit_url(pattern, "abc") == url
    assert source_links.url(GITHUB, root="", file="a.py", line=1, ref="") == (
        "https://github.com/acme/shop/blob/HEAD/a.py#L1"
    )
