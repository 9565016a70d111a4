"""What people type to set alerts up."""

from alerts.forms.channel import ChannelForm
from alerts.forms.incident import IncidentForm, IncidentPolicyForm, NewIncidentForm
from alerts.forms.maintenance import MaintenanceForm
from alerts.forms.monitor import MonitorForm
from alerts.forms.objective import ObjectiveForm
from alerts.forms.probe import ProbeForm
from alerts.forms.route import InhibitionForm, RouteForm
from alerts.forms.rule import RuleForm
from alerts.forms.silence import SilenceForm
from alerts.forms.source import SourceForm
from alerts.forms.status import NoticeForm, StatusComponentForm, StatusPageForm, UpdateForm

__all__ = [
    "ChannelForm", "IncidentForm", "IncidentPolicyForm", "InhibitionForm", "MaintenanceForm", "MonitorForm",
    "NewIncidentForm", "NoticeForm", "ObjectiveForm", "ProbeForm", "RouteForm", "RuleForm", "SilenceForm", "SourceForm",
    "StatusComponentForm", "StatusPageForm", "UpdateForm",
]  # fmt: skip
