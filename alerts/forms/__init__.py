"""What people type to set alerts up."""

from alerts.forms.channel import ChannelForm
from alerts.forms.maintenance import MaintenanceForm
from alerts.forms.monitor import MonitorForm
from alerts.forms.objective import ObjectiveForm
from alerts.forms.route import InhibitionForm, RouteForm
from alerts.forms.rule import RuleForm
from alerts.forms.silence import SilenceForm
from alerts.forms.source import SourceForm

__all__ = [
    "ChannelForm", "InhibitionForm", "MaintenanceForm", "MonitorForm", "ObjectiveForm", "RouteForm", "RuleForm",
    "SilenceForm", "SourceForm",
]  # fmt: skip
