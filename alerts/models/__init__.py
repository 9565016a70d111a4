"""What alerts keep in the database."""

from alerts.models.channel import Channel, DeliveryAttempt, Notification
from alerts.models.rule import Alert, AlertTransition, Rule, Silence

__all__ = ["Alert", "AlertTransition", "Channel", "DeliveryAttempt", "Notification", "Rule", "Silence"]
