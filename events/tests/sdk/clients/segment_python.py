"""A server that counts with the packages of Segment and RudderStack: `segment_python.py MODULE HOST KEY queue|sync`."""

import importlib
import sys
from typing import Any

module, host, key, mode = sys.argv[1:]
errors: list[Any] = []
Client = importlib.import_module(f"{module}.client").Client
client = Client(
    key, host=host, gzip=mode == "queue", sync_mode=mode == "sync", upload_size=4, max_retries=1,
    on_error=lambda error, batch: errors.append(error),
)  # fmt: skip
client.identify("u-1", {"plan": "team"})
client.track("u-1", "order paid", {"total": 12})
client.page(anonymous_id="a-1", name="Cart", properties={"url": "https://shop.example/cart?who=me"})
client.screen(user_id="u-1", name="Basket")
client.group("u-1", "g-1", {"seats": 40})
client.alias("a-1", "u-1")
client.track(anonymous_id="a-2", event="looked")
if mode == "queue":
    client.shutdown()
assert not errors, errors
