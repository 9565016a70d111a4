"""The edge of product events as plain JSON."""

from typing import Any

from events.accounts.keys import Key
from events.endpoints.exchange import Answer
from events.endpoints.performance import BatchView
from events.protocols.contract import Decoded
from events.protocols.product import plain


class EventsView(BatchView):
    """`POST /api/v1/events/`: one event, or up to 1,000 of them."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        return plain.decode(data, context)

    def accepted(self, decoded: Decoded, key: Key) -> Answer:
        """Good events are kept and bad ones named; where there is nothing else, the request is a bad one."""
        answer = super().accepted(decoded, key)
        if not decoded.items and any(refused.outcome == "invalid" for refused in decoded.refused):
            answer.status = 400
        return answer
