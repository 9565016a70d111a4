"""A server that says who is who with PostHog's SDK: `persons_python.py HOST KEY`."""

import sys

import posthog

client = posthog.Posthog(sys.argv[2], host=sys.argv[1], flush_at=50)
client.capture("looked", distinct_id="anonymous 1")
client.set(distinct_id="anonymous 1", properties={"plan": "free", "seats": 2})
client.capture("logged in", distinct_id="customer 1")
client.set_once(distinct_id="customer 1", properties={"plan": "team", "first": "ad"})
client.alias(previous_id="customer 1", distinct_id="anonymous 1")
client.group_identify("company", "acme", {"seats": 40})
client.capture("paid", distinct_id="customer 1", groups={"company": "acme"})
client.capture("no one said who")
client.shutdown()
