"""A server that asks for flags with PostHog's SDK, at ours and by itself, and with OpenFeature's provider."""

import json
import os
import sys

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from posthog import Posthog

url, public_key, token, count = sys.argv[1:5]
said: dict = {}

remote = Posthog(public_key, host=url, disable_geoip=True)
said["remote"] = [
    remote.get_all_flags(f"user-{number}", person_properties={"plan": "pro"}, groups={"company": f"c{number}"})
    for number in range(20)
]
said["payload"] = remote.get_feature_flag_payload("split", "user-1")
remote.shutdown()

local = Posthog(public_key, host=url, personal_api_key=token, disable_geoip=True, enable_local_evaluation=True)
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
said["config"] = local.get_remote_config_payload("plain")
local.load_feature_flags()
local.shutdown()

provider = OFREPProvider(url, headers_factory=lambda: {"Authorization": f"Bearer {os.environ['PROJECT_TOKEN']}"})
api.set_provider(provider)
client = api.get_client()
ada = EvaluationContext("user-1", {"plan": "pro"})
said["openfeature"] = {
    "plain": client.get_boolean_value("plain", False, ada),
    "pros": client.get_boolean_value("pros", False, ada),
    "frees": client.get_boolean_value("pros", True, EvaluationContext("user-1", {"plan": "free"})),
    "number": client.get_integer_value("number", 0, ada),
    "text": client.get_string_value("words", "", ada),
    "object": client.get_object_value("object", {}, ada),
    "gone": client.get_boolean_details("gone", True, ada).error_code,
    "nobody": client.get_string_details("split", "default", EvaluationContext()).error_code,
    "reason": client.get_string_details("words", "", ada).reason,
    "mismatch": client.get_float_details("number", 2.5, ada).error_code,
}
print(json.dumps(said))
