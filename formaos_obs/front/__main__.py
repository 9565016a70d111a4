"""`python -m formaos_obs.front`: the web server of this installation's settings."""

import argparse
import sys

from formaos_obs.wsgi import application  # first: it loads the applications

# isort: split
from django.conf import settings
from django.db import connections
from django.urls import get_resolver

from formaos_obs.front import master, worker
from formaos_obs.front.listening import Listener, Shares, bind


def main() -> None:
    parser = argparse.ArgumentParser(prog="formaos_obs.front", description=__doc__)
    parser.add_argument("--access-log", action="store_true", help="print method, path and status of each answer")
    options = parser.parse_args()
    try:
        sockets = bind(settings.OBS_BIND, settings.PORT)
    except OSError as error:
        sys.exit(f"{settings.OBS_BIND} port {settings.PORT} cannot be listened on: {error.strerror}")
    shares = Shares(settings.OBS_WEB_WORKERS)
    get_resolver().url_patterns  # noqa: B018 - imports all views, before the forks
    connections.close_all()
    master.prepare()

    def serve(index: int) -> None:
        worker.main(application, Listener(sockets, shares, index), has_log=options.access_log)

    master.Master(settings.OBS_WEB_WORKERS, serve).run()


if __name__ == "__main__":
    main()
