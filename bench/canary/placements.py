"""Every place of every kind of item that text can stand in, and what stands there."""

import json
import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from events.tests import scrubbing_corpus as corpus

Json = dict[str, Any]
# Short or split forms of what the corpus makes are left to its own tests: here a hit must be certain.
UNSURE = {"ipv6", "ssn"}


@dataclass(frozen=True)
class Canary:
    """One secret that may never be found again: `needle` is what is looked for, `kind` and `place` say whose it is."""

    kind: str
    place: str
    needle: str


class Cage:
    """Makes texts and pairs that hold a fresh secret each, and remembers them all."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.canaries: list[Canary] = []
        self.makers = {kind: make for kind, make in (corpus.TOKENS | corpus.PERSONAL).items() if kind not in UNSURE}

    def text(self, place: str) -> str:
        """A sentence, a command, a URL or a document with a secret in it."""
        if self.dice.random() < 0.5:
            kind = self.dice.choice(sorted(self.makers))
            return self.dice.choice(SENTENCES).replace("§", self._secret(kind, place, self.makers[kind]))
        name, kind, template = self.dice.choice(corpus.TEMPLATES)
        return template.replace("§", self._secret(name, place, corpus._TEMPLATE_MAKERS[kind]))

    def named(self, place: str) -> tuple[str, str]:
        """A name that gives its value away, and the value."""
        key = self.dice.choice(corpus.SECRETS_BY_KEY)
        return key, self._secret(f"under {key}", place, corpus.opaque)

    def of(self, kind: str, place: str) -> str:
        return self._secret(kind, place, self.makers[kind])

    def _secret(self, kind: str, place: str, make: corpus.Maker) -> str:
        secret = make(self.dice)
        self.canaries += [Canary(kind, place, needle) for needle in needles(kind, secret)]
        return secret


SENTENCES = (
    "upstream said no for §, giving up",
    "could not use '§'",
    "request failed (id §)",
    '{"value": "§", "ok": true}',
    "§",
    "retry 3 of 5: §",
)


def needles(kind: str, secret: str) -> list[str]:
    """What is looked for: the end of a long secret, each line of a key, the domain of an address, else all of it."""
    if "\n" in secret:
        return secret.split("\n")
    if "@" in secret:
        return [secret.rpartition("@")[2]]
    return [secret[-16:] if len(secret) >= 24 else secret]


def error(cage: Cage) -> tuple[str, bytes]:
    """An error with a secret in each of a dozen of its places."""
    t = cage.text
    frame: Json = {"function": "load", "module": "shop.load", "filename": "shop/load.py", "lineno": 7, "in_app": True}
    event = _event(cage) | {
        "exception": {"values": [{"type": "ValueError", "value": "bad", "stacktrace": {"frames": [frame]}}]},
        "request": {"url": "https://shop.example/pay", "method": "POST"},
        "contexts": {}, "extra": {}, "tags": {}, "breadcrumbs": {"values": []},
    }  # fmt: skip
    places: Mapping[str, Callable[[], object]] = {
        "message": lambda: event.update(message=t("message")),
        "logentry": lambda: event.update(logentry={"message": "said %s", "params": [t("logentry")]}),
        "exception value": lambda: event["exception"]["values"][0].update(value=t("exception value")),
        "mechanism": lambda: event["exception"]["values"][0].update(
            mechanism={"type": "generic", "data": {"note": t("mechanism")}}
        ),
        "vars": lambda: frame.update(vars={"x": repr(t("vars"))}),
        "named vars": lambda: frame.setdefault("vars", {}).update([cage.named("named vars")]),
        "source": lambda: frame.update(context_line=t("source"), pre_context=[t("source")]),
        "crumb message": lambda: _crumb(event, message=t("crumb message")),
        "crumb data": lambda: _crumb(event, data={"note": t("crumb data")}),
        "crumb url": lambda: _crumb(event, category="fetch", data={"url": t("crumb url"), "method": "GET"}),
        "named crumb data": lambda: _crumb(event, data=dict([cage.named("named crumb data")])),
        "url": lambda: event["request"].update(url=t("url")),
        "query": lambda: event["request"].update(query_string=t("query")),
        "body": lambda: event["request"].update(data=t("body")),
        "named body": lambda: event["request"].update(data=dict([cage.named("named body")])),
        "cookies": lambda: event["request"].update(cookies={"theme": t("cookies")}),
        "header": lambda: event["request"].update(headers={"X-Custom": t("header"), "User-Agent": t("user agent")}),
        "bearer": lambda: event["request"].update(headers=[["Authorization", f"Bearer {cage.of('jwt', 'bearer')}"]]),
        "env": lambda: event["request"].update(env={"REMOTE_ADDR": cage.of("ipv4", "env"), "SERVER_NAME": "a"}),
        "extra": lambda: event["extra"].update(note=t("extra"), deep=[{"a": [t("extra")]}]),
        "named extra": lambda: event["extra"].update([cage.named("named extra")]),
        "context": lambda: event["contexts"].update(shop={"note": t("context")}),
        "named context": lambda: event["contexts"].update(shop=dict([cage.named("named context")])),
        "tag": lambda: event["tags"].update(note=t("tag")),
        "named tag": lambda: event["tags"].update([cage.named("named tag")]),
        "user": lambda: event.update(user={"id": "7", "email": cage.of("email", "user"), "note": t("user"),
                                           "username": cage.of("email", "user"),
                                           "ip_address": cage.of("ipv4", "user")}),
        "user id": lambda: event.update(user={"id": cage.of("email", "user id")}),
        "transaction": lambda: event.update(transaction=t("transaction")),
        "server": lambda: event.update(server_name=t("server")),
        "fingerprint": lambda: event.update(fingerprint=["shop", t("fingerprint")]),
        "threads": lambda: event.update(threads={"values": [{"name": t("threads"), "id": 1}]}),
        "logger": lambda: event.update(logger=t("logger")),
        "unknown field": lambda: event.update(note=t("unknown field")),
    }  # fmt: skip
    for place in cage.dice.sample(sorted(places), 12):
        places[place]()
    return "envelope", envelope(event["event_id"], ({"type": "event"}, event))


def store(cage: Cage) -> tuple[str, bytes]:
    """The older way in: one event, no envelope."""
    event = _event(cage) | {"message": cage.text("store message"), "extra": dict([cage.named("store extra")])}
    return "store", json.dumps(event).encode()


def transaction(cage: Cage) -> tuple[str, bytes]:
    now, trace = time.time(), uuid.uuid4().hex
    span = {
        "span_id": trace[:16], "trace_id": trace, "op": "db", "start_timestamp": now - 1, "timestamp": now,
        "description": cage.text("span description"),
        "data": {"note": cage.text("span data"), **dict([cage.named("named span data")])},
        "tags": {"note": cage.text("span tag")},
    }  # fmt: skip
    event = _event(cage) | {
        "type": "transaction", "transaction": cage.text("transaction name"), "spans": [span],
        "start_timestamp": now - 2,
        "contexts": {"trace": {"trace_id": trace, "span_id": trace[16:], "op": "http.server",
                               "data": {"url.full": cage.text("trace data"), "note": cage.text("trace data")}}},
    }  # fmt: skip
    return "envelope", envelope(event["event_id"], ({"type": "transaction"}, event))


def spans(cage: Cage) -> tuple[str, bytes]:
    now, trace = time.time(), uuid.uuid4().hex
    attributes = {"note": cage.text("streamed span"), "url.full": cage.text("streamed url"),
                  "user.email": cage.of("email", "streamed user"), "client.address": cage.of("ipv4", "streamed user"),
                  "http.request.header.authorization": f"Bearer {cage.of('jwt', 'streamed header')}",
                  **dict([cage.named("streamed name")])}  # fmt: skip
    span = {"trace_id": trace, "span_id": trace[:16], "name": cage.text("streamed span name"), "status": "ok",
            "is_segment": True, "start_timestamp": now - 1, "end_timestamp": now,
            "attributes": _typed(attributes)}  # fmt: skip
    return "envelope", envelope(None, _batch("span", [span]))


def logs(cage: Cage) -> tuple[str, bytes]:
    items = [
        {"timestamp": time.time(), "level": "info", "body": cage.text("log body"), "trace_id": uuid.uuid4().hex,
         "attributes": _typed({"note": cage.text("log attribute"), "sentry.message.template": cage.text("log template"),
                               "user.name": cage.of("email", "log user"), **dict([cage.named("named log")])})}
        for _ in range(3)
    ]  # fmt: skip
    return "envelope", envelope(None, _batch("log", items))


def metrics(cage: Cage) -> tuple[str, bytes]:
    attributes = _typed({"note": cage.text("metric attribute"), **dict([cage.named("named metric")])})
    item = {"timestamp": time.time(), "name": "canary.count", "type": "counter", "value": 1,
            "trace_id": uuid.uuid4().hex, "attributes": attributes}  # fmt: skip
    return "envelope", envelope(None, _batch("trace_metric", [item]))


def attachment(cage: Cage) -> tuple[str, bytes]:
    event_id = cage_id(cage)
    lines = [cage.text("attachment") for _ in range(6)] + ["{}={}".format(*cage.named("named attachment"))]
    data = "\n\n".join(lines).encode()
    event = json.dumps(_event(cage) | {"event_id": event_id, "message": "see the file"}).encode()
    file = json.dumps({"type": "attachment", "length": len(data), "filename": "shop.log"}).encode()
    head = json.dumps({"type": "event", "length": len(event)}).encode()
    return "envelope", b"\n".join([json.dumps({"event_id": event_id}).encode(), head, event, file, data])


def feedback(cage: Cage) -> tuple[str, bytes]:
    written = {"message": cage.text("feedback"), "contact_email": cage.of("email", "feedback contact"),
               "name": cage.of("email", "feedback name"), "url": cage.text("feedback url")}  # fmt: skip
    event = _event(cage) | {"contexts": {"feedback": written}}
    report = {"event_id": uuid.uuid4().hex, "comments": cage.text("user report"),
              "name": cage.of("email", "user report"), "email": cage.of("email", "user report")}  # fmt: skip
    return "envelope", envelope(event["event_id"], ({"type": "feedback"}, event), ({"type": "user_report"}, report))


def sessions(cage: Cage) -> tuple[str, bytes]:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    attrs = {"release": "shop@1.0", "environment": "production", "ip_address": cage.of("ipv4", "session"),
             "user_agent": cage.text("session agent")}  # fmt: skip
    one = {"sid": str(uuid.uuid4()), "did": cage.of("email", "session did"), "started": now, "timestamp": now,
           "status": "exited", "init": True, "attrs": attrs}  # fmt: skip
    many = {"aggregates": [{"started": now, "exited": 3, "did": cage.of("email", "session did")}], "attrs": attrs}
    lost = {
        "timestamp": now,
        "discarded_events": [{"reason": cage.text("client report"), "category": "error", "quantity": 1}],
    }
    return "envelope", envelope(
        None, ({"type": "session"}, one), ({"type": "sessions"}, many), ({"type": "client_report"}, lost)
    )


def check_in(cage: Cage) -> tuple[str, bytes]:
    payload = {"check_in_id": uuid.uuid4().hex, "monitor_slug": "nightly", "status": "ok",
               "note": cage.text("check-in"),
               "contexts": {"trace": {"trace_id": uuid.uuid4().hex, "note": cage.text("check-in")}}}  # fmt: skip
    return "envelope", envelope(None, ({"type": "check_in"}, payload))


def security(cage: Cage) -> tuple[str, bytes]:
    report = {"document-uri": f"https://shop.example/?token={cage.of('jwt', 'csp document')}",
              "referrer": cage.text("csp referrer"), "blocked-uri": cage.text("csp blocked"),
              "source-file": cage.text("csp source"), "script-sample": cage.text("csp sample"),
              "violated-directive": "script-src 'self'", "original-policy": cage.text("csp policy")}  # fmt: skip
    return "security", json.dumps({"csp-report": report}).encode()


def unknown(cage: Cage) -> tuple[str, bytes]:
    """Items that are not kept, and bodies that cannot be read: nothing of them may reach a log."""
    replay = {"type": "replay_event", "urls": [cage.text("replay")], "note": cage.text("replay")}
    broken = b'{"message": "' + cage.text("broken JSON").encode() + b'", '
    if cage.dice.random() < 0.5:
        return "envelope", envelope(None, ({"type": "replay_event"}, replay), ({"type": "what"}, replay))
    return "envelope", b'{}\n{"type":"event"}\n' + broken.replace(b"\n", b" ")


KINDS: dict[str, tuple[int, Callable[[Cage], tuple[str, bytes]]]] = {
    "error": (40, error), "store": (4, store), "transaction": (8, transaction), "span": (8, spans), "log": (8, logs),
    "metric": (5, metrics), "attachment": (6, attachment), "feedback": (5, feedback), "session": (4, sessions),
    "check_in": (2, check_in), "security": (5, security), "unknown": (5, unknown),
}  # fmt: skip


def cage_id(cage: Cage) -> str:
    return uuid.UUID(int=cage.dice.getrandbits(128), version=4).hex


def envelope(event_id: str | None, *items: tuple[Json, Any]) -> bytes:
    lines = [json.dumps({"event_id": event_id} if event_id else {}).encode()]
    for header, payload in items:
        lines += [json.dumps(header).encode(), json.dumps(payload).encode()]
    return b"\n".join(lines)


def _event(cage: Cage) -> Json:
    return {"event_id": cage_id(cage), "timestamp": time.time(), "platform": "python", "level": "error",
            "release": "shop@1.0", "environment": "production"}  # fmt: skip


def _crumb(event: Json, **fields: Any) -> None:
    event["breadcrumbs"]["values"].append({"timestamp": time.time(), "category": "note", **fields})


def _typed(attributes: Mapping[str, str]) -> Json:
    return {name: {"value": value, "type": "string"} for name, value in attributes.items()}


def _batch(kind: str, items: list[Json]) -> tuple[Json, Json]:
    return {"type": kind, "item_count": len(items)}, {"items": items}
