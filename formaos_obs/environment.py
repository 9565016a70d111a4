"""The environment: `.env` beside the code, then variables; a value that does not parse is noted, never fatal here.

`checks.py` turns what was noted into refusals with an id and a hint, so that all mistakes are told at once.
"""

import os
import warnings
from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
# What is written here is for this user alone. Every process reads the environment before it writes anything, and what
# it starts inherits the mask: the supervisor, web, worker, clock, PostgreSQL and Redis.
os.umask(0o077)


class Environment(environ.Env):
    """django-environ that keeps the default and notes the mistake where a value cannot be read."""

    def __init__(self) -> None:
        super().__init__()
        self.mistakes: dict[str, str] = {}

    def get_value(self, var: str, cast: Any = None, default: Any = None, parse_default: bool = False) -> Any:
        if not self.ENVIRON.get(var):  # an empty line in an env file means the default
            return default
        try:
            return super().get_value(var, cast, default, parse_default)
        except (ValueError, KeyError, environ.ImproperlyConfigured):
            self.mistakes[var] = f"{var} cannot be read as {getattr(cast, '__name__', 'a value')}"
            return default

    def url_config(self, parse: Any, var: str, default: str) -> dict[str, Any]:
        """`var` through one of django-environ's URL parsers, such as `db_url_config`."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it would print the address it does not know, password and all
                return dict(parse(self.str(var, default)))
        except (ValueError, KeyError, environ.ImproperlyConfigured):
            self.mistakes[var] = f"{var} is not an address of a kind that is known"
            return dict(parse(default))


env = Environment()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")


def placed(path: str) -> Path:
    """The whole path; one that is relative counts from the project's folder, whatever the working directory."""
    return (BASE_DIR / path).resolve()


def var_dir() -> Path:
    """The folder of everything this installation writes; `OBS_VAR_DIR` moves it."""
    return placed(os.environ.get("OBS_VAR_DIR") or "var")
