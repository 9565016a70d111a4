"""The kinds of channels; adding a kind is a module and a line here."""

from alerts.delivery.channels import by_apprise, discord, email, pagerduty, slack, standard, teams, webhook
from alerts.delivery.channels.contract import DeliveryError, InvalidConfig, Kind, Sent, Where

KINDS: dict[str, Kind] = {
    "slack": slack,
    "discord": discord,
    "email": email,
    "teams": teams,
    "pagerduty": pagerduty,
    "standard": standard,
    "webhook": webhook,
    "apprise": by_apprise,
}

__all__ = ["KINDS", "DeliveryError", "InvalidConfig", "Kind", "Sent", "Where"]
