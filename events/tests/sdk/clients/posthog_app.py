"""A server that counts with PostHog's SDK: `posthog_app.py HOST KEY [v1]`."""

import sys

import posthog

host, key, *mode = sys.argv[1:]
client = posthog.Posthog(key, host=host, sync_mode=False, flush_at=50, **({"capture_mode": "v1"} if mode else {}))
for number in range(120):
    client.capture("order paid", distinct_id=f"customer {number % 40}", properties={"plan": "team", "total": number})
client.capture("no one said who")
client.capture_ai("$ai_generation", distinct_id="customer 7", properties={"$ai_model": "small"})


def pay() -> None:
    raise ValueError("the basket is empty")


try:
    pay()
except ValueError as error:
    client.capture_exception(error, distinct_id="customer 7")
client.shutdown()
