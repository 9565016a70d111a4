"""A server that counts with an older PostHog SDK: `posthog_older.py HOST KEY queue|sync`."""

import sys
from typing import Any

from posthog import Posthog
from posthog.version import VERSION

host, key, mode = sys.argv[1:]
errors: list[Any] = []
client = Posthog(
    key, host=host, gzip=mode == "queue", sync_mode=mode == "sync", flush_at=7, debug=False,
    on_error=lambda error, batch: errors.append(error),
)  # fmt: skip


def capture(who: str, event: str, **more: Any) -> None:
    """Up to 5 who it was stood first."""
    if VERSION.startswith("3."):
        client.capture(who, event, **more)
    else:
        client.capture(event, distinct_id=who, **more)


capture("anonymous 1", "looked")
client.set(distinct_id="anonymous 1", properties={"plan": "free", "seats": 2})
if hasattr(client, "identify"):  # gone since 6
    client.identify("customer 1", {"plan": "trial"})
    client.page("customer 1", "https://shop.example/cart?who=me")
client.set(distinct_id="customer 1", properties={"plan": "team"})
client.set_once(distinct_id="customer 1", properties={"plan": "none", "first": "ad"})
client.alias("customer 1", "anonymous 1")
client.group_identify("company", "acme", {"seats": 40})
for number in range(20):
    capture("customer 1", "paid", properties={"total": number}, groups={"company": "acme"})


def pay() -> None:
    raise ValueError("the basket is empty")


try:
    pay()
except ValueError as error:
    client.capture_exception(error, distinct_id="customer 1")
if mode == "queue":
    client.shutdown()
assert not errors, errors
