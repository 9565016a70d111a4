"""Frames back in original source: a real esbuild bundle, and maps of every broken kind."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
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


@pytest.mark.parametrize(
    ("listed", "in_app"),
    [({"x_google_ignoreList": [0]}, False), ({"ignoreList": [], "x_google_ignoreList": [0]}, True),
     ({"ignoreList": [0], "x_google_ignoreList": []}, False), ({"ignoreList": ["0", None, 1.5, -1, 7]}, True)],
)  # fmt: skip
def test_the_list_of_the_standard_counts_before_its_older_name_also_when_it_is_empty(
    listed: dict[str, Any], in_app: bool
) -> None:
    assert sourcemaps.apply(frame(1, 1), sourcemaps.parse(a_map(**listed)))["in_app"] is in_app


@pytest.mark.parametrize(
    ("root", "source", "shown"),
    [("webpack://shop/", "a.ts", "webpack://shop/a.ts"), ("src", "webpack:///a.ts", "webpack:///a.ts"),
     ("src", "/a.ts", "/a.ts"), (None, "a.ts", "a.ts"), (7, "a.ts", "a.ts"), ("src", None, "src/")],
)  # fmt: skip
def test_a_root_goes_before_what_is_no_whole_address(root: Any, source: Any, shown: str) -> None:
    found = sourcemaps.parse(a_map(sourceRoot=root, sources=[source])).lookup(1, 1)
    assert found is not None
    assert found.source == shown


ENDS = ["\n", "\r", "\r\n", "\u2028", "\u2029"]  # ECMA-262, "Line Terminators": no others
NO_ENDS = ["\f", "\v", "\x1c", "\x1d", "\x1e", "\x85"]  # which Python's splitlines takes for ends


@pytest.mark.parametrize("end", ENDS)
def test_what_ends_a_line_in_javascript_ends_it_here(end: str) -> None:
    known = sourcemaps.parse(a_map("AAEA", sourcesContent=[end.join(["a;", "b;", "c;", ""])]))
    applied = sourcemaps.apply(frame(1, 1), known)
    assert (applied["pre_context"], applied["context_line"], applied["post_context"]) == (["a;", "b;"], "c;", [])


@pytest.mark.parametrize("inside", NO_ENDS)
def test_what_ends_no_line_in_javascript_ends_none_here(inside: str) -> None:
    known = sourcemaps.parse(a_map("AACA", sourcesContent=[f"// a{inside}b\nboom();"]))
    assert sourcemaps.apply(frame(1, 1), known)["context_line"] == "boom();"


@pytest.mark.parametrize("content", [None, 7, [], {"a": 1}])
def test_a_file_whose_text_is_none_is_shown_by_its_position(content: Any) -> None:
    known = sourcemaps.parse(a_map(sourcesContent=[content]))
    assert "context_line" not in sourcemaps.apply(frame(1, 1), known)


def test_texts_belong_to_their_files_whatever_is_in_them() -> None:
    texts = ['a"],["', "\\", '\\\\"', None, "null", "c\u2028d", "é😀", "last"]
    mappings = ",".join(["AAAA", *["CCAA"] * (len(texts) - 1)])
    for indent in (None, 2):
        raw = json.dumps(json.loads(a_map(mappings, sources=["a"] * 8, sourcesContent=texts)), indent=indent).encode()
        known = sourcemaps.parse(raw)
        found = [known.lookup(1, column) for column in range(1, len(texts) + 1)]
        shown = ["\n".join(place.source_lines) for place in found if place]
        assert shown == [(text or "").replace("\u2028", "\n") for text in texts]


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


def test_sections_that_name_a_file_alike_keep_their_own_texts() -> None:
    sections = [
        {"offset": {"line": line, "column": 0}, "map": json.loads(a_map(sourcesContent=[text], names=["n"], **more))}
        for line, text, more in [(0, "one", {"ignoreList": [0]}), (1, "two", {"mappings": "AAAAA"})]
    ]
    known = sourcemaps.parse(json.dumps({"version": 3, "sections": sections}).encode())
    found = [known.lookup(line, 1) for line in (1, 2)]
    assert [(place.source_lines, place.name, place.is_ignored) for place in found if place] == [
        (("one",), None, True),
        (("two",), "n", False),
    ]


def test_a_map_of_react_native_is_read_by_its_mappings() -> None:
    known = sourcemaps.parse(a_map(x_facebook_sources=[[{"names": ["<global>"], "mappings": "AAA"}]]))
    assert known.lookup(1, 1) is not None


@pytest.mark.parametrize("before", [b")]}'\n", b")]}\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf)]}'\r\n", b" \n"])
def test_a_map_behind_a_guard_or_a_byte_order_mark_is_read(before: bytes) -> None:
    assert sourcemaps.parse(before + a_map()).lookup(1, 1) is not None


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
    (b" " * (sourcemaps.LARGEST + 1), "at most"), (b"[" * 100_000, "version 3"),
    (b'{"a":' * 100_000, "JSON"), (a_map(version="3"), "version 3"), (b'{"version":3,"sections":[1]}', "offset"),
    (b'{"version":3,"sections":[{"offset":{"line":-1,"column":0},"map":{}}]}', "offset"),
    (b'{"version":3,"sections":[{"offset":{"line":4294967295,"column":0},"map":{}}]}', "offset"),
    (b'{"version":3,"sections":[{"offset":{"line":0,"column":0},"map":{"sections":[]}}]}', "no mappings"),
    (a_map(sources=["a"] * 200_002), "files"), (a_map(names=[""] * 1_000_002), "names"), (a_map("AAA!"), "mappings"),
    (a_map(sourcesContent=["\ud800"]), "JSON"),
    (b'{"version":3,"sections":[{"offset":{"line":0},"map":{}}]}', "offset"), (b")]}", "JSON"),
    (b'{"version":3,"sections":[' + b'{"offset":{"line":0,"column":0},"map":{}},' * 20_000 + b"{}]}", "sections"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "why"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_map_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(SourceMapError, match=why):
        sourcemaps.parse(raw)


@pytest.mark.parametrize(
    "broken",
    [{"mappings": "!!!!"}, {"mappings": "AA"}, {"mappings": "g"}, {"mappings": "g" * 40}, {"mappings": "AAAAAA"},
     {"mappings": "+/////D" * 4}, {"sources": []}, {"sources": None}, {"mappings": "ADAA"}, {"mappings": "AAAAz"},
     {"mappings": "AAAAA"}, {"names": "text"}, {"sources": {}}],
)  # fmt: skip
def test_a_map_that_contradicts_itself_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(SourceMapError, match="cannot be read"):
        sourcemaps.parse(a_map(**broken))


@pytest.mark.parametrize("mappings", ["", ";", "AADA", "AAAD", "A", ";;AAAA", "KAAA"])
def test_where_nothing_is_mapped_nothing_is_found(mappings: str) -> None:
    assert sourcemaps.parse(a_map(mappings)).lookup(1, 1) is None


json_value = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(alphabet="ACDEgKZz,;+/", max_size=40),
    st.dictionaries(st.sampled_from(["sources", "names", "sourcesContent", "ignoreList", "sourceRoot"]), json_value),
    st.integers(-3, 9),
    st.integers(-3, 50),
)
def test_any_map_is_survived(mappings: str, more: dict[str, Any], line: int, column: int) -> None:
    sent = frame(line, column)
    try:
        known = sourcemaps.parse(a_map(mappings, **more))
    except SourceMapError:
        return
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


# What 32 MB may be made of; the last number is the most that a reading may add to the memory of its process, in MB.
HOSTILE = """
import resource
from events.releases import sourcemaps

def read(start, many, end, count=10**9):
    count = min(count, (sourcemaps.LARGEST - len(start) - len(end)) // len(many))
    raw = start + many * count + end
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = peak()
    try:
        sourcemaps.parse(raw).lookup(1, 1)
        outcome = "read"
    except sourcemaps.SourceMapError:
        outcome = "refused"
    print(outcome, (peak() - before) // 1024)

def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))

A = b'{"version":3,"sources":["a"],"names":[],"mappings":"'
read(A, b"AAAA,", b'AAAA"}', 3_999_990)
read(A, b"A;", b'"}')
read(A, b"g", b'"}')
read(b'{"version":3,"sections":[{"offset":{"line":0,"column":0},"map":' + A, b"AAAA,", b'AAAA"}}]}', 3_999_990)
read(b'{"version":3,"sections":[', b'{"offset":{"line":0,"column":0},"map":{}},', b"{}]}")
read(b"", b'{"version":3,"sections":[{"offset":{"line":0,"column":0},"map":', b"")
read(b'{"version":3,"sources":["a"],"mappings":"AAAA","names":[', b"0,", b"0]}")
read(b'{"version":3,"sources":["a"],"mappings":"AAAA","names":[', b'"abcdefghi",', b'""]}', 999_990)
read(b'{"version":3,"sources":["a"],"mappings":"AAAA","names":', b"[", b"")
read(b'{"version":3,"names":[],"mappings":"AAAA","sources":[', b'"",', b'""]}')
read(A + b'AAAA","ignoreList":[', b"1,", b"1]}")
read(A + b'AAAA","x":[', b"[],", b"0]}")
read(A + b'AAAA","sourcesContent":[', b'"",', b'""]}')
read(A + b'AAAA","sourcesContent":[', b"[],", b"[]]}")
read(A + b'AAAA","sourcesContent":["', b"ab\\\\n", b'"]}')
read(A + b'AAAA","sourcesContent":["\\xf0\\x9f\\x98\\x80', b"a", b'"]}')
"""


def test_a_hostile_map_costs_a_bounded_amount_of_memory_and_no_process() -> None:
    """In a process of its own: its memory is measured, and it must outlive them all."""
    ran = subprocess.run([sys.executable, "-c", HOSTILE], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    outcomes = [line.split() for line in ran.stdout.splitlines()]
    assert [outcome for outcome, _ in outcomes] == [
        "read", "refused", "refused", "read", "refused", "refused", "refused", "read", "refused", "refused", "refused",
        "read", "read", "read", "read", "read",
    ]  # fmt: skip
    assert max(int(megabytes) for _, megabytes in outcomes) < 400
