"""What staff see of alerts in the admin, one file a subject."""

from alerts.admin import channels, incidents, monitors, objectives, probes, routing, rules

__all__ = ["channels", "incidents", "monitors", "objectives", "probes", "routing", "rules"]
