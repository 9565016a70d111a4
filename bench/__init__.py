"""What the server costs, measured. Each bench says how it is run."""

import os
import shutil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def begin(name: str, *, as_owner: bool = False, **environment: str) -> Path:
    """Starts Django on an installation of this bench's own, with embedded servers; returns its folder.

    It is var/bench/`name`. To be called before anything of the server is imported. `as_owner` is for those that make
    or empty tables.
    """
    home = ROOT / "var" / "bench" / name
    os.environ |= {"OBS_VAR_DIR": str(home), "DJANGO_SETTINGS_MODULE": "formaos_obs.settings", **environment}
    import django

    from formaos_obs import embedded

    embedded.ensure()
    if as_owner:
        os.environ["DATABASE_URL"] = embedded.urls().database
    django.setup()
    return home


def empty(*more: Any) -> None:
    """Migrates the installation that has begun, and takes away the segments and projects that an earlier run left; rows
    of `more` models before them."""
    from django.conf import settings
    from django.core.management import call_command

    from events.models import FactChange, Project, Segment

    shutil.rmtree(Path(settings.OBS_VAR_DIR) / "segments", ignore_errors=True)
    call_command("migrate", verbosity=0)
    for model in (*more, FactChange, Segment, Project):
        model.objects.all().delete()


def begin_anew(name: str) -> Path:
    """The same as the owner of the database, without what an earlier run left."""
    os.environ["OBS_VAR_DIR"] = str(ROOT / "var" / "bench" / name)
    from formaos_obs import embedded

    embedded.stop()
    shutil.rmtree(os.environ["OBS_VAR_DIR"], ignore_errors=True)
    return begin(name, as_owner=True)
