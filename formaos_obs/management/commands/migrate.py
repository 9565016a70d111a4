from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections, transaction

from formaos_obs import roles


class Command(migrate.Command):
    """Django's own, as the owner of the tables; then the application's role, where it is another, gets its grants."""

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        application = dict(connection.settings_dict)
        with roles.as_owner(connection, settings.OBS_DATABASE_OWNER) as is_other:
            super().handle(*args, **options)
            if is_other:
                with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                    roles.grant(cursor, application["USER"], password=application["PASSWORD"])
