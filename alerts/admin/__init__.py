"""What staff see of alerts in the admin, one file a subject."""

from alerts.admin import channels, monitors, objectives, routing, rules

__all__ = ["channels", "monitors", "objectives", "routing", "rules"]
