from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"

    def ready(self) -> None:
        from alerts.monitors.check_ins import put_row
        from events.digest.steps.check_ins import FURTHER

        if put_row not in FURTHER:
            FURTHER.append(put_row)
