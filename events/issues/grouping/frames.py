"""One stack frame as the words that identify it across builds, hosts and browsers."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import re2

from events.issues.grouping import made_names, systems
from events.issues.grouping.texts import text

FIRST = 1  # the version that knows nothing of made names, source lines and native libraries
SECOND = 2  # the one that took ids of builds and offsets of compiled programs for names
LINE = 120  # characters of a source line that counts; longer ones were minified or cut

# The key of what a project's rule says of a frame, in an event's copy; no JSON has such a key.
RULED = ("ruled",)
SCRIPT_PLATFORMS = frozenset({"javascript", "node"})
_SCRIPT_ENDINGS = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".mts", ".vue", ".svelte", ".html", ".htm")

# Paths that are never the application's own code, whoever says so: no SDK in a browser can tell.
_NATIVE = frozenset({"<anonymous>", "[native code]", "native", "(native)", "native code"})
_EXTENSIONS = (
    "chrome-extension:", "moz-extension:", "safari-extension:", "safari-web-extension:", "ms-browser-extension:",
    "webkit-masked-url:", "chrome:", "resource:",
)  # fmt: skip
_FOREIGN = re2.compile(
    r"(?:^|[/\\~])(?:node_modules|bower_components|site-packages|dist-packages)(?:[/\\]|$)"
    r"|^node:|^internal/|^webpack/|/webpack/(?:bootstrap|runtime|startup)|^<frozen |^<string>$"
    r"|^/usr/(?:local/)?(?:lib|share)/|[/\\]lib[/\\]python\d|/go/pkg/mod/|^/rustc/|/\.cargo/registry/|(?i:\\lib\\python)"
)

_ORIGIN = re2.compile(r"^(?:(?:async|blob:)\s*)*[a-zA-Z][a-zA-Z0-9+.-]*:(?://[^/]*)?/*")
_WEBPACK = re2.compile(r"^(?:webpack(?:-internal)?|rspack|turbopack):/*(?:[^/.]+/)??(?:\((?:[\w-]+)\)/)?\.?/+")
_VERSION = re2.compile(r"^v?\d+(?:[._]\d+)+(?:[-+].*)?$")
_TAIL = re2.compile(r"^(.+)-([A-Za-z0-9_-]{8})$")
_EIGHT_LETTERS = re2.compile(r"^(.+)-([A-Za-z]{8})(\.\w+)$")
_ENDING = re2.compile(r"(?:\.(?:js|mjs|cjs|jsx|ts|tsx|mts|css|map|html|min|bundle|chunk|prod|module))+$")
_PARTS = re2.compile(r"([.\-~])")
_HEX = re2.compile(r"^[0-9a-f]{7,}$|^[0-9A-F]{7,}$")
_WORDS = re2.compile(r"^(?:es20\d\d|[a-z]{3,}\d)$")
_AS = re2.compile(r" ?\[as [^\]]*\]")
_LAMBDA = re2.compile(r"\$\$?(?:Lambda|lambda|EnhancerBy\w+|FastClassBy\w+)?\$?[\w$/]*\d\w*|0x[0-9a-f]+")
_NAMELESS = frozenset({
    "", "?", "<anonymous>", "anonymous", "<unknown>", "null", "undefined", "eval", "global code", "module code",
    "eval code", "Anonymous function", "(anonymous)", "default",
})  # fmt: skip
# Where a packed application begins; what stands before it is the visitor's own folder.
_PACKED = re2.compile(r"^.*(?:\.asar(?:\.unpacked)?|\.app|/android_asset|/flutter_assets|\.bundle)/")
_TWICE = re2.compile(r"\$\d+$")  # what bundlers add to the second function of one name
_CUT = ("{snip}", "...", "\u2026")


@dataclass(frozen=True, slots=True)
class Frame:
    """What grouping and titles need of a frame; `place` and `name` are normalised, the rest is as sent."""

    place: str
    name: str
    in_app: bool
    resumed: bool  # an asynchronous caller, which only some engines list
    shown_module: str
    shown_file: str
    shown_function: str
    line: str = ""  # its source line; "" when unknown, cut or too long to be one

    @property
    def words(self) -> str:
        """The frame in one line: `shop.views in checkout`."""
        return f"{self.place} in {self.name}" if self.name else self.place


def frame(raw: object, *, platform: str, version: int = 0) -> Frame | None:
    """A frame as sent -> `Frame`, by the newest rules unless `version` names older ones; None for what is no frame."""
    if not isinstance(raw, dict):
        return None
    in_app = raw.get("in_app")
    sent = _Sent(
        text(raw.get("module"), limit=256),
        text(raw.get("filename"), limit=512) or text(raw.get("abs_path"), limit=512),
        text(raw.get("abs_path"), limit=512),
        text(raw.get("function"), limit=256),
        in_app if isinstance(in_app, bool) else None,
        text(raw.get("platform"), limit=32) or platform,
        raw.get(RULED),
    )
    if version == FIRST:
        return _first(sent)
    package, line = text(raw.get("package"), limit=512), text(raw.get("context_line"), limit=400)
    return _frame(sent if version == SECOND else _named(sent), package, line)


def _named(sent: "_Sent") -> "_Sent":
    """The frame without what a build or a compiler put where names stand."""
    if sent.is_script:
        return sent
    function = made_names.compiled(sent.function)
    if function == sent.function and not systems.is_build_id(sent.module):
        return sent
    return sent._replace(
        module="" if systems.is_build_id(sent.module) else sent.module, function=function, shown=sent.function
    )


class _Sent(NamedTuple):
    module: str
    filename: str
    abs_path: str
    function: str
    in_app: bool | None
    platform: str
    ruled: bool | None = None
    shown: str = ""  # the function as sent, where it differs

    @property
    def is_script(self) -> bool:
        return self.platform in SCRIPT_PLATFORMS or (self.platform in ("", "other") and _is_script(self.filename))

    def is_own(self, *, is_foreign: bool) -> bool:
        if self.ruled is not None:
            return self.ruled
        return not is_foreign if self.in_app is None or (self.is_script and is_foreign) else self.in_app


@lru_cache(maxsize=1024)
def _first(sent: _Sent) -> Frame | None:
    module, filename, _, function, *_ = sent
    if sent.is_script:
        place = path(filename) or module
        name, resumed = script_function(function)
        if len(name) <= 2 and _is_built(filename):
            name = ""  # minifiers hand out such names anew in every build
    else:
        place = module or path(filename)
        name, resumed = _LAMBDA.sub("$", function), False
    if not place and not name:
        return None
    own = sent.is_own(is_foreign=is_foreign(filename) or is_foreign(sent.abs_path))
    return Frame(place or "?", name, own, resumed, module, filename or module, function)


@lru_cache(maxsize=8192)
def _frame(sent: _Sent, package: str, line: str) -> Frame | None:
    module, filename, abs_path, function, _, platform, _, shown = sent
    resumed = foreign = False
    if sent.is_script:
        place = script_path(filename, abs_path, platform) or made_names.written(module)
        name, resumed = script_function(function)
        name = made_names.written(_TWICE.sub("", name))
        if len(name) <= 2 and _is_built(filename):
            name = ""  # minifiers hand out such names anew in every build
    else:
        place = made_names.written(module) or path(made_names.written(filename)) or systems.library(package)
        name = "" if systems.is_nameless(function) else made_names.written(function)
        foreign = systems.is_system(package, function, platform=platform)
    if not place and not name:
        return None
    own = sent.is_own(is_foreign=foreign or is_foreign(filename) or is_foreign(abs_path))
    return Frame(place or "?", name, own, resumed, module, filename or module, shown or function, _whole(line))


def _whole(line: str) -> str:
    """The source line with single blanks; "" when it is cut or too long to be one that people wrote."""
    plain = " ".join(line.split())
    return "" if len(plain) > LINE or plain.startswith(_CUT) or plain.endswith(_CUT) else plain


def script_path(filename: str, abs_path: str, platform: str) -> str:
    """A script's path; of one opened from a disk only what the application brought along, as its folders are the
    visitor's: `file:///C:/Users/ann/shop/test.html` -> `test.html`."""
    if platform == "node" or not (filename.startswith("file:") or abs_path.startswith("file:")):
        return path(filename)
    whole = (abs_path if abs_path.startswith("file:") else filename).replace("\\", "/")
    inside = _PACKED.sub("", whole)
    return path(inside if inside != whole else whole.rsplit("/", 1)[-1]) or path(filename)


def is_foreign(filename: str) -> bool:
    """Whether the file is a library, the runtime or a browser extension rather than the application."""
    return filename in _NATIVE or filename.startswith(_EXTENSIONS) or bool(_FOREIGN.search(filename))


def is_native(found: Frame) -> bool:
    """Whether an engine's built-in function, which only some engines list as a frame."""
    return found.shown_file in _NATIVE or found.shown_function.endswith("sentryWrapped")


def script_function(function: str) -> tuple[str, bool]:
    """A JavaScript function's own name as every engine would give it ("" when it has none), and whether it is an
    asynchronous caller: `async Object.run` -> ("run", True), `new Cart` -> ("Cart", False), `load/<` -> ("", False)."""
    name = _AS.sub("", function.strip())
    resumed = name.startswith("async ") or "*" in name
    name = name.rsplit("*", 1)[-1].removeprefix("async ").removeprefix("new ").removeprefix("get ").removeprefix("set ")
    name = name.split("@", 1)[0].split("(", 1)[0].rstrip()
    if "./" in name:
        return "", resumed  # a bundler's wrapper around a whole module
    for separator in ("/", ".", "#"):
        name = name.rsplit(separator, 1)[-1]
    name = name.strip("<> ") if name in ("<", ">") or not name.endswith("<") else ""
    return ("" if name in _NAMELESS or f"<{name}>" in _NAMELESS else name), resumed


@lru_cache(maxsize=4096)
def path(filename: str) -> str:
    """The last three parts of a file's path without origin, query, versions and content hashes:
    `https://cdn.example/v1.2.3/js/main.3f2a91bc.js?x=1` -> `<version>/js/main.js`."""
    plain = filename.replace("\\", "/").split("?", 1)[0].split("#", 1)[0]
    plain = _WEBPACK.sub("", plain) if "pack" in plain[:20] else plain
    plain = _ORIGIN.sub("", plain)
    parts = [part for part in plain.split("/") if part not in ("", ".", "..", "~")]
    if not parts:
        return "/" if "://" in filename else ""  # a script inline in a site's front page
    file = _of_vite(parts[-1]) if parts[-2:-1] == ["assets"] else parts[-1]
    return "/".join([*(_folder(part) for part in parts[-3:-1]), asset(file)])


def _of_vite(name: str) -> str:
    """The name without eight letters of base 64 that have no digit: only in the folder of built files no word is so."""
    found = _EIGHT_LETTERS.match(name)
    return found.group(1) + found.group(3) if found and not found.group(2)[1:].islower() else name


def asset(name: str) -> str:
    """A file name without its content hash: `chunk-ABC123.mjs` -> `chunk.mjs`, `index-B1x9a_2k.js` -> `index.js`."""
    ending = _ENDING.search(name)
    if not ending:
        return _folder(name)
    stem, tail = name[: ending.start()], ending.group()
    found = _TAIL.match(stem)
    if found and _is_hash(found.group(2)):
        return _folder(found.group(1)) + tail
    pieces = _PARTS.split(stem)
    kept = [_folder(pieces[0])]
    for separator, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if not _is_hash(piece):
            kept += [separator, "<n>" if piece.isdecimal() else piece]
    return "".join(kept) + tail


def _folder(name: str) -> str:
    if name.isdecimal():
        return "<n>"
    if _VERSION.match(name):
        return "<version>"
    plain = name.replace("-", "")
    return "<hash>" if _HEX.match(plain) and any(c.isdigit() for c in plain) else name


def _is_hash(piece: str) -> bool:
    """Whether bundlers would have made this: 6 or more of base 16, 32, 36 or 64; `es2015` and words are names."""
    if len(piece) < 6 or len(piece) > 64 or piece.isdecimal() or _WORDS.match(piece):
        return len(piece) >= 8 and piece.isdecimal()
    if any(c.isdigit() for c in piece):
        return "-" not in piece or any(c.isupper() for c in piece)
    if _HEX.match(piece):
        return True
    if len(piece) != 8:
        return False
    if piece.isupper():
        return True
    pairs = list(pairwise(piece))
    turns = sum(a.islower() and b.isupper() for a, b in pairs)
    return turns >= 2 or (turns == 1 and any(a.isupper() and b.isupper() for a, b in pairs))


def _is_script(filename: str) -> bool:
    return filename.split("?", 1)[0].endswith(_SCRIPT_ENDINGS) or filename.startswith(("http:", "https:", "app:///"))


def _is_built(filename: str) -> bool:
    last = filename.split("?", 1)[0].rsplit("/", 1)[-1]
    return ".min." in last or asset(last) != last
