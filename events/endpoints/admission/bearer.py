"""`Authorization: Bearer fobs_…`: who calls, with which token, and how often one may."""

import math
from typing import Any

from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from events.accounts import tokens
from events.endpoints.admission.buckets import buckets
from events.models import ApiToken

CALLS_PER_MINUTE = 600


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer fobs_…`; anything else, a DSN's key above all, is answered 401."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken]:
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if not scheme:
            raise exceptions.NotAuthenticated("Send an API token: Authorization: Bearer fobs_…")
        if scheme.lower() != "bearer":
            raise exceptions.AuthenticationFailed("Only Bearer tokens are taken here; a DSN's key can only send.")
        token = tokens.find(secret.strip(), now=timezone.now())
        if token is None:
            raise exceptions.AuthenticationFailed("This token is unknown, revoked or expired.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class TokenThrottle(BaseThrottle):
    """CALLS_PER_MINUTE for each token."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        self._wait = buckets.take(f"token:{request.auth.pk}", rate_per_minute=CALLS_PER_MINUTE)
        return self._wait == 0.0

    def wait(self) -> float:
        return math.ceil(self._wait)
