"""The WSGI application, which `formaos_obs.front` serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "formaos_obs.settings")
application = get_wsgi_application()
