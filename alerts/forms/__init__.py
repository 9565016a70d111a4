"""What people type to set alerts up."""

from alerts.forms.channel import ChannelForm
from alerts.forms.monitor import MonitorForm
from alerts.forms.objective import ObjectiveForm
from alerts.forms.probe import ProbeForm
from alerts.forms.rule import RuleForm
from alerts.forms.silence import SilenceForm

__all__ = ["ChannelForm", "MonitorForm", "ObjectiveForm", "ProbeForm", "RuleForm", "SilenceForm"]
