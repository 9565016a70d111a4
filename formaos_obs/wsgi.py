"""The WSGI application."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "formaos_obs.settings")
application = get_wsgi_application()

from events.ingest import background  # noqa: E402 - needs the applications loaded

background.start()

# Decoding makes thousands of short-lived objects a request, which reference counting frees; looking for cycles among
# them and through all that was imported cost a fifth of a request's CPU.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 100)
