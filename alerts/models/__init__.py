"""What alerts keep in the database."""

from alerts.models.channel import Channel, DeliveryAttempt, Notification
from alerts.models.foreign import ForeignAlert, ForeignSource
from alerts.models.house import HouseTrouble, HouseWatch
from alerts.models.incident import Incident, IncidentAlert, IncidentEvent, IncidentPolicy
from alerts.models.monitor import CheckIn, Monitor, MonitorRun, MonitorState, MonitorTransition, PingKey, Watch
from alerts.models.objective import Objective
from alerts.models.probe import Probe, ProbeLook, ProbeSpan, ProbeState
from alerts.models.routing import (
    EscalationStep,
    Inhibition,
    Maintenance,
    Membership,
    Notice,
    NoticeGroup,
    Route,
)  # fmt: skip
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
    "Alert", "AlertTransition", "Channel", "CheckIn", "DeliveryAttempt", "EscalationStep", "ForeignAlert",
    "ForeignSource", "HouseTrouble", "HouseWatch", "Incident", "IncidentAlert", "IncidentEvent", "IncidentPolicy",
    "Inhibition", "Maintenance", "Membership", "Monitor", "MonitorRun", "MonitorState", "MonitorTransition", "Notice",
    "NoticeGroup", "Notification", "Objective", "PingKey", "Probe", "ProbeLook", "ProbeSpan", "ProbeState", "Route",
    "Rule", "Silence", "StatusComponent", "StatusDay", "StatusMail", "StatusNotice", "StatusPage", "StatusSubscriber",
    "StatusUpdate", "Watch",
]  # fmt: skip
