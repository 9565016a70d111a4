"""`python -m formaos_obs.probe`: exit 0 when the web server of this container answers. For health checks."""

import os
import sys
from http.client import HTTPConnection, HTTPException

from formaos_obs import addresses


def main() -> int:
    """0 when /healthz answers 200, 1 otherwise."""
    host = addresses.reached_at((os.environ.get("OBS_BIND") or "127.0.0.1").strip("[]"))
    connection = HTTPConnection(host, int(os.environ.get("PORT") or "8000"), timeout=4)
    try:
        connection.request("GET", "/healthz", headers={"Host": "127.0.0.1"})
        return int(connection.getresponse().status != 200)
    except (OSError, HTTPException):
        return 1


if __name__ == "__main__":
    sys.exit(main())
