"""What alerts keep in the database."""

from alerts.models.channel import Channel, DeliveryAttempt, Notification
from alerts.models.monitor import CheckIn, Monitor, MonitorRun, MonitorState, MonitorTransition, PingKey, Watch
from alerts.models.objective import Objective
from alerts.models.probe import Probe, ProbeLook, ProbeSpan, ProbeState
from alerts.models.rule import Alert, AlertTransition, Rule, Silence

__all__ = [
    "Alert", "AlertTransition", "Channel", "CheckIn", "DeliveryAttempt", "Monitor", "MonitorRun", "MonitorState",
    "MonitorTransition", "Notification", "Objective", "PingKey", "Probe", "ProbeLook", "ProbeSpan", "ProbeState",
    "Rule", "Silence", "Watch",
]  # fmt: skip
