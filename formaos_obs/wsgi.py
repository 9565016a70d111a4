"""The WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "formaos_obs.settings")
application = get_wsgi_application()

from events import background  # noqa: E402 - needs the applications loaded

background.start()
