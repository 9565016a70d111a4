#!/usr/bin/env python
"""The command line of FormaOS Observability."""

import os
import sys

from django.core.management import execute_from_command_line

from formaos_obs import embedded, stores

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "formaos_obs.settings")
    if len(sys.argv) > 1 and sys.argv[1] not in embedded.COMMANDS_WITHOUT_SERVERS:
        embedded.ensure()
        stores.demand()
    execute_from_command_line(sys.argv)
