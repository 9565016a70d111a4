"""What the name of a release says of its order: `shop@1.2.0-rc.1+5`, `v1.2`, `2026-11-20`, `pc-9.0.0`, `1.0 (5)`.

One key for every way of writing, so that names of one package are in one order, however they are mixed: the precedence
of semantic versions, where three numbers are followed by a hyphen; else that of PEP 440, whose releases, pre-releases,
post-releases and local versions most other ways are forms of; dates are numbers; what `git describe` says is after the
tag. A hash says nothing: such a name is no version, and such a build is in the order of first sight."""

from dataclasses import dataclass
from functools import lru_cache

import re2

LONGEST = 250  # characters of a release, as Sentry allows
_SEPARATORS = 20  # places at which a version may begin after a prefix

# Each part of a key is a tuple that begins with its kind, so that any two keys can be compared.
_Word = tuple[int, int, str]
Key = tuple[int, tuple[int, ...], tuple[_Word, ...], int, int, tuple[_Word, ...]]

_FINAL: tuple[_Word, ...] = ((9, 0, ""),)  # after every pre-release
_DEVELOPED: tuple[_Word, ...] = ((-1, 0, ""),)  # a `.dev` of a final one is before its pre-releases
_NEVER = 10**19  # after every number that a name may hold
_GENERIC = frozenset(["v", "ver", "version", "r", "rel", "release", "releases", "tag", "tags", "refs/tags"])
_ENDINGS = frozenset(["final", "ga", "release", "stable"])
_PHASES = {"a": "alpha", "b": "beta", "c": "rc", "pre": "rc", "preview": "rc"}

_HASH = re2.compile(r"^g?[0-9a-fA-F]{7,64}$")
_UUID = re2.compile(r"^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
# As a part of a name: as long as git writes them, but for nine, which PEP 440's own examples have.
_PART_HASH = re2.compile(r"^(?:g[0-9a-f]{4,40}|[0-9a-f]{7,8}|[0-9a-f]{10,12}|[0-9a-f]{40}|[0-9a-f]{64})$")
_STAMP = re2.compile(r"^1[0-9]{9}([0-9]{3})?$")  # seconds or milliseconds since 1970
_YEAR, _MONTH, _DAY = r"(?P<y>(?:19|20)\d\d)", r"(?P<m>0?[1-9]|1[0-2])", r"(?P<d>[12]\d|3[01]|0?[1-9])"
_DATE = re2.compile(rf"^{_YEAR}(?:[-_/]{_MONTH}(?:[-_/]{_DAY})?)(?P<rest>(?:[^0-9].*)?)$")
_DOTTED = re2.compile(rf"^{_YEAR}\.{_MONTH}\.{_DAY}(?P<rest>(?:[^0-9].*)?)$")
_COMPACT = re2.compile(
    r"^(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?P<rest>(?:[^0-9].*|[0-2]\d[0-5]\d(?:[0-5]\d)?)?)$"
)
_TIME = re2.compile(
    r"^[T _](?P<h>[01]\d|2[0-3])[:.h-]?(?P<m>[0-5]\d)(?:[:.m-]?(?P<s>[0-5]\d))?(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
    r"(?P<rest>(?:[^0-9].*)?)$"
)
_SEQUENCE = re2.compile(r"^[-._](?P<n>\d{1,18})(?P<rest>(?:[^0-9A-Za-z].*)?)$")
_WEEK = re2.compile(r"^(?P<y>20\d\d)-?[wW](?P<w>[0-5]\d)(?P<rest>(?:[^0-9].*)?)$")
_NUMBERS = re2.compile(
    r"^(?:[vV](?:er(?:sion)?)?[. ]?)?(?:(?P<epoch>\d{1,9})!)?(?P<n>\d{1,18}(?:\.\d{1,18}){0,9})(?P<rest>(?:[^0-9].*)?)$"
)
# A word for versions without a sign behind it: `r99` of Subversion, `rev99`, `rel1.2`.
_GLUED = re2.compile(r"^(?i:release|rel|rev|r|version|ver|build)(?P<rest>\d.*)$")
_BRACKETED = re2.compile(r"^(?P<rest>.*?) *\((?:build *)?#?(?P<build>[0-9A-Za-z._-]{1,50})\)$")
_SPACED = re2.compile(r"^(?P<rest>[^ ]*) +(?:[bB]uild *)?#?(?P<build>\d{1,18})$")
_DESCRIBED = re2.compile(r"^(?P<rest>.*)-(?P<n>\d{1,9})-(?P<hash>g[0-9a-f]{4,40})(?:-dirty)?$")
_BUILD = re2.compile(r"^[0-9A-Za-z._-]{1,100}$")
_SEMANTIC = re2.compile(r"^-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)$")
_COUNTED = re2.compile(r"^(?P<word>[A-Za-z]+)(?P<n>\d{1,9})$")
_PEP440 = re2.compile(
    r"^(?:[-_.]?(?P<pre>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?P<pre_n>\d{1,18})?)?"
    r"(?P<post>-(?P<post_a>\d{1,18})|[-_.]?(?:post|rev|r)[-_.]?(?P<post_b>\d{1,18})?)?"
    r"(?P<dev>[-_.]?dev[-_.]?(?P<dev_n>\d{1,18})?)?$"
)
_WORDS = re2.compile(r"^[-._~](?P<words>[0-9A-Za-z]+(?:[-._~][0-9A-Za-z]+)*)$")


@dataclass(frozen=True, slots=True)
class Version:
    """What a name says: of which package ("" when it names none), and its place among that package's versions.

    `is_exact` is false where a build is named by a hash: equal keys are then different builds."""

    package: str
    key: Key
    is_exact: bool


def package_of(name: str) -> str:
    """The package that a release names, whether or not it names a version; "" for none."""
    version = parse(name)
    return version.package if version else name.rpartition("@")[0]


@lru_cache(maxsize=10_000)  # the releases of a project are asked for again and again
def parse(name: str) -> Version | None:
    """What the name says; None for a hash or a word."""
    if len(name) > LONGEST:
        return None
    package, _, text = name.rpartition("@")
    text = text.strip()
    if text.count("-") == 4 and _UUID.match(text):
        return None
    if found := _read(text):
        return Version(package, *found)
    places = [at for at, character in enumerate(text) if at and character in "-_/ :="]
    for at in places[:_SEPARATORS]:
        if found := _read(text[at + 1 :]):
            return Version(_joined(package, text[:at]), *found)
    return None


def _joined(package: str, prefix: str) -> str:
    """The package by what stands before `@` and before the version; words for "version" say nothing."""
    prefix = prefix.strip()
    if prefix.lower() in _GENERIC:
        return package
    return f"{package}@{prefix}" if package else prefix


def _read(text: str) -> tuple[Key, bool] | None:
    if not text.isascii() or "\n" in text:
        return None
    if text[:2] in ("19", "20") and (dated := _date(text)):
        return dated
    if text.isdecimal():
        is_number = len(text) <= 6 or _STAMP.match(text)
        return (_key(numbers=(int(text),)), True) if is_number else None
    if glued := _GLUED.match(text):
        text = glued["rest"]
    if not text[:1].isdecimal() and text[:1] not in ("v", "V"):
        return None
    if "." not in text and _HASH.match(text):
        return None
    match = _NUMBERS.match(text)
    if not match:
        return None
    return _tail(match["rest"], epoch=int(match["epoch"] or 0), numbers=tuple(map(int, match["n"].split("."))))


def _date(text: str) -> tuple[Key, bool] | None:
    """`2026-11-20`, `20261120.3`, `2026-11-20T10:30:00Z`, `2026-W47`: a day, its time, a number within it, a tail."""
    if week := _WEEK.match(text):
        return _tail(week["rest"], numbers=(int(week["y"]), int(week["w"])))
    match = _COMPACT.match(text) or _DOTTED.match(text) or _DATE.match(text)
    if not match:
        return None
    numbers = [int(match["y"]), int(match["m"]), int(match["d"] or 0)]
    rest = match["rest"]
    if rest[:1].isdecimal():  # 20261120 and hours, minutes, seconds
        return _key(numbers=(*numbers, int((rest + "00")[:6]))), True
    if time := _TIME.match(rest):
        numbers.append(int(time["h"] + time["m"] + (time["s"] or "00")))
        rest = time["rest"]
    while (step := _SEQUENCE.match(rest)) and len(numbers) < 10:
        numbers.append(int(step["n"]))
        rest = step["rest"]
    return _tail(rest, numbers=tuple(numbers), is_date=True)


def _tail(rest: str, *, numbers: tuple[int, ...], epoch: int = 0, is_date: bool = False) -> tuple[Key, bool] | None:
    """The key of the numbers and what follows them; None when that is nothing a version has."""
    build, post = "", -1
    if (" " in rest or "(" in rest) and (match := _BRACKETED.match(rest) or _SPACED.match(rest)):
        rest, build = match["rest"], match["build"]
    rest, plus, local = rest.partition("+")
    if plus and not _BUILD.match(local):
        return None
    build = f"{local}.{build}" if local and build else local or build
    if "-g" in rest and (match := _DESCRIBED.match(rest)):
        rest, post, build = match["rest"], int(match["n"]), build or match["hash"]
    pre, dev, is_exact = _FINAL, _NEVER, True
    if not rest:
        pass
    elif len(numbers) == 3 and not is_date and (match := _SEMANTIC.match(rest)):
        pre, is_exact = _identifiers(match["pre"])
    elif match := _PEP440.match(rest.lower()):
        if match["post"]:
            post = int(match["post_a"] or match["post_b"] or 0)
        dev = int(match["dev_n"] or 0) if match["dev"] else _NEVER
        if match["pre"]:
            pre = ((1, 0, _PHASES.get(match["pre"], match["pre"])), (0, int(match["pre_n"] or 0), ""))
        elif match["dev"] and post < 0:
            pre = _DEVELOPED
    elif len(numbers) > 1 and (match := _WORDS.match(rest)):
        words = match["words"]
        if is_date or _PART_HASH.match(words):
            build = f"{words}.{build}" if build else words
        elif words.lower() not in _ENDINGS:
            pre, is_exact = _identifiers(words)
    else:
        return None
    built, is_told = _built(build)
    return _key(epoch=epoch, numbers=numbers, pre=pre, post=post, dev=dev, build=built), is_exact and is_told


def _key(
    *,
    numbers: tuple[int, ...],
    epoch: int = 0,
    pre: tuple[_Word, ...] = _FINAL,
    post: int = -1,
    dev: int = _NEVER,
    build: tuple[_Word, ...] = (),
) -> Key:
    """The parts in the order in which they count; `1.0` and `1.0.0` are one."""
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers = numbers[:-1]
    return (epoch, numbers, pre, post, dev, build)


def _identifiers(text: str) -> tuple[tuple[_Word, ...], bool]:
    """Section 11 of SemVer 2.0.0: numbers before words, numbers by value, fewer before more.

    Two things differ, as no one means what it says of them: `rc10` is after `rc2`, and hashes are one word."""
    found: list[_Word] = []
    is_exact = True
    for word in text.replace("_", ".").replace("~", ".").split("."):
        if word.isdecimal():
            found.append((0, int(word), ""))
        elif counted := _COUNTED.match(word):
            found += [(1, 0, counted["word"]), (0, int(counted["n"]), "")]
        elif _is_hash(word):
            found.append((1, 0, ""))
            is_exact = False
        else:
            found.append((1, 0, word))
    return tuple(found), is_exact


def _built(text: str) -> tuple[tuple[_Word, ...], bool]:
    """The order of PEP 440's local versions: words before numbers, fewer before more; all hashes are one word."""
    found: list[_Word] = []
    is_exact = True
    for word in text.replace("-", ".").replace("_", ".").split(".") if text else ():
        if word.isdecimal():
            found.append((2, int(word), ""))
        elif _is_hash(word):
            found.append((1, 0, ""))
            is_exact = False
        else:
            found.append((0, 0, word.lower()))
    return tuple(found), is_exact


def _is_hash(word: str) -> bool:
    return bool(_PART_HASH.match(word)) and (word[0] == "g" or not (word.isalpha() or word.isdecimal()))
