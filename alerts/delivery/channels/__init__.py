"""The kinds of channels; adding a kind is a module and a line here."""

from alerts.delivery.channels import discord, email, slack, webhook
from alerts.delivery.channels.contract import DeliveryError, InvalidConfig, Kind, Sent

KINDS: dict[str, Kind] = {"slack": slack, "discord": discord, "webhook": webhook, "email": email}

__all__ = ["KINDS", "DeliveryError", "InvalidConfig", "Kind", "Sent"]
