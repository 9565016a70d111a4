from django.apps import AppConfig


class FormaosObsConfig(AppConfig):
    name = "formaos_obs"
    verbose_name = "FormaOS Observability"
