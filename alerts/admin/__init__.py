"""What staff see of alerts in the admin, one file a subject."""

from alerts.admin import channels, monitors, probes

__all__ = ["channels", "monitors", "probes"]
