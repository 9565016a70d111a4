"""Request timings of a Django application: `MIDDLEWARE = ["formaos_obs_client.Middleware", ...]`, see `middleware`."""

from formaos_obs_client.middleware import Middleware
from formaos_obs_client.sender import Sender

__all__ = ["Middleware", "Sender"]
