"""What staff see of alerts in the admin, one file a subject."""

from alerts.admin import channels, incidents, monitors

__all__ = ["channels", "incidents", "monitors"]
