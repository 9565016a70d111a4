"""Frames back in original source: a real esbuild bundle, and maps of every broken kind."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.releases import sourcemaps
from events.releases.sourcemaps import SourceMapError

# `esbuild src/main.ts --bundle --minify --sourcemap` (0.28.2) of a cart of two TypeScript files.
SAMPLES = Path(__file__).parents[1] / "samples" / "sourcemaps"
ESBUILD = (SAMPLES / "main.js.map").read_bytes()


def a_map(mappings: Any = "AAAA", **more: Any) -> bytes:
    return json.dumps({"version": 3, "sources": ["a.ts"], "names": [], "mappings": mappings} | more).encode()


def frame(line: int, column: int, function: str = "i") -> dict[str, Any]:
    url = "https://shop.example/main.js"
    return {"filename": url, "abs_path": url, "function": function, "lineno": line, "colno": column, "in_app": True}


# The stack that node 20 printed for the bundle, and where its author wrote it.
STACK = [
    (1, 153, "i", "src/cart.ts", 21, "readRate", "  return discount!.rate;"),
    (1, 122, "r.total", "src/cart.ts", 15, "total", "    return sum * (1 - readRate(discount));"),
    (1, 220, "s", "src/main.ts", 6, "checkout", "  return cart.total(undefined);"),
    (2, 17, "?", "src/main.ts", 14, "?", "  checkout();"),
]


@pytest.mark.parametrize(("line", "column", "sent", "file", "original_line", "function", "source"), STACK)
def test_a_real_stack_is_shown_in_original_source(
    line: int, column: int, sent: str, file: str, original_line: int, function: str, source: str
) -> None:
    applied = sourcemaps.apply(frame(line, column, sent), sourcemaps.parse(ESBUILD))
    assert (applied["filename"], applied["lineno"], applied["function"]) == (file, original_line, function)
    assert applied["context_line"] == source
    assert len(applied["pre_context"]) == min(5, original_line - 1)
    assert applied["data"] == {
        "orig_filename": "https://shop.example/main.js",
        "orig_abs_path": "https://shop.example/main.js",
        "orig_function": sent,
        "orig_lineno": line,
        "orig_colno": column,
    }


def test_names_are_found() -> None:
    found = sourcemaps.parse(ESBUILD).lookup(1, 122)
    assert found is not None
    assert (found.source, found.line, found.name) == ("../src/cart.ts", 15, "readRate")


def test_a_frame_is_done_once() -> None:
    known = sourcemaps.parse(ESBUILD)
    once = sourcemaps.apply(frame(1, 153), known)
    assert sourcemaps.apply(once, known) is once


@pytest.mark.parametrize(
    "sent",
    [{}, {"lineno": None}, {"lineno": "1"}, {"lineno": 99, "colno": 1}, {"lineno": -1, "colno": 2}, {"lineno": 0},
     {"lineno": 10**30, "colno": 1}, {"lineno": True, "colno": True}, {"lineno": 1, "colno": -(10**30)}],
)  # fmt: skip
def test_a_frame_without_a_known_position_stays(sent: dict[str, Any]) -> None:
    assert sourcemaps.apply(sent, sourcemaps.parse(ESBUILD)) is sent


def test_without_source_content_the_position_is_still_found() -> None:
    applied = sourcemaps.apply(frame(1, 1), sourcemaps.parse(a_map(sourceRoot="webpack://shop")))
    assert (applied["filename"], applied["lineno"], applied["function"]) == ("webpack://shop/a.ts", 1, "i")
    assert "context_line" not in applied


@pytest.mark.parametrize("source", ["../node_modules/react/index.js", "webpack:///webpack/bootstrap"])
def test_library_code_in_a_bundle_is_not_in_app(source: str) -> None:
    assert sourcemaps.apply(frame(1, 1), sourcemaps.parse(a_map(sources=[source])))["in_app"] is False


def test_what_the_bundler_ignores_is_not_in_app() -> None:
    assert sourcemaps.apply(frame(1, 1), sourcemaps.parse(a_map(ignoreList=[0])))["in_app"] is False


def test_an_indexed_map_is_read_by_section() -> None:
    section = json.loads(a_map())
    other = section | {"sources": ["b.ts"]}
    sections = [
        {"offset": {"line": 1, "column": 10}, "map": other},
        {"offset": {"line": 0, "column": 0}, "map": section},
    ]
    known = sourcemaps.parse(json.dumps({"version": 3, "sections": sections}).encode())
    places = [known.lookup(1, 5), known.lookup(2, 10), known.lookup(2, 11), known.lookup(3, 1)]
    assert [place and place.source for place in places] == ["a.ts", None, "b.ts", None]


def test_a_guarded_map_is_read() -> None:
    assert sourcemaps.parse(b")]}'\n" + a_map()).lookup(1, 1) is not None


def test_segments_out_of_order_are_sorted() -> None:
    """Columns 5 then 0: the second segment maps column 0 to the next line."""
    known = sourcemaps.parse(a_map("KAAA,LACA"))
    assert [known.lookup(1, column).line for column in (1, 6)] == [2, 1]  # type: ignore[union-attr]


def test_a_segment_without_source_maps_to_nothing() -> None:
    known = sourcemaps.parse(a_map("AAAA,K"))
    assert known.lookup(1, 3) is not None
    assert known.lookup(1, 7) is None


REFUSED = [
    (b"", "JSON"), (b"\xff{", "JSON"), (b"[]", "version 3"), (b"{}", "version 3"), (a_map(version=2), "version 3"),
    (a_map(None), "no mappings"), (a_map(5), "no mappings"), (a_map("," * 4_000_001), "more than"),
    (b" " * (sourcemaps.LARGEST + 1), "at most"), (b"[" * 100_000, "JSON"), (b'{"version":3,"sections":[1]}', "offset"),
    (b'{"version":3,"sections":[{"offset":{"line":0},"map":{}}]}', "offset"), (b")]}", "JSON"),
    (json.dumps({"version": 3, "sections": [{}] * 1001}).encode(), "sections"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "why"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_map_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(SourceMapError, match=why):
        sourcemaps.parse(raw)


@pytest.mark.parametrize(
    "broken",
    [{"mappings": "!!!!"}, {"mappings": "AA"}, {"mappings": "g"}, {"mappings": "g" * 40}, {"mappings": "AAAAAA"},
     {"mappings": "+/////D" * 4}, {"sources": []}, {"sources": None}, {"mappings": "ADAA"}, {"mappings": "AAAAz"}],
)  # fmt: skip
def test_broken_mappings_find_nothing(broken: dict[str, Any]) -> None:
    assert sourcemaps.parse(a_map(**broken)).lookup(1, 1) is None


json_value = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(
    st.text(alphabet="ACDEgKZz,;+/", max_size=40),
    st.dictionaries(st.sampled_from(["sources", "names", "sourcesContent", "ignoreList", "sourceRoot"]), json_value),
    st.integers(-3, 9),
    st.integers(-3, 50),
)
def test_any_map_is_survived(mappings: str, more: dict[str, Any], line: int, column: int) -> None:
    known = sourcemaps.parse(a_map(mappings, **more))
    sent = frame(line, column)
    assert sourcemaps.apply(sent, known)["lineno"] >= min(line, 1)


FUNCTIONS = [
    ("function pay(cart) {\n  cart.x;\n}", 2, "pay"),
    ("export async function* pay() {\n  if (a) {\n    b;\n  }\n}", 3, "pay"),
    ("const pay = async (cart) => {\n  cart.x;\n};", 2, "pay"),
    ("const pay = (cart) => cart.x;", 1, "pay"),
    ("class Cart {\n  async pay(cart: Cart): Promise<void> {\n    cart.x;\n  }\n}", 3, "pay"),
    ("class Cart {\n  #pay() {\n    x;\n  }\n}", 3, "pay"),
    ("const shop = {\n  pay: function () {\n    x;\n  },\n};", 3, "pay"),
    ("function Pay() {\n  useEffect(() => {\n    x;\n  });\n}", 3, "Pay"),
    ("function pay() {\n\n  // note\n\n  x;\n}", 5, "pay"),
    ("function pay(\n  cart,\n) {\n  x;\n}", 4, None),
    ("try {\n  pay();\n} catch {}", 2, None),
    ("pay();", 1, None),
]


@pytest.mark.parametrize(("source", "line", "name"), FUNCTIONS)
def test_the_enclosing_function_is_found(source: str, line: int, name: str | None) -> None:
    assert sourcemaps.enclosing_function(source.splitlines(), line) == name


def test_a_large_bundle_is_read_in_time() -> None:
    """A million mappings on one line, as minifiers write them."""
    known = sourcemaps.parse(a_map(",".join(["AAAA", *["CACA", "EAAE", "KACF", "GAAC"] * 250_000])))
    begun = time.process_time()
    for column in range(1, 2_000_000, 40_000):
        assert known.lookup(1, column) is not None
    assert time.process_time() - begun < 5
