"""What the name of an attribute says of its value: one table for every protocol.

A name is read in lower case, `-`, `_` and camelCase as dots, without the words that senders wrap around their own
attributes (`props.`, `tags.`, `extra.`): `enduser.id`, `enduser_id`, `props.enduserId` are one. The first line of TABLE
that fits counts; `*` stands for anything. `events.protocols.fields.kept` does what is declared here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, NamedTuple

import re2

from events.values.wordlists import word_set

Action = Literal[
    "drop",  # gone
    "mask",  # `[removed]`: that it was there is told, what it was is not
    "pseudonym",  # of a person, a session: who is the same, not who it is
    "machine",  # the name of a server or device: a pseudonym unless the project keeps them
    "person",  # what a person is called: gone unless the project collects it; it makes the pseudonym
    "address",  # of a network: gone unless the project collects addresses
    "statement",  # what a database was asked, without its values
    "body",  # of a request or message: as the project's switch for bodies says
    "query",  # of an address: as the project's switch for query strings says
    "url",  # an address, whose query is such a one
    "stack",  # a trace written as text: arguments as the switch for local variables says
    "variables",  # arguments and local variables: the same
    "agent",  # a user agent: the families of browser and device
]


class Rule(NamedTuple):
    """`kind` keeps pseudonyms of different things apart."""

    action: Action
    kind: str = ""


# Sources: OpenTelemetry's registry of attributes (1.38), Sentry's conventions, Traceloop's OpenLLMetry, OpenInference,
# Vercel's AI SDK, and what instrumentations called the same before there were conventions.
TABLE: tuple[tuple[Action, str, str], ...] = (
    # The sender cannot say who is who: this one is set here.
    ("drop", "", "user.key"),
    ("pseudonym", "user", "user.id enduser.id enduser.pseudo.id user.hash user.uid user.uuid *.user.id *.enduser.id"),
    ("pseudonym", "user", "enduser.pseudo* customer.id account.user.id member.id visitor.id distinct.id $user.id"),
    ("pseudonym", "user", "gen.ai.user user.segment.id langfuse.user.id traceloop.*.user.id anonymous.id usr.id"),
    ("person", "", "user.email user.name user.username user.full.name user.login user.phone user.display.name"),
    ("person", "", "username email user.mail user.first.name user.last.name user.nickname user.upn enduser.name"),
    ("person", "", "enduser.email usr.email usr.name *.user.email *.user.name *.user.username *.user.full.name"),
    (
        "person",
        "",
        "process.owner process.real.user.name process.saved.user.name process.user.name full.name first.name",
    ),
    ("person", "", "last.name customer.name customer.email *.user.phone user.roles enduser.role enduser.scope user"),
    ("address", "", "user.ip.address user.ip client.address client.ip http.client.ip net.peer.ip net.sock.peer.addr"),
    ("address", "", "network.peer.address client.socket.address source.address source.ip ip.address ip remote.addr"),
    ("address", "", "remote.ip remote.address x.forwarded.for forwarded real.ip x.real.ip *.client.ip *.remote.addr"),
    ("address", "", "user.geo.lat* user.geo.lon* geo.location.* geo.postal.code user.geo.city user.geo.postal.code"),
    ("address", "", "host.ip host.mac"),
    ("pseudonym", "session", "session.id session.previous.id $session.id browser.session.id gen.ai.conversation.id"),
    ("pseudonym", "session", "user.session.id *.session.id rum.session.id conversation.id thread.conversation.id"),
    ("machine", "device", "device.id device.unique.identifier device.device.unique.identifier app.installation.id"),
    ("machine", "device", "installation.id app.device.app.hash device.app.hash device.uuid device.serial* device.imei"),
    ("machine", "device", "device.android.id android.id device.idfa idfa idfv advertising.id device.mac.address"),
    ("machine", "device", "$device.id *.device.id app.installation* device.device.id device.vendor.id"),
    (
        "machine",
        "host",
        "host.name host.id host.hostname hostname server.name net.host.name machine.name computer.name",
    ),
    ("machine", "host", "*.host.name device.hostname node.name service.instance.id"),
    ("drop", "", "device.name device.owner device.user.name"),
    ("statement", "", "db.query.text db.statement db.sql db.sql.query sql.query sql.statement db.query.raw"),
    ("statement", "", "db.mongodb.query db.mongodb.command db.cassandra.query cassandra.query db.redis.command"),
    ("statement", "", "redis.command mongodb.query mongo.query mongodb.command elasticsearch.query elasticsearch.body"),
    (
        "statement",
        "",
        "db.elasticsearch.body db.elasticsearch.query cosmosdb.query db.cosmosdb.query memcached.command",
    ),
    ("drop", "", "db.query.parameter* db.query.values db.operation.parameter* db.operation.args db.statement.param*"),
    ("drop", "", "db.statement.values db.statement.args db.params db.param* db.bind* db.cursor db.args db.values"),
    ("drop", "", "db.sql.bind* db.sql.param* db.sql.values db.sql.args sql.bind* sql.param* sql.args sql.values"),
    ("drop", "", "db.*.values db.*.args db.*.bindings db.redis.key* db.redis.commands redis.key* redis.args*"),
    ("drop", "", "redis.commands db.response.body db.response.rows db.result* mongodb.filter mongodb.documents"),
    ("drop", "", "sentry.message.parameter* message.parameter* log.parameter* messagetemplate.param* log.args"),
    ("drop", "", "http.request.cookie* http.response.cookie* http.cookie* cookie cookies set.cookie"),
    ("drop", "", "http.request.header.cookie http.request.header.authorization http.response.header.set.cookie"),
    ("body", "", "http.request.body http.request.body.data http.request.body.text http.request.body.content"),
    ("body", "", "http.response.body http.response.body.data http.response.body.text http.response.body.content"),
    ("body", "", "http.request.body.json http.request.payload http.response.payload http.body http.request.data"),
    ("body", "", "http.response.data http.request.form* http.form* http.request.param* request.body request.payload"),
    ("body", "", "response.body response.payload request.data response.data request.form* request.json request.files"),
    ("body", "", "rpc.request.body rpc.response.body rpc.*.body rpc.body rpc.*.payload rpc.payload rpc.message.body"),
    (
        "body",
        "",
        "grpc.*.body grpc.*.payload grpc.*.message rpc.message.content rpc.jsonrpc.params rpc.args* rpc.params",
    ),
    ("body", "", "rpc.request.args rpc.*.arguments trpc.input trpc.*.input"),
    ("body", "", "messaging.message.body messaging.message.payload messaging.message.content messaging.body"),
    ("body", "", "messaging.payload messaging.message.headers messaging.message.header.* messaging.*.message.key"),
    (
        "body",
        "",
        "messaging.message.key messaging.task.args messaging.task.kwargs celery.args celery.kwargs celery.job.*",
    ),
    ("body", "", "celery.job job.args* job.kwargs job.arguments job.data job.payload queue.task.args task.args"),
    ("body", "", "task.kwargs task.input task.output messaging.celery.*args"),
    ("body", "", "faas.event faas.request* faas.response* faas.payload faas.body faas.document.content faas.input"),
    ("body", "", "faas.invoked.payload aws.lambda.event aws.lambda.payload aws.lambda.response lambda.event"),
    ("body", "", "aws.lambda.input faas.output function.arguments function.args function.input function.output"),
    ("body", "", "graphql.document graphql.variable* graphql.source graphql.query graphql.*.args.* graphql.args*"),
    ("body", "", "graphql.request.body graphql.*.variables graphql.operation.body gql.document gql.variables"),
    ("body", "", "body payload form.data post.data websocket.message ws.message *.request.body *.response.body"),
    ("body", "", "*.request.payload *.response.payload"),
    # Prompts, answers and the tools between them: the words of people, and whatever they pasted.
    ("mask", "", "gen.ai.prompt gen.ai.prompt.*.content gen.ai.completion gen.ai.completion.*.content"),
    ("mask", "", "gen.ai.prompt.*.tool.calls* gen.ai.completion.*.tool.calls* gen.ai.prompt.*arguments*"),
    (
        "mask",
        "",
        "gen.ai.completion.*arguments* gen.ai.*message gen.ai.*messages gen.ai.*messages.* gen.ai.system.instr*",
    ),
    ("mask", "", "gen.ai.input gen.ai.output gen.ai.input.text gen.ai.output.text gen.ai.response.text"),
    ("mask", "", "gen.ai.response.tool.calls gen.ai.response.object gen.ai.request.message* gen.ai.event.content"),
    (
        "mask",
        "",
        "gen.ai.tool.call.arg* gen.ai.tool.call.res* gen.ai.tool.input gen.ai.tool.output gen.ai.tool.message",
    ),
    ("mask", "", "gen.ai.tool.arguments gen.ai.tool.result gen.ai.choice gen.ai.content* gen.ai.embeddings.input"),
    ("mask", "", "gen.ai.retrieval.documents gen.ai.retrieval.query* gen.ai.evaluation.explanation gen.ai.reasoning*"),
    ("mask", "", "gen.ai.document* gen.ai.*.content"),
    (
        "mask",
        "",
        "ai.prompt ai.prompt.messages ai.prompt.tools ai.prompt.* ai.input.messages ai.input.* ai.texts ai.text",
    ),
    ("mask", "", "ai.response.text ai.response.object ai.response.toolcalls ai.response.tool.calls ai.responses"),
    ("mask", "", "ai.response.reasoning* ai.response.files ai.result.* ai.completion* ai.chat.* ai.preamble ai.value"),
    (
        "mask",
        "",
        "ai.values ai.toolcall.args ai.toolcall.result ai.tool.call.args ai.tool.call.result ai.function.call",
    ),
    ("mask", "", "ai.tool.calls ai.documents ai.search.queries ai.search.results ai.citations ai.embedding* ai.schema"),
    ("mask", "", "ai.settings.context ai.telemetry.metadata.prompt* ai.raw.prompting* ai.message*"),
    ("mask", "", "llm.prompt* llm.completion* llm.input* llm.output* llm.message* llm.content* llm.request.content"),
    ("mask", "", "llm.response.content llm.response.text llm.function.call llm.tools llm.invocation.parameters"),
    ("mask", "", "llm.chat* llm.user.* llm.system.prompt llm.*messages*"),
    (
        "mask",
        "",
        "traceloop.entity.input traceloop.entity.output traceloop.prompt* traceloop.*.input traceloop.*.output",
    ),
    ("mask", "", "input.value output.value prompt prompts completion message.content message.contents*"),
    (
        "mask",
        "",
        "message.tool.call* tool.call.function.* tool.parameters tool.arguments tool.args tool.input tool.output",
    ),
    (
        "mask",
        "",
        "tool.result retrieval.documents* reranker.*documents* reranker.query embedding.text embedding.embed*",
    ),
    (
        "mask",
        "",
        "document.content document.metadata langfuse.*input langfuse.*output langsmith.*input* mcp.request.arg*",
    ),
    (
        "mask",
        "",
        "mcp.tool.result* mcp.request.argument.* mcp.prompt.* mcp.tool.call.* mcp.tool.arguments pydantic.ai.all*",
    ),
    ("mask", "", "all.messages* crewai.*.description crewai.*.output haystack.*.input haystack.*.output"),
    ("stack", "", "code.stacktrace exception.stacktrace error.stack error.stacktrace exception.stack stacktrace"),
    ("stack", "", "stack.trace stack db.stacktrace log.stacktrace error.stack.trace thread.stacktrace *.stacktrace"),
    ("variables", "", "code.arguments code.args code.function.arguments code.function.args code.variables code.locals"),
    (
        "variables",
        "",
        "exception.locals local.variables locals vars code.local.* code.vars code.*.value function.kwargs",
    ),
    ("agent", "", "user.agent.original user.agent http.user.agent browser.user.agent http.request.header.user.agent"),
    ("agent", "", "$user.agent $raw.user.agent useragent ua *.user.agent user.agent.string http.useragent"),
    (
        "query",
        "",
        "http.query url.query http.fragment url.fragment request.query.string query.string http.query.string",
    ),
    ("query", "", "http.request.query"),
    ("url", "", "url.full http.url http.target url.original http.request.url $current.url page.url url location"),
    ("url", "", "http.request.header.referer http.referer http.referrer referer referrer $referrer document.referrer"),
)
# What senders put around names of their own.
WRAPPERS = ("props.", "tags.", "tag.", "extra.", "attributes.", "custom.", "resource.", "sentry.", "context.", "ctx.")
# Names that fit above and hold no such thing.
HARMLESS = word_set(
    "http.request.body.size http.response.body.size messaging.message.body.size db.query.summary user.agent.name "
    "user.agent.version user.agent.os.name user.agent.os.version user.agent.synthetic.type gen.ai.prompt.name "
    "gen.ai.output.type ai.prompt.name ai.completion.tokens.used ai.prompt.tokens.used llm.prompt.version "
    "llm.prompt.name llm.token.count.prompt llm.token.count.completion db.result.size faas.request.id "
    "faas.request.size faas.response.size "
)
# Who somebody is, in the order in which it is asked.
IDENTITIES = (
    "user.id", "enduser.id", "enduser.pseudo.id", "usr.id", "user.email", "enduser.email", "user.name", "user.username",
)  # fmt: skip

_CAMEL = re2.compile(r"([a-z0-9])([A-Z])")
_SEPARATORS = str.maketrans("-_/ :", ".....")
_LONGEST = 200


# By what a pattern begins or ends with, or by both: looked up, for a sender may invent names without end.
_EXACT: dict[str, tuple[int, Rule]] = {}
_BEGINS: dict[str, tuple[int, Rule]] = {}
_ENDS: dict[str, tuple[int, Rule]] = {}
_WILD: list[tuple[Any, tuple[int, Rule]]] = []
for _number, (_action, _kind, _patterns) in enumerate(TABLE):
    for _pattern in _patterns.split():
        _entry = (_number, Rule(_action, _kind))
        _parts = _pattern.split("*")
        if len(_parts) == 1:
            _EXACT.setdefault(_pattern, _entry)
        elif len(_parts) == 2 and not _parts[1]:
            _BEGINS.setdefault(_parts[0], _entry)
        elif len(_parts) == 2 and not _parts[0]:
            _ENDS.setdefault(_parts[1], _entry)
        else:
            _WILD.append((re2.compile(f"(?s)^{'.*'.join(map(re2.escape, _parts))}$"), _entry))


@lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """A name in the spelling of the table."""
    spelled = _CAMEL.sub(r"\1.\2", name[:_LONGEST]).translate(_SEPARATORS).lower()
    while wrapper := next((found for found in WRAPPERS if spelled.startswith(found)), ""):
        spelled = spelled[len(wrapper) :]
    return spelled


@lru_cache(maxsize=4096)
def rule(name: str) -> Rule | None:
    """What is declared of an attribute, None for a name that says nothing."""
    spelled = plain_name(name)
    if spelled in HARMLESS or spelled.endswith((".tokens", ".count")):
        return None
    found = [entry for pattern, entry in _WILD if pattern.search(spelled)]
    found += [_EXACT[spelled]] if spelled in _EXACT else []
    for cut in range(len(spelled) + 1):
        if spelled[:cut] in _BEGINS:
            found.append(_BEGINS[spelled[:cut]])
        if spelled[cut:] in _ENDS:
            found.append(_ENDS[spelled[cut:]])
    return min(found)[1] if found else None
