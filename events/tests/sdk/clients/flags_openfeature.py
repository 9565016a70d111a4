"""A server that asks for flags with OpenFeature's provider of the remote evaluation protocol."""

import json
import sys

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

url, token = sys.argv[1:]

provider = OFREPProvider(url, headers_factory=lambda: {"Authorization": f"Bearer {token}"})
api.set_provider(provider)
client = api.get_client()
ada = EvaluationContext("user-1", {"plan": "pro"})
said = {
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
