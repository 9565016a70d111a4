"""What staff see of alerts in the admin, one file a subject."""

from alerts.admin import channels, monitors, routing

__all__ = ["channels", "monitors", "routing"]
