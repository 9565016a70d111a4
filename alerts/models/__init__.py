"""What alerts keep in the database."""

from alerts.models.channel import Channel, DeliveryAttempt, Notification
from alerts.models.incident import Incident, IncidentAlert, IncidentEvent, IncidentPolicy
from alerts.models.monitor import CheckIn, Monitor, MonitorRun, MonitorState, MonitorTransition, PingKey, Watch
from alerts.models.objective import Objective
from alerts.models.rule import Alert, AlertTransition, Rule, Silence
from alerts.models.status_page import (
    StatusComponent,
    StatusDay,
    StatusMail,
    StatusNotice,
    StatusPage,
    StatusSubscriber,
    StatusUpdate,
)

__all__ = [
    "Alert", "AlertTransition", "Channel", "CheckIn", "DeliveryAttempt",
    "Incident", "IncidentAlert", "IncidentEvent", "IncidentPolicy", "Monitor", "MonitorRun", "MonitorState",
    "MonitorTransition", "Notification", "Objective", "PingKey", "Rule", "Silence", "StatusComponent", "StatusDay",
    "StatusMail", "StatusNotice", "StatusPage", "StatusSubscriber", "StatusUpdate", "Watch",
]  # fmt: skip
