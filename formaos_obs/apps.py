from django.apps import AppConfig
from django.conf import settings


class FormaosObsConfig(AppConfig):
    name = "formaos_obs"
    verbose_name = "FormaOS Observability"

    def ready(self) -> None:
        from formaos_obs import checks, self_reporting

        checks.register_all()
        self_reporting.start(settings.OBS_SELF_DSN, release=f"formaos-obs@{settings.OBS_VERSION}")
