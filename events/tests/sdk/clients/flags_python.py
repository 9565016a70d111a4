"""A server that asks for flags with PostHog's SDK of any age, at ours and by itself."""

import json
import sys

from posthog import Posthog

url, public_key, token, count = sys.argv[1:]
said: dict = {}

remote = Posthog(public_key, host=url, disable_geoip=True)
said["remote"] = [
    remote.get_all_flags(f"user-{number}", person_properties={"plan": "pro"}, groups={"company": f"c{number}"})
    for number in range(20)
]
said["payload"] = remote.get_feature_flag_payload("split", "user-1")
remote.shutdown()

local = Posthog(public_key, host=url, personal_api_key=token, disable_geoip=True)
local.load_feature_flags()
said["keys"] = sorted(flag["key"] for flag in local.feature_flags or [])
said["local"] = [
    local.get_all_flags(
        f"user-{number}",
        person_properties={"plan": "pro" if number % 2 else "free"},
        groups={"company": f"c{number}"},
        group_properties={"company": {"tier": "gold"}},
        only_evaluate_locally=True,
    )
    for number in range(int(count))
]
if hasattr(local, "get_remote_config_payload"):
    said["config"] = local.get_remote_config_payload("plain")
local.load_feature_flags()
local.shutdown()
print(json.dumps(said))
