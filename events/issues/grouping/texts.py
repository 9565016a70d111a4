"""Messages without their variable parts, and one wording for what each browser says in its own words."""

from functools import lru_cache

import re2

LONGEST = 1000  # characters of a message that take part in grouping

_VARIABLE = re2.compile(
    r"(?P<url>\b[a-zA-Z][a-zA-Z0-9+.-]{1,15}://[^\s'\"<>()]+)"
    r"|(?P<email>\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<uuid>\b[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}\b)"
    r"|(?P<date>\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?\b"
    r"|\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:\d{1,2} )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
    r" \d{1,4}(?: \d{4})?(?: \d\d:\d\d(?::\d\d)?)?(?: (?:GMT|UTC|[+-]\d{4}))*"
    r"|\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b)"
    r"|(?P<ip>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b"
    r"|\b[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){3,7}\b|[0-9a-fA-F:]*[0-9a-fA-F]::[0-9a-fA-F:]+|\B::1\b)"
    r"|(?P<str>\B'[^'\n]*'\B|\"[^\"\n]*\"|`[^`\n]*`|\x{201c}[^\x{201d}\n]*\x{201d}|\x{ab}[^\x{bb}\n]*\x{bb})"
    r"|(?P<hex>\b0[xX][0-9a-fA-F]+\b|\b[0-9a-fA-F]*\d[0-9a-fA-F]{7,}\b|\b[0-9a-fA-F]{7,}\d[0-9a-fA-F]*\b)"
    r"|(?P<num>\b[A-Za-z_]*\d\w*(?:[.,]\d\w*)*)"
)
_NUMBER = re2.compile(r"\d+(?:[.,]\d+)*")
_SPACES = re2.compile(r"\s+")

# Each browser's words for one mistake, and the words used here. {0} and {1} are its groups.
_ACCESS = "cannot access property {0} of {1}"
_WORDINGS: tuple[tuple[str, str], ...] = (
    (r"Cannot (?:read|set) propert(?:y|ies) (?:'|\")?(.*?)(?:'|\")? ?of (undefined|null)$", _ACCESS),
    (r"Cannot (?:read|set) properties of (?P<value>undefined|null) \((?:reading|setting) '(?P<name>.*)'\)$", _ACCESS),
    (r"can't access property \"?(.*?)\"?, .* is (undefined|null)$", _ACCESS),
    (r"Cannot destructure property '(.*?)' of .* as it is (undefined|null)$", _ACCESS),
    (r"(?P<value>undefined|null) is not an object \(evaluating '(?P<name>.*)'\)$", _ACCESS),
    (r"Unable to (?:get|set) property '(.*?)' of (undefined|null)", _ACCESS),
    (r".* is not a function\. \(In '.*', '(.*)' is .*\)$", "{0} is not a function"),
    (r".* is not a function \(evaluating '(.*)'\)$", "{0} is not a function"),
    (r"Object doesn't support property or method '(.*)'$", "{0} is not a function"),
    (r"([^ ]+|\(intermediate value\).*) is not a function$", "{0} is not a function"),
    (r".* is not a constructor \(evaluating 'new (.*)'\)$", "{0} is not a constructor"),
    (r"([^ ]+) is not a constructor$", "{0} is not a constructor"),
    (r"Can't find variable: (.*)$", "{0} is not defined"),
    (r"'?([\w$]+)'? is (?:not defined|undefined in the current scope)$", "{0} is not defined"),
    (r"(?:object )?(?:undefined|null|[^ ]+) is not iterable(?: .*)?$", "value is not iterable"),
    (
        r"(?:Spread syntax requires .*iterable|.*is not a function or its return value is not iterable).*",
        "value is not iterable",
    ),
    (
        r"(?:Cannot access '|can't access lexical declaration ['\"])(.*?)['\"] before initialization$",
        "{0} before initialization",
    ),
    (
        r"(?:Assignment to constant variable|invalid assignment to const .*|Attempted to assign to readonly property"
        r"|Cannot assign to read only property .*|(?:\".*\"|'.*'|.*) is read-only)$",
        "assignment to constant",
    ),
    (r"(?:Maximum call stack size exceeded|too much recursion|Out of stack space)", "too much recursion"),
    (
        r"(?:Unexpected end of JSON input|JSON\.parse: unexpected end of data.*|JSON Parse error: Unexpected EOF)",
        "unexpected end of JSON",
    ),
    (
        r"(?:Unexpected (?:token|number|string|identifier|non-whitespace).* JSON.*|JSON\.parse: .*"
        r"|JSON Parse error: .*"
        r"|\".*\" is not valid JSON|Expected .* in JSON at .*)",
        "unexpected token in JSON",
    ),
    (
        r"(?:Failed to fetch dynamically imported module|error loading dynamically imported module"
        r"|Importing a module script failed)",
        "dynamic import failed",
    ),
    (
        r"(?:Failed to fetch|NetworkError when attempting to fetch resource|Load failed"
        r"|The network connection was lost|The Internet connection appears to be offline)\.?(?: \(.*\))?$",
        "failed to fetch",
    ),
    (r"ResizeObserver loop ", "ResizeObserver loop"),
    (
        r"(?:The user aborted a request|signal is aborted without reason|The operation was aborted|Fetch is aborted"
        r"|AbortError: .*)$",
        "aborted",
    ),
    (
        r"(?:Converting circular structure to JSON|cyclic object value|JSON\.stringify cannot serialize cyclic)",
        "cyclic value in JSON",
    ),
    (r"(?i)(?:invalid array length|array size is not a small enough positive integer)", "invalid array length"),
    (r"(?i)invalid (?:time value|date)$", "invalid date"),
    (r".*(?:exceeded the quota|quota has been exceeded)", "quota exceeded"),
    (
        r"Failed to (?:execute|construct|read the|set the) '(\w+)'(?: property)? (?:on|from) '(\w+)': (.*)$",
        "{1}.{0}: {2}",
    ),
    (r"Script error", "Script error"),
)
_COMPILED = tuple((re2.compile(pattern), words) for pattern, words in _WORDINGS)
_PREFIX = re2.compile(
    r"^(?:Uncaught \(in promise\):? ?|Uncaught |uncaught exception: |Unhandled (?:promise )?rejection(?: \(.*?\))?:? ?"
    r"|(?:[A-Z]\w*)?Error: )+"
)
_ACCESSOR = re2.compile(r"([\w$]+)[\"'\]()]*$")


def text(value: object, *, limit: int = LONGEST) -> str:
    """The first `limit` characters of a string (numbers become one), encodable as UTF-8; "" for anything else."""
    if type(value) is not str:
        if isinstance(value, (bool, int, float)):
            return repr(value)[:limit] if not isinstance(value, int) or abs(value) < 1 << 64 else ""
        return ""
    if len(value) > limit:
        value = value[:limit]
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def first_line(value: str) -> str:
    """The first line that says something."""
    stripped = value.strip()
    return stripped.split("\n", 1)[0].strip() if "\n" in stripped else stripped


def _placeholder(match: "re2._Match[str]") -> str:
    kind, found = match.lastgroup, match.group()
    if kind == "num" or (kind == "hex" and found.isdecimal()):
        spelled, numbers = _NUMBER.subn("<num>", found)
        return str(spelled) if numbers == 1 else "<id>"
    return f"<{kind}>"


@lru_cache(maxsize=2048)
def without_variables(message: str) -> str:
    """The message with numbers, ids, addresses, dates and quoted values replaced by what they are: `user <num>`."""
    marked = _VARIABLE.sub(_placeholder, message[:LONGEST])
    return _SPACES.sub(" ", marked).strip()


@lru_cache(maxsize=2048)
def in_one_wording(message: str) -> str:
    """A browser's message in words that Chrome, Firefox and Safari share; unknown messages come back trimmed."""
    message = _PREFIX.sub("", first_line(message)).strip().rstrip(".")
    for pattern, words in _COMPILED:
        match = pattern.match(message)
        if match:
            return _filled(words, match)
    return message


def _filled(words: str, match: "re2._Match[str]") -> str:
    named: dict[str, str] = match.groupdict()
    groups = [named["name"], named["value"]] if named else [group or "" for group in match.groups()]
    if groups and words[:3] != "{1}":
        groups[0] = _last_accessor(groups[0])
    return words.format(*groups)


def _last_accessor(expression: str) -> str:
    """`x` of `a.b.x`, `a["x"]`, `a.x()` and `a.x = 1`: engines print more or less of what stands before it."""
    expression = expression.split(" = ", 1)[0].strip()
    found = _ACCESSOR.search(expression)
    if found:
        return str(found.group(1))
    called = expression.find("(", 1)
    found = _ACCESSOR.search(expression[:called]) if called > 0 else None
    return str(found.group(1)) if found else expression
