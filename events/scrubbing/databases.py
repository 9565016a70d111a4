"""What a database was asked, without the values: SQL, documents, commands; in spans, logs, breadcrumbs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import re2

from events.scrubbing import scrub_text
from events.values import lenient, sql
from events.values.statements import commands, documents
from events.values.wordlists import word_set

# Attributes that hold what was asked. The values that it leaves out are declared with all others that are not kept
# (events.protocols.fields.declared).
TEXTS = ("db.query.text", "db.statement")
_TEXTS = frozenset(TEXTS)
# The same in the data of a breadcrumb about a query.
CRUMB_TEXTS = (*TEXTS, "sql", "query", "statement", "command", "filter")
CRUMB_BOUND = word_set("bindings binds params parameters args values type_casted_binds arguments documents ")
_CRUMBS = ("query", "db", "sql", "redis", "mongo", "database")
_CRUMB_SYSTEMS = (("redis", "redis"), ("db.redis", "redis"), ("mongo", "mongodb"), ("db.mongo", "mongodb"))

COMMANDS = frozenset({"redis", "valkey", "memcached", "keydb", "dragonfly", "aws.elasticache"})
DOCUMENTS = word_set(
    "mongodb elasticsearch opensearch dynamodb aws.dynamodb couchdb documentdb firestore gcp.firestore "
    "meilisearch typesense solr "
)
# Asked in something like SQL, yet no relations: such spans are no queries either.
NOT_SQL = COMMANDS | DOCUMENTS | {"cassandra"}

_REMEMBERED = 1000

# How a statement begins; lower case needs more of its shape, or "select a size from the list" is one.
_NAMED = r"[\w\"`.\[\]]+(?:\s+(?:as\s+)?\w+)?\s*"
# The first argument of a call in lower case: a value or its place, no word.
_FIRST = r"\(\s*(?:[eEnN]?'|\$\d|[:@?%]|\d)"
_BEGINS = (
    r"(?:SELECT\s[^;]*?\bFROM\s|(?:INSERT|REPLACE|MERGE)\s+(?:\w+\s+)?INTO\s|UPDATE\s[^;]{1,200}?\sSET\s|DELETE\s+FROM\s"
    r"|WITH\s+(?:RECURSIVE\s+)?[\w\"`]+\s*(?:\([^()]*\)\s*)?AS\s"
    r"|(?:ALTER|CREATE)\s+(?:USER|ROLE|LOGIN|DATABASE|SYSTEM|SERVER|SUBSCRIPTION|CREDENTIAL)\s"
    rf"|select\s[^;]*?\bfrom\s+{_NAMED}(?:;|\z|\b(?:where|order\s+by|group\s+by|limit|left|right|inner|cross|join)\b)"
    # A batch of CQL, a procedure, a function without a table, Cypher.
    r"|BEGIN\s+(?:UNLOGGED\s+|COUNTER\s+)?BATCH\s|EXPLAIN\s+(?:\w+\s+|\([^()]*\)\s*)?(?:SELECT|INSERT|UPDATE|DELETE|WITH)\s"
    r"|EXEC(?:UTE)?\s+[\w.\[\]]+\s+(?:[@']|\d+\s*(?:[,;]|\z))|CALL\s+[\w.]+\s*\(|SELECT\s+[\w.]+\s*\(|(?:OPTIONAL\s+)?MATCH\s*\(|MERGE\s*\("
    rf"|(?i:select\s+(?:\*\s+from\s+)?|perform\s+|call\s+|execute\s+)[\w.\"]+{_FIRST}|EXECUTE\s+[\w\"]+\s*\(|(?i:values)\s*{_FIRST}"
    r"|(?i:exec(?:ute)?)\s+(?:[\w.\[\]]+\s+@\w+\s*=|[\w.]*\bsp_\w+\s+[nN]?')"
    # What is set for a session, and what is told to those who listen.
    r"|(?i:set\s+(?:(?:session|local|global|persist)\s+[\w.\"`@]+|@+[\w.]+)\s*(?:=|:=|\bto\b))\s*\S"
    r"|(?i:set\s+\w+\.[\w.]+\s*(?:=|\bto\b))\s*'|SET\s+[\w.\"`]+\s*(?:=|\bTO\b)\s*'|(?i:notify)\s+\S+,\s*'"
    r"|SET\s+PASSWORD\s|GRANT\s[^;]*?\sIDENTIFIED\s"
    # Statements kept for later, blocks, files, remarks.
    r"|PREPARE\s+[\w\"]+\s*(?:\([^()]*\)\s*)?(?:AS|FROM)\s|prepare\s+\w+\s*(?:\([^()]*\)\s*)?as\s+(?:select|insert|update|delete|with)\s"
    r"|(?i:declare\s+\S+\s+[^;]*?\bcursor\b[^;]*?\bfor\s)|(?i:do)\s+(?:(?i:language)\s+\w+\s+)?\$\w*\$"
    r"|COPY\s+[\w.\"]+\s*(?:\([^()]*\)\s*)?(?:FROM|TO)\s+(?:PROGRAM\s+)?'|(?i:comment\s+on\s+\w+\s[^;]*?\sis\s)'|SHOW\s[^;]*?\s(?:LIKE|WHERE)\s"
    rf"|insert\s+into\s+{_NAMED}\(|update\s+{_NAMED}\bset\s+[\w\"`.\[\]]+\s*=|delete\s+from\s+{_NAMED}(?:;|\z|\bwhere\b))"
)
_COMMENT = r"(?:/\*[^*]*\*/\s*)?"
_STATEMENT = re2.compile(rf"(?s)^\s*{_COMMENT}{_BEGINS}")
# A logger puts a time, a name or a colour before it: `(0.001) SELECT`, `User Load (0.5ms)  SELECT`, `query: SELECT`.
_BEGINNINGS = word_set(
    "sele inse repl merg upda dele with alte crea begi expl exec call matc opti gran set "
    "perf valu noti prep decl do do\t copy comm show "
)
_LOGGED = re2.compile(rf"(?s)^((?:[^\n]{{0,160}}?(?:[:=>\])]|\x1b\[[\d;]*m)\s*)?){_COMMENT}{_BEGINS}")
# And the values behind it: `; args=(…)`, ` [["id", 1]]`, ` [parameters: …]`.
_VALUES = re2.compile(
    r"(?is)[;,]?\s*(?:\[\[\s*[\"']|[\[({]?\s*\b(?:with\s+)?(?:parameters|params|bindings|binds|args)\b[\"']?\s*[:=]).*$"
)
# Lines that hold nothing but values: of SQLAlchemy, of Hibernate, of PostgreSQL's own log.
_ONLY_VALUES = re2.compile(
    r"(?is)^(\[(?:generated in|cached since|no key|raw sql|caching disabled)[^\]]*\]"
    r"|.{0,80}\bbinding parameter \S+(?: as \S+)?|(?:detail:\s*)?parameters:\s*\$1 =)\s*\S.*$"
)
# A command of MongoDB as its drivers log it.
_DOCUMENT = re2.compile(
    r"^\s*\{\s*[\"'](?:find|aggregate|insert|update|delete|count|distinct|find[aA]nd[mM]odify|getMore)[\"']\s*:"
)
# What a logger or a driver puts before it: a time, a name, the address of a client.
_BEFORE = r"((?:[^\n]{0,160}?(?:[:=>\])]|\x1b\[[\d;]*m)\s*)?)"
# Commands that nobody takes for a word or for HTTP; the short ones by a key such as `user:1`.
_COMMANDS = (
    r"(?:HM?SET|HSETNX|HM?GET|HGETALL|HDEL|HINCRBY|HEXISTS|P?SETEX|SETNX|GETSET|GETDEL|GETEX|MSET(?:NX)?|MGET|[LR]PUSHX?|LREM"
    r"|LSET|LRANGE|SADD|SREM|SISMEMBER|SMEMBERS|ZADD|ZREM|ZSCORE|ZINCRBY|ZRANGE|XADD|PUBLISH|EVALSHA|P?EXPIRE|INCRBY|DECRBY"
    r"|PFADD|GEOADD|JSON\.SET|FT\.SEARCH|AUTH|CONFIG SET)\"?\s+\S"
    r"|(?:SET|GET|DEL|UNLINK|EXISTS|INCR|DECR|TTL|APPEND)\"?\s+\"?[\w.\-]+:[\w.:@\-]"
)
# One of these stands in each: asked first, for hardly any line has one.
_COMMAND_SIGNS = (
    "SET", "GET", "DEL", "INCR", "DECR", "PUSH", "REM", "ADD", "EXI", "EXPIRE", "MEMBER", "RANGE", "SCORE", "PUBLISH",
    "EVALSHA", "SEARCH", "AUTH", "UNLINK", "TTL", "APPEND",
)  # fmt: skip
_COMMAND = re2.compile(rf"^{_BEFORE}(\"?(?:{_COMMANDS}).*)$")
# A question of MongoDB as its shell and Mongoose write it: `users.findOne({…})`.
_SHELL = re2.compile(
    r"(?s)^([^\n]{0,160}?\b\w+\.(?:find|findOne|findOneAnd\w+|insert|insertOne|insertMany|update|updateOne|updateMany|replaceOne"
    r"|deleteOne|deleteMany|remove|aggregate|bulkWrite|count|countDocuments|distinct)\( ?)([\[{\"'].*)$"
)
_OPENINGS = ("({", "([", "( {", '("', "('")
# What databases repeat of a row when they refuse it.
_ROW = re2.compile(
    r"(?s)(\)=\()[^\n]*?(\) (?:already exists|is not present|is still referenced|conflicts)|\)\.?\s*\z)"
    r"|((?:Failing row contains|duplicate key value is|[kK]ey value is) \()[^\n]*(\))"
    r"|((?:Duplicate entry|(?:Truncated i|I)ncorrect [\w ]+ value:) ')[^\n]*?(' for (?:key|column)|'\s*\z)"
    r"|(invalid input (?:syntax|value) for [\w ]+: \")[^\n]*?(\")"
    r"|(dup key: \{)[^\n]*(\})"
)
# What PL/pgSQL was at, as PostgreSQL's log has it.
_CONTEXT = re2.compile(r'(?s)(SQL (?:statement|expression) ")((?:[^"]|"")*)("|\z)')
_EMBEDDED = re2.compile(r"(?s)\[SQL: (.*?)\](\s*(?:\n|\[|\(Background|\z))")
_PARAMETERS = re2.compile(r"(?s)\[(?:SQL )?[pP]arameters?: .*?\](\s*(?:\n|\(Background|\z))")
_WORTH_A_LOOK = (
    " FROM ", " from ", "INTO ", "into ", " SET ", " set ", "WITH ", "USER ", "ROLE ", "FROM\n", "\nFROM", "from\n",
    "elect ", "erform ", "ALUES", "alues", "NOTIFY", "notify", "REPARE ", "repare ", "ECLARE ", "eclare ", "DO ", "do ",
    "COPY ", "OMMENT ON", "omment on", "SHOW ", "SET ", "set ", "exec", "call ",
    "BATCH", "EXPLAIN ", "EXEC", "CALL ", "SELECT ", "MATCH", "MERGE", "PASSWORD", " IDENTIFIED ",
    "[generated in", "[cached since", "[raw sql", "[no key", "[caching", "binding parameter", "arameters: $1",
)  # fmt: skip
# What commands of key-value stores and statements of SQL have in common begins so where it is SQL's.
_SQL_NOT_COMMAND = re2.compile(
    r"(?i)^\s*(?:(?:select|exec)\s|delete\s+from\s|replace\s+(?:\w+\s+)?into\s|(?:move|reset|discard|copy)\b"
    r"|set\s+(?:[\w.@]+\s*(?:=|\bto\b)|session|local|global|names|transaction|role|constraints))"
)


def system_of(attributes: Mapping[str, Any]) -> str:
    """The name of the database that was asked, empty when nobody says."""
    system = attributes.get("db.system.name") or attributes.get("db.system") or ""
    if type(system) is dict:
        system = system.get("value")
    return system[:40].lower() if type(system) is str else ""


def asks(op: str, attributes: Mapping[str, Any]) -> bool:
    """Whether a span is a question to a database."""
    return (
        op == "db"
        or op.startswith("db.")
        or "db.system" in attributes
        or "db.system.name" in attributes
        or "db.query.text" in attributes
        or "db.statement" in attributes
    )


def is_sql(text: str, *, system: str = "", op: str = "") -> bool:
    """Whether what was asked is read as SQL: by the name of the database, else by how it begins."""
    if system:
        return system not in COMMANDS and system not in DOCUMENTS
    if op.startswith(("db.redis", "db.mongo")) or documents.opens(text):
        return False
    return not commands.opens(text) or _SQL_NOT_COMMAND.search(text) is not None


def form(text: str, *, system: str = "", op: str = "") -> str:
    """What was asked, without the values; the normal form where it is SQL."""
    # Programs ask the same again and again; long texts are not remembered, so that the memory stays bounded.
    return (_form if len(text) <= _REMEMBERED else _form.__wrapped__)(text, system, op)


@lru_cache(maxsize=2048)
def _form(text: str, system: str, op: str) -> str:
    if not system and not _begins(text):
        # Perhaps no statement at all: a secret goes by its own rule, before masking takes apart what it is known by.
        text = scrub_text(text)
    if is_sql(text, system=system, op=op):
        return sql.normalised(text, system=system).text
    if documents.opens(text) or system in DOCUMENTS or op.startswith("db.mongo"):
        return documents.masked(text)
    return commands.masked(text)


def name(text: str, *, op: str, attributes: Mapping[str, Any]) -> str | None:
    """The name of a span without the values of what was asked, or None for a span that asks nothing."""
    if not asks(op, attributes) and not _begins(text):
        shorter = logged(text)
        return None if shorter == text else shorter
    system = system_of(attributes)
    if system in COMMANDS or op.startswith("db.redis"):
        return commands.name(text)
    return form(text, system=system, op=op)


def _begins(text: str) -> bool:
    # Quick tests first: hardly any text is a statement.
    first = text.lstrip()[:4].lower()
    return (first in _BEGINNINGS or first[:2] == "/*") and _STATEMENT.search(text) is not None


def failed(text: str) -> str:
    """A message, or a line of a log, without what a database repeats: its statement, parameters, the row it refused."""
    if "SQL: " in text:
        text = _EMBEDDED.sub(lambda found: f"[SQL: {form(found.group(1))}]{found.group(2)}", text)
    if "arameter" in text:
        text = _PARAMETERS.sub(lambda found: f"[parameters: ?]{found.group(1)}", text)
    if any(map(text.__contains__, _OF_ROWS)):
        text = _ROW.sub(_without_row, text)
    return logged(text)


_OF_ROWS = (")=(", "row contains", "key value is", "Duplicate entry", "ncorrect ", "invalid input", "dup key")


def _without_row(found: Any) -> str:
    before, after = (part for part in found.groups() if part is not None)
    return f"{before}?{after}"


def logged(text: str) -> str:
    """A line of a log, the statement in it without values. Lines that begin with none are left alone."""
    if "SQL statement" in text or "SQL expression" in text:
        text = _CONTEXT.sub(lambda found: found.group(1) + form(found.group(2)) + found.group(3), text)
    if text[:1] == "{" and _DOCUMENT.search(text):
        return documents.masked(text)
    if any(map(text.__contains__, _OPENINGS)) and (asked := _SHELL.search(text)):
        return asked.group(1) + documents.masked(asked.group(2))
    if (
        text[:5] != "GET /"
        and any(map(text.__contains__, _COMMAND_SIGNS))
        and (asked := _COMMAND.search(text)) is not None
    ):
        return asked.group(1) + commands.masked(asked.group(2).replace('"', "", 2))
    for word in _WORTH_A_LOOK:
        if word in text:
            return (_logged if len(text) <= _REMEMBERED else _logged.__wrapped__)(text)
    return text


@lru_cache(maxsize=1024)
def _logged(text: str) -> str:
    if values := _ONLY_VALUES.search(text):
        return f"{values.group(1)} ?"
    found = _LOGGED.search(text)
    if found is None:
        return text
    start = found.end(1)
    return text[:start] + sql.normalised(_VALUES.sub("", text[start:])).text


def crumb(message: Any, data: Any, category: str) -> tuple[Any, Any]:
    """The message and data of a breadcrumb without the values of what was asked."""
    is_question, system = _category(category)
    if type(data) is dict and (is_question or not _TEXTS.isdisjoint(data)):
        system = system_of(data) or system
        data = _crumb_data(data, system, is_question=is_question)
    if type(message) is str:
        if not is_question:
            message = failed(message)
        elif system in COMMANDS:
            message = commands.name(message)
        else:
            message = form(message, system=system)
    return message, data


@lru_cache(maxsize=1024)
def _category(category: str) -> tuple[bool, str]:
    """Whether breadcrumbs of a category are questions to a database, and to which."""
    system = next((name for word, name in _CRUMB_SYSTEMS if category.startswith(word)), "")
    return category.startswith(_CRUMBS), system


def _crumb_data(data: Mapping[str, Any], system: str, *, is_question: bool) -> dict[str, Any]:
    texts, bound = (CRUMB_TEXTS, CRUMB_BOUND) if is_question else (TEXTS, ())
    return {
        key: _crumb_text(value, system) if key in texts else value for key, value in data.items() if key not in bound
    }


def _crumb_text(value: Any, system: str) -> Any:
    if type(value) is dict or type(value) is list:
        return documents.masked(lenient.canonical(value).decode())
    return form(value, system=system) if type(value) is str else value
