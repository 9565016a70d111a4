"""One bug in Chrome, Firefox and Safari is one issue."""

import pytest

from events.issues import grouping
from events.issues.grouping import frames, texts

SAME_WORDS = [
    (
        "Cannot read properties of undefined (reading 'x')",
        "Cannot read property 'x' of undefined",
        'can\'t access property "x", a is undefined',
        "undefined is not an object (evaluating 'a.x')",
        "undefined is not an object (evaluating 'a[\"x\"]')",
        "Cannot destructure property 'x' of 'a' as it is undefined.",
        "Unable to get property 'x' of undefined or null reference",
    ),
    (
        "Cannot set properties of null (setting 'value')",
        'can\'t access property "value", document.getElementById(...) is null',
        "null is not an object (evaluating 'document.getElementById(\"q\").value = 1')",
    ),
    ("a.b.run is not a function",
     "e.run is not a function. (In 'e.run(1)', 'e.run' is undefined)", "t.run is not a function"),
    ("t is not a constructor", "t is not a constructor (evaluating 'new t')"),
    ("foo is not defined", "Can't find variable: foo", "Uncaught ReferenceError: foo is not defined"),
    ("Cannot access 'a' before initialization",
     "can't access lexical declaration 'a' before initialization"),
    ("Assignment to constant variable.",
     'invalid assignment to const "a"', "Attempted to assign to readonly property."),
    ("Unexpected token < in JSON at position 0", "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
     "JSON.parse: unexpected character at line 1 column 1 of the JSON data",
     "JSON Parse error: Unrecognized token '<'"),
    ("Unexpected end of JSON input", "JSON.parse: unexpected end of data at line 1 column 1 of the JSON data",
     "JSON Parse error: Unexpected EOF"),
    ("Failed to fetch", "NetworkError when attempting to fetch resource.", "Load failed",
     "Failed to fetch (api.example)", "Load failed (api.example)"),
    ("Failed to fetch dynamically imported module: https://a.example/x-3f2a91bc.js",
     "error loading dynamically imported module: https://a.example/x.js", "Importing a module script failed."),
    ("ResizeObserver loop limit exceeded", "ResizeObserver loop completed with undelivered notifications."),
    ("Failed to execute 'removeChild' on 'Node': The node to be removed is not a child of this node.",
     "Node.removeChild: The node to be removed is not a child of this node"),
    ("The user aborted a request.", "The operation was aborted. ", "Fetch is aborted", "AbortError: Fetch is aborted"),
    ("Invalid array length", "invalid array length"),
    ("Converting circular structure to JSON\n    --> starting at object", "cyclic object value",
     "JSON.stringify cannot serialize cyclic structures."),
    ("undefined is not iterable (cannot read property Symbol(Symbol.iterator))", "a is not iterable",
     "Spread syntax requires ...iterable not be null or undefined"),
]  # fmt: skip


@pytest.mark.parametrize("wordings", SAME_WORDS, ids=[row[0][:40] for row in SAME_WORDS])
def test_engines_say_the_same_in_other_words(wordings: tuple[str, ...]) -> None:
    def issue(value: str) -> bytes:
        return grouping.group(
            {"platform": "javascript", "exception": {"values": [{"type": "TypeError", "value": value}]}}
        ).hash

    assert {texts.in_one_wording(wording) for wording in wordings} == {texts.in_one_wording(wordings[0])}
    assert len({issue(wording) for wording in wordings}) == 1


def test_the_words_of_other_mistakes_stay_apart() -> None:
    firsts = {texts.in_one_wording(row[0]) for row in SAME_WORDS}
    assert len(firsts) == len(SAME_WORDS)
    assert texts.in_one_wording("My own Error: said so") == "My own Error: said so"


FUNCTIONS = [
    ("checkout", "checkout"), ("Object.checkout", "checkout"), ("async checkout", "checkout"), ("new Cart", "Cart"),
    ("Cart.prototype.checkout", "checkout"), ("Object.checkout [as pay]", "checkout"), ("async*checkout", "checkout"),
    ("promise callback*checkout", "checkout"), ("shop/cart/checkout", "checkout"), ("load/<", ""), ("?", ""), ("", ""),
    ("<anonymous>", ""), ("HTMLButtonElement.<anonymous>", ""), ("global code", ""), ("module code", ""),
    ("eval code", ""), ("HTMLButtonElement.onclick", "onclick"), ("checkout@https://a.example/x.js", "checkout"),
    ("Module../src/x.js", ""), ("async Promise.all (index 0)", "all"), ("get total", "total"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "name"), FUNCTIONS)
def test_a_function_has_one_name(sent: str, name: str) -> None:
    assert frames.script_function(sent)[0] == name


PATHS = [
    ("https://a.example/static/js/main.3f2a91bc.js?x=1#y", "static/js/main.js"), ("chunk-ABC123.mjs", "chunk.mjs"),
    ("https://cdn.example/assets/index-B1x9a_2k.js", "assets/index.js"), ("index-DZxa-b2C.js", "index.js"),
    ("https://a.example/assets/Cart-DiwrgTda.js", "assets/Cart.js"), ("/assets/a-settings.js", "assets/a-settings.js"),
    ("/src/Cart-DropDown.js", "src/Cart-DropDown.js"), ("/assets/My-Settings.js", "assets/My-Settings.js"),
    ("main.deadbeef.js", "main.js"), ("2.3f2a91bc.chunk.js", "<n>.chunk.js"), ("1234-3f2a91bc.js", "<n>.js"),
    ("vendors~main.abc123ef.js", "vendors~main.js"), ("3f2a91bc.js", "<hash>.js"), ("index-BxAbCdEf.css", "index.css"),
    ("chunk-QWERTYUI.js", "chunk.js"), ("app:///_next/static/chunks/pages/_app-3f2a91bc0d.js", "chunks/pages/_app.js"),
    ("webpack:///./src/a.js?abcd", "src/a.js"), ("webpack://shop/./src/a.js", "src/a.js"),
    ("app:///main.js", "main.js"),
    ("webpack-internal:///(app-pages-browser)/./src/x.tsx", "src/x.tsx"), ("../../src/App.tsx", "src/App.tsx"),
    ("/srv/releases/20240101/app/server.js", "<n>/app/server.js"), ("https://a.example/v1.2.3/x.js", "<version>/x.js"),
    ("C:\\shop\\cart.py", "shop/cart.py"), ("https://a.example/orders/123", "orders/<n>"), ("https://a.example/", "/"),
    ("main-es2015.js", "main-es2015.js"), ("user-settings.js", "user-settings.js"), ("UserList.js", "UserList.js"),
    ("html2canvas.js", "html2canvas.js"), ("date-helpers.ts", "date-helpers.ts"), ("shop/models.py", "shop/models.py"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "path"), PATHS)
def test_a_file_has_one_path_over_builds_and_hosts(sent: str, path: str) -> None:
    assert frames.path(sent) == path


FOREIGN = [
    "node:internal/process/task_queues", "internal/main.js", "/app/node_modules/express/lib/router.js",
    "webpack:///./node_modules/react-dom/index.js", "webpack:///webpack/bootstrap", "chrome-extension://abcd/a.js",
    "moz-extension://abcd/a.js", "safari-web-extension://abcd/a.js", "[native code]", "<anonymous>",
    "/usr/lib/python3.11/json/decoder.py", "/x/site-packages/django/a.py", "/usr/lib/python3/dist-packages/a.py",
    "<frozen importlib._bootstrap>", "/usr/local/lib/python3.11/asyncio/runners.py",
]  # fmt: skip


@pytest.mark.parametrize("filename", FOREIGN)
def test_libraries_and_extensions_are_not_the_application(filename: str) -> None:
    assert frames.is_foreign(filename)


@pytest.mark.parametrize(
    "filename", ["/srv/app/views.py", "https://a.example/main.js", "src/lib/cart.ts", "lib/a.rb", ""]
)
def test_other_files_are_the_application(filename: str) -> None:
    assert not frames.is_foreign(filename)


def script(value: str, *stack: tuple[str, str], kind: str = "TypeError") -> grouping.Grouping:
    listed = [
        {"filename": file, "function": function, "in_app": True, "lineno": 1, "colno": 9} for file, function in stack
    ]
    values = [{"type": kind, "value": value, "stacktrace": {"frames": listed}}]
    return grouping.group({"platform": "javascript", "exception": {"values": values}})


MAIN = "https://shop.example/assets/main.3f2a91bc.js"


def test_one_click_in_three_browsers_is_one_issue() -> None:
    chrome = script(
        "Cannot read properties of undefined (reading 'total')",
        (MAIN, "?"), ("index 0", "async Promise.all"), (MAIN, "async Shop.boot"),
        (MAIN, "HTMLButtonElement.<anonymous>"), (MAIN, "Object.checkout"),
        ("<anonymous>", "Array.forEach"), (MAIN, "Cart.sum [as total]"),
    )  # fmt: skip
    firefox = script(
        'can\'t access property "total", e is undefined',
        (MAIN, "boot"), (MAIN, "promise callback*setup"), (MAIN, "setup/<"), (MAIN, "checkout"), (MAIN, "sum"),
    )  # fmt: skip
    safari = script(
        "undefined is not an object (evaluating 'e.total')",
        (MAIN, "global code"), (MAIN, "?"), (MAIN, "checkout"), ("[native code]", "forEach"), (MAIN, "sum"),
    )  # fmt: skip
    assert chrome.components == firefox.components == safari.components
    assert "frame assets/main.js in checkout" in chrome.components


def test_a_new_build_is_the_same_issue() -> None:
    first = script("x", (MAIN, "checkout"))
    second = script("y", ("https://cdn.example/assets/main.99ee11aa.js?v=2", "checkout"))
    assert first.hash == second.hash


def test_names_that_a_minifier_made_do_not_count() -> None:
    first = script("Cannot read properties of null (reading 'x')", (MAIN, "t"), (MAIN, "e.n"))
    second = script("null is not an object (evaluating 'r.x')", (MAIN.replace("3f2a", "77aa"), "n"))
    other = script("Failed to fetch", (MAIN, "t"))
    assert first.hash == second.hash != other.hash


def test_nameless_frames_leave_bugs_to_their_message() -> None:
    assert script("cart 1 is empty", (MAIN, "?")).hash == script("cart 2 is empty", (MAIN, "?")).hash
    assert script("cart 1 is empty", (MAIN, "?")).hash != script("no network", (MAIN, "?")).hash


def test_endless_recursion_is_one_issue() -> None:
    chrome = script("Maximum call stack size exceeded", *[(MAIN, "walk")] * 50, kind="RangeError")
    firefox = script("too much recursion", *[(MAIN, "walk")] * 30, kind="InternalError")
    assert chrome.hash == firefox.hash
