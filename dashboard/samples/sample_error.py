"""A test error, sent in by the door that every SDK uses."""

import uuid
from datetime import datetime

import orjson
from django.conf import settings

from events.accounts import keys
from events.ingest import intake
from events.models import IngestKey
from events.protocols import sentry
from events.protocols.contract import Decoded

_SOURCE = [
    "def checkout(basket):",
    "    total = sum(item.price for item in basket)",
    "    return pay(total, basket.currency)",
]


def event(*, now: datetime) -> dict[str, object]:
    """A believable error with a stack, breadcrumbs and tags."""
    frames = [
        {
            "filename": "django/core/handlers/base.py",
            "module": "django.core.handlers.base",
            "function": "_get_response",
            "lineno": 197,
            "in_app": False,
        },
        {
            "filename": "shop/views.py",
            "module": "shop.views",
            "function": "checkout",
            "lineno": 42,
            "in_app": True,
            "pre_context": _SOURCE[:2],
            "context_line": _SOURCE[2],
            "post_context": [""],
            "vars": {"total": "41.90"},
        },
        {
            "filename": "shop/payments.py",
            "module": "shop.payments",
            "function": "pay",
            "lineno": 17,
            "in_app": True,
            "pre_context": ["def pay(total, currency):", "    rate = RATES.get(currency)"],
            "context_line": "    return gateway.charge(total * rate)",
            "post_context": [""],
            "vars": {"total": "41.90", "currency": "'EUR'", "rate": "None"},
        },
    ]
    return {
        "event_id": uuid.uuid4().hex,
        "timestamp": now.timestamp(),
        "platform": "python",
        "level": "error",
        "environment": "test",
        "release": f"sample@{settings.OBS_VERSION}",
        "transaction": "shop.views.checkout",
        "tags": {"sample": "yes", "currency": "EUR"},
        "breadcrumbs": [
            {"timestamp": now.timestamp() - 2, "category": "navigation", "message": "/basket to /checkout"},
            {"timestamp": now.timestamp() - 1, "category": "query", "message": "SELECT … FROM shop_basket"},
        ],
        "exception": {
            "values": [
                {
                    "type": "TypeError",
                    "value": "unsupported operand type(s) for *: 'float' and 'NoneType'",
                    "mechanism": {"type": "sample", "handled": False},
                    "stacktrace": {"frames": frames},
                }
            ]
        },
    }


def send(ingest_key: IngestKey, *, now: datetime) -> Decoded:
    """What was accepted. Raises LookupError when the key went away meanwhile."""
    keys.forget()
    key = keys.find(ingest_key.project_id, ingest_key.public_key)
    if key is None or not key.is_usable(now=now):
        raise LookupError("The ingest key is not usable.")
    sender = intake.Sender("127.0.0.1", "obs-sample")
    return intake.ingest(orjson.dumps(event(now=now)), decode=sentry.decode_store, key=key, sender=sender, now=now)
