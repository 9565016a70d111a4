"""What is kept of a value whose name is declared (events.protocols.fields.declared), and of bodies, queries, agents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import re2

from events.protocols.contract import Context
from events.protocols.fields import links
from events.protocols.fields.declared import Rule, rule
from events.protocols.fields.texts import readable, scalar
from events.scrubbing import careful, databases
from events.values import addresses, browsers
from events.values.levels import Level

REMOVED = careful.REMOVED
LONGEST = 4096
# What a database was asked is cut after its values are out; a body is read before it is cut.
READ = 262_144
_IDENTITY = 200
# How deep names are looked for; `rule` reads 200 characters of a name.
_DEPTH = 6
_PREFIXES = {"device": "d_", "host": "h_", "session": "s_"}

# A line of a stack: its place stays (`File.java:12`, `/app/x.js:1:2`, `native`), arguments between brackets do not.
_LINE = re2.compile(r"^\s*(?:at\s|#\d+[\s:]|File\s\"|from\s|in\s|\[\d+\]|\([\w.]+ [\d.]+\)|[\w./\\-]+:\d+)")
_CALL = re2.compile(r"([\w$>\])])\(([^()\n]*)\)")
_PLACE = re2.compile(
    r"^(?:[^\s,'\"()]*\.[A-Za-z]+:\d[\d:]*|Native Method|Unknown Source|native|<anonymous>|\d*|[^\s,'\"()]*:\d+:\d+)$"
)
_LITERAL = re2.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
# Brackets that were read already.
_OPEN, _CLOSE, _NESTED = "\x02", "\x03", 5
# A name and its value, as interpreters print variables below a frame.
_VARIABLE = re2.compile(r"^(\s+(?:self\.)?[A-Za-z_]\w*\s*=\s*)\S.*$")


def value(declared: Rule, sent: Any, context: Context, *, system: str = "") -> Any:
    """What of a value is kept; None is nothing. `system` is the database that a statement was for."""
    return _ACTIONS[declared.action](declared, sent, context, system)


def mapping(sent: dict[str, Any], context: Context, *, prefix: str = "", depth: int = _DEPTH) -> dict[str, Any]:
    """A mapping of a sender's own names, each value as its name is declared; the same object when none is."""
    edits: dict[str, Any] = {}
    for name, held in sent.items():
        if held is None:
            continue
        if (declared := rule(name) if not prefix else rule(prefix + name) or rule(name)) is not None:
            edits[name] = value(declared, held, context)
        elif type(held) is dict and depth:
            inner = mapping(held, context, prefix=f"{prefix}{name}.", depth=depth - 1)
            if inner is not held:
                edits[name] = inner
        elif type(held) is list and depth and dict in map(type, held):
            edits[name] = [
                mapping(item, context, prefix=f"{prefix}{name}.", depth=depth - 1) if type(item) is dict else item
                for item in held
            ]
    if not edits:
        return sent
    return {name: kept for name, kept in (sent | edits).items() if kept is not None}


def pseudonym(kind: str, sent: Any, context: Context) -> str | None:
    """Who is the same: `u_` a person, `s_` a session, `d_` a device, `h_` a host."""
    identity = readable(sent, _IDENTITY)
    if not identity:
        return None
    found = context.pseudonym(kind, identity)
    return _PREFIXES[kind] + found[2:] if kind in _PREFIXES else found


def machine(sent: Any, context: Context, *, kind: str = "host") -> str | None:
    """The name of a server or device as the project keeps it."""
    return scalar(sent, _IDENTITY) or None if context.keeps_machine_names else pseudonym(kind, sent, context)


def agent(sent: Any) -> str | None:
    """The families of a user agent: `Firefox on desktop`."""
    text = sent if isinstance(sent, str) else ""
    return browsers.label(text) or None


def body(sent: Any, level: Level, *, longest: int = LONGEST) -> Any:
    """A body as the project's switch says: nothing, its shape and names, or its values scrubbed."""
    if level == "off" or sent is None or sent == "":
        return None
    if isinstance(sent, str):
        return _body_of_text(sent[:READ], level, longest)
    kept = careful.names(sent) if level == "names" else careful.careful(sent)
    return kept if isinstance(kept, dict | list) else readable(kept, longest)


def variables(sent: Any, level: Level) -> dict[str, Any] | None:
    """Local variables as the project's switch says."""
    if level == "off" or not isinstance(sent, dict) or not sent:
        return None
    if level == "names":
        return {careful.name(str(name)): REMOVED for name in sent}
    return {careful.name(str(name)): careful.labelled(str(name), held) for name, held in sent.items()}


def stack(sent: Any, level: Level, *, longest: int = LONGEST) -> str | None:
    """A stack trace written as text, its frames without arguments unless local variables are kept."""
    text = readable(sent, READ)
    if level == "scrubbed":
        return readable(careful.text(text), longest)
    return readable("\n".join(map(_frame, text.split("\n"))), longest) or None


def _frame(line: str) -> str:
    if found := _VARIABLE.search(line):
        # Source lines below a Python frame look alike; their literals are as good as arguments.
        return f"{found.group(1)}?"
    if not _LINE.search(line) and not line[:1].isspace():
        return line
    if 'File "' not in line and ":in " not in line:
        line = _LITERAL.sub("?", line)
    for _ in range(_NESTED):
        line, before = _CALL.sub(_call, line), line
        if line == before:
            break
    return line.replace(_OPEN, "(").replace(_CLOSE, ")")


def _call(found: Any) -> str:
    inside = found.group(2).strip()
    kept = inside if not inside or _PLACE.search(inside) else "?"
    return f"{found.group(1)}{_OPEN}{kept}{_CLOSE}"


def _body_of_text(sent: str, level: Level, longest: int) -> Any:
    text = sent.strip()
    if text[:1] in ("{", "["):
        try:
            return body(orjson.loads(text), level, longest=longest)
        except orjson.JSONDecodeError:
            # Cut off, or not JSON after all.
            pass
    if careful.FORM.search(text):
        return readable(careful.parameters(text, keeps_values=level == "scrubbed"), longest)
    return readable(careful.text(text), longest) if level == "scrubbed" else REMOVED


def _network(sent: str) -> str:
    """Of an address its network; what else stands under such a name, a place, as it is."""
    first = sent.partition(",")[0].strip()
    return addresses.partial(first) or ("" if ":" in first or first.count(".") == 3 else first)


def _url(sent: str, context: Context) -> str:
    tidy = links.tidy_words if " " in sent else links.tidy_url
    return tidy(sent, context.query_strings)


Kept = Callable[[Rule, Any, Context, str], Any]
_ACTIONS: dict[str, Kept] = {
    "drop": lambda declared, sent, context, system: None,
    "mask": lambda declared, sent, context, system: REMOVED if sent not in (None, "", [], {}) else None,
    "pseudonym": lambda declared, sent, context, system: (
        scalar(sent, _IDENTITY) or None
        if declared.kind == "user" and context.collects_user_data
        else pseudonym(declared.kind, sent, context)
    ),
    "machine": lambda declared, sent, context, system: machine(sent, context, kind=declared.kind),
    "person": lambda declared, sent, context, system: (
        readable(sent, _IDENTITY) or None if context.collects_user_data else None
    ),
    "address": lambda declared, sent, context, system: (
        _network(readable(sent, _IDENTITY)) or None if context.collects_ip else None
    ),
    "statement": lambda declared, sent, context, system: (
        databases.form(sent[:READ] if isinstance(sent, str) else readable(sent, LONGEST), system=system)[:LONGEST]
        or None
    ),
    "body": lambda declared, sent, context, system: (
        readable(body(sent, context.request_bodies), LONGEST) or None if sent is not None else None
    ),
    "query": lambda declared, sent, context, system: links.tidy_query(readable(sent, LONGEST), context.query_strings),
    "url": lambda declared, sent, context, system: _url(readable(sent, LONGEST), context),
    "stack": lambda declared, sent, context, system: stack(sent, context.local_variables),
    "variables": lambda declared, sent, context, system: readable(body(sent, context.local_variables), LONGEST) or None,
    "agent": lambda declared, sent, context, system: agent(sent),
}
