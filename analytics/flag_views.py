"""The edges of feature flags where they are evaluated: PostHog's, OpenFeature's, Unleash's and GrowthBook's.

They stand on the base of ingest and keep nothing: what was sent is answered, counted by flag and value, and gone.
"""

import hashlib
import math
import uuid
from abc import abstractmethod
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils.http import parse_etags

from analytics.flags import answers, asking, books, ofrep, others
from analytics.flags.asking import Asked
from analytics.flags.definitions import Book
from events.accounts import access, tokens
from events.accounts.keys import Key
from events.consent import standing
from events.endpoints import posthog
from events.endpoints.admission.authentication import Refused, plain_key
from events.endpoints.admission.buckets import buckets
from events.endpoints.admission.throttling import Throttled
from events.endpoints.browser_settings import objects
from events.endpoints.exchange import Answer
from events.endpoints.posthog import PosthogView
from events.ingest.intake import Unavailable
from events.models import Project
from events.protocols import posthog_vitals
from events.values import lenient, pseudonyms
from events.values.errors import Malformed
from events.values.modes import ANONYMOUS, CONSENT, Mode
from events.visitors.naming import Naming

LONGEST = 1024 * 1024


class AskingView(PosthogView):
    """An endpoint whose body is a question."""

    methods: ClassVar[tuple[str, ...]] = ("POST", "OPTIONS")
    sent: Any = None

    @classmethod
    def largest(cls) -> int:
        return LONGEST

    def key_in(self, data: bytes) -> str | None:
        self.sent = lenient.loads(data)
        return None

    def book(self, project_id: int) -> Book:
        try:
            return books.of(project_id)
        except (DatabaseError, InterfaceError) as error:
            raise Unavailable from error

    def agreed(self, asked: Asked, *, mode: Mode, project_id: int, pepper: bytes) -> Asked:
        """What is asked, as far as the mode and the person let it be of a person."""
        if mode != CONSENT:
            return asked
        agent, pseudonym = self.environ.get("HTTP_USER_AGENT", "")[:400], partial(pseudonyms.of, pepper)
        is_agreed = partial(standing.agrees, project_id)
        naming = Naming(CONSENT, project_id, self.address(), agent, self.arrival.now, pseudonym, is_agreed)
        if naming.agrees(asked.distinct_id) and not objects(self.environ):
            return asked
        # Under the salt of the day, as those who are counted so.
        stranger = replace(naming, mode=ANONYMOUS).name(asked.distinct_id, "") or ""
        return asking.without_consent(asked, stranger)

    def answer_or_unchanged(self, content: Any) -> Answer:
        """The answer with its ETag, or 304 for who has it. It differs with who asks: the body was made for them."""
        data = lenient.canonical(content)
        etag = f'"{hashlib.sha256(data).hexdigest()[:24]}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        is_known = etag in parse_etags(self.environ.get("HTTP_IF_NONE_MATCH", ""))
        return Answer(status=304, headers=headers) if is_known else Answer(data, headers=headers)

    def cross_origin(self) -> dict[str, str]:
        headers = super().cross_origin()
        exposed = headers.get("Access-Control-Expose-Headers", "")
        return headers | {"Access-Control-Expose-Headers": f"{exposed}, ETag".lstrip(", ")}


class AnsweringView(AskingView):
    """An endpoint that answers whoever sends a project's key."""

    def agreed_by_key(self, asked: Asked, key: Key) -> Asked:
        return self.agreed(asked, mode=key.analytics, project_id=key.project_id, pepper=key.pepper)

    @abstractmethod
    def answered(self, key: Key) -> Answer:
        """The answer to `sent`."""

    def receive(self) -> None:
        """Answer; there is nothing to keep."""
        self.answer = self.answered(self.agreed_key(self.body(), 0))


class FlagsView(AnsweringView):
    """`POST /flags/?v=` and `/decide/?v=`: what PostHog's SDKs, browsers' and servers', ask for."""

    is_decide = False

    def key_in(self, data: bytes) -> str | None:
        self.sent = lenient.loads(posthog_vitals.unwrapped(data))
        if not isinstance(self.sent, dict):
            raise Malformed("The body is a JSON object.", reason="not_an_object")
        return posthog_vitals.token_of(self.sent)

    def answered(self, key: Key) -> Answer:
        query, now = self.query, self.arrival.now
        book = self.book(key.project_id)
        answer: dict[str, Any] = {}
        if self.is_decide or query.get("config") == "true":
            answer |= _config(key, book)
        if self.sent.get("disable_flags") is True:
            verdicts = {}
        else:
            asked = asking.of_posthog(self.sent, is_page=bool(self.environ.get("HTTP_ORIGIN")))
            verdicts = asking.ask(book, self.agreed_by_key(asked, key), now=now)
        request_id = str(uuid.uuid4())
        match (self.is_decide, query.get("v", "")):
            case (False, "" | "1") | (True, "3"):
                answer |= answers.plain(verdicts, request_id=request_id)
            case (True, "" | "1"):
                answer |= answers.listed(verdicts)
            case (True, "2"):
                answer |= answers.enabled(verdicts, request_id=request_id)
            case (is_decide, version):
                is_typed = not is_decide and version == "4"
                answer |= answers.detailed(verdicts, request_id=request_id, now=now, is_typed=is_typed)
        return Answer(lenient.canonical(answer))


class ConfigView(posthog.ConfigView):
    """`GET /array/<token>/config` and `config.js`, which say whether there are flags to ask for."""

    def config(self, key: Key) -> dict[str, Any]:
        try:
            return _config(key, books.of(key.project_id))
        except (DatabaseError, InterfaceError):
            return super().config(key)  # whoever then asks for flags in vain goes on without


def _config(key: Key, book: Book) -> dict[str, Any]:
    has_flags = any(flag.is_active for flag in book.flags.values())
    return posthog.config_of(key.public_key) | {"hasFeatureFlags": has_flags}


class OfrepView(AskingView):
    """`POST /ofrep/v1/evaluate/flags[/<key>]`: a project's public key gets what pages may know, an API token all."""

    code = ofrep.GENERAL

    def open_doors(self) -> None:
        """A token, or else the key; in the words of 401 where it is neither."""
        scheme, _, secret = self.environ.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        sent = secret.strip() if scheme.lower() == "bearer" else self.environ.get("HTTP_X_API_KEY", "").strip()
        self.runtime, self.project_id = "client", 0
        if tokens.is_well_formed(sent):
            project = self._of_token(sent)
            self.project_id, self.mode, self.pepper = project.pk, cast(Mode, project.analytics), bytes(project.pepper)
            self.runtime = ""
        elif sent:
            key = self.admit(None, plain_key(sent))
            self.project_id, self.mode, self.pepper = key.project_id, key.analytics, key.pepper
        else:
            raise Refused("Send an API token or the project's public key: Authorization: Bearer, or X-API-Key.")

    def _of_token(self, secret: str) -> Project:
        try:
            token = tokens.find(secret, now=self.arrival.now)
        except (DatabaseError, InterfaceError) as error:
            raise Unavailable from error
        if token is None or tokens.READ not in token.scopes:
            raise Refused("This token is unknown, revoked or expired, or lacks the scope read.")
        if token.project is None or not access.has_role(token.user, token.project):
            raise Refused("Flags are a project's: make the token for one project.")
        wait = buckets.take(f"flags:{token.pk}", rate_per_minute=settings.OBS_KEY_RATE_PER_MINUTE)
        if wait:
            raise _TooFast(wait)
        return token.project

    def receive(self) -> None:
        try:
            self.sent = lenient.loads(self.body())
        except Malformed as error:
            raise Malformed(error.detail, reason=ofrep.PARSE) from error
        key = self.arrival.named.get("key")
        asked = ofrep.asked(self.sent, keys=None if key is None else [key], runtime=self.runtime)
        asked = self.agreed(asked, mode=self.mode, project_id=self.project_id, pepper=self.pepper)
        verdicts = asking.ask(self.book(self.project_id), asked, now=self.arrival.now)
        found = [ofrep.answer(verdict, has_key=bool(asked.distinct_id)) for verdict in verdicts.values()]
        if key is None:
            self.answer = self.answer_or_unchanged({"flags": found, "metadata": {}})
        elif not found:
            self.answer = _json(ofrep.failure(key, ofrep.NOT_FOUND, "There is no such flag."), 404)
        else:
            self.answer = _json(found[0], 400 if "errorCode" in found[0] else 200)

    def refused(self, error: Exception) -> Answer:
        if isinstance(error, _TooFast):
            answer = self.problem(429, "Too many requests.")
            answer.headers["Retry-After"] = str(math.ceil(error.wait))
            return answer
        if isinstance(error, Malformed) and error.reason in ofrep.CODES:
            self.code = error.reason
        return super().refused(error)

    def problem(self, status: int, detail: str) -> Answer:
        status = 401 if status == 403 else status
        return _json(ofrep.failure(self.arrival.named.get("key", ""), self.code, detail), status)


class _TooFast(Throttled):
    """A token, which belongs to no key, asks too often."""


class UnleashView(AnsweringView):
    """`GET` and `POST /api/frontend`: Unleash's browser and app clients; the key stands alone in `Authorization`."""

    methods: ClassVar[tuple[str, ...]] = ("GET", "POST", "OPTIONS")

    def find_key(self) -> str | None:
        scheme, _, rest = self.environ.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        return plain_key(rest if scheme.lower() == "bearer" else scheme) if scheme else None

    def get(self) -> Answer:
        if self.key is None:
            raise Refused("Send the project's public key: Authorization: <key>.")
        return self._toggles(self.key, others.of_unleash_query(self.environ.get("QUERY_STRING", "")))

    def answered(self, key: Key) -> Answer:
        sent = self.sent if isinstance(self.sent, dict) else {}
        return self._toggles(key, others.of_unleash(sent.get("context", sent)))

    def _toggles(self, key: Key, asked: Asked) -> Answer:
        asked = self.agreed_by_key(asked, key)
        verdicts = asking.ask(self.book(key.project_id), asked, now=self.arrival.now)
        return self.answer_or_unchanged(others.unleash(verdicts))


class UnleashReportView(UnleashView):
    """`POST /api/frontend/client/metrics` and `register`: taken with thanks; what was answered is counted already."""

    methods = ("POST", "OPTIONS")

    def answered(self, key: Key) -> Answer:
        return Answer(status=202)


class GrowthbookView(AnsweringView):
    """`POST /api/eval/<key>`: GrowthBook's remote evaluation."""

    def find_key(self) -> str | None:
        return plain_key(self.arrival.named["token"])

    def answered(self, key: Key) -> Answer:
        asked = self.agreed_by_key(others.of_growthbook(self.sent), key)
        verdicts = asking.ask(self.book(key.project_id), asked, now=self.arrival.now)
        return _json(others.growthbook(verdicts))


class RefusedView(AskingView):
    """Addresses of flag SDKs that cannot be served honestly: JSON that says why, and what can be done."""

    methods = ("GET", "POST", "PUT", "OPTIONS", "REPORT")
    why = (
        "This SDK decides by itself and hashes people otherwise than the flags of this server: a percentage would pick "
        "other people than everywhere else. Use its remote evaluation, OpenFeature's OFREP provider, or PostHog's SDK."
    )

    def begin(self) -> None:
        is_asked = self.environ["REQUEST_METHOD"] == "OPTIONS"
        self.answer = self.preflight() if is_asked else self.problem(404, self.why)
        self.finish()


def _json(content: Any, status: int = 200) -> Answer:
    return Answer(lenient.canonical(content), status)
