"""The folders that an installation writes: whether this user may, and where sockets can lie."""

import hashlib
import os
import pwd
import re
import tempfile
from pathlib import Path

SOCKET_PATH_LIMIT = 103  # sun_path holds 104 bytes on macOS and 108 on Linux, the final NUL included
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
PLAIN = re.compile(r"[A-Za-z0-9/._+-]+")  # what needs no quoting in a URL, a list of hosts or an option of a server
CURE = "start as the user who did before, or choose a folder of your own: OBS_VAR_DIR=/path/to/folder"
SHORTER = "set OBS_VAR_DIR to a shorter path of plain letters"
# What the server and its parts write; what tests and builds leave beside it may belong to anybody.
PARTS = (
    "embedded.lock", "log", "pids.json", "postgres", "redis", "secret_key", "segments", "spool", "static", "up.json",
    "up.lock",
)  # fmt: skip


def demand(folder: Path) -> None:
    """Make `folder`. SystemExit, in one line, where this user cannot write it or what lies in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(f"The folder {folder} cannot be made ({error.strerror}): {CURE}") from None
    for path in (folder, *(folder / name for name in PARTS if (folder / name).exists())):
        if not os.access(path, os.W_OK | (os.X_OK if path.is_dir() else os.R_OK)):
            owner = f" by this user, it belongs to {owner_of(path)}" if path.stat().st_uid != os.geteuid() else ""
            raise SystemExit(f"{path} cannot be written{owner}: {CURE}")


def owner_of(path: Path) -> str:
    """The name of the user to whom `path` belongs, or the number of one without a name."""
    number = path.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def for_sockets(folder: Path, *, others: frozenset[int] = frozenset()) -> Path:
    """Where the sockets of the server of `folder` lie: in it, or, where its path will not do, in a private folder.

    The private folder belongs to this user, or to one of `others`.
    """
    if _will_do(folder):
        return folder
    name = hashlib.blake2b(os.fsencode(folder), digest_size=8).hexdigest()
    for place in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm")):  # noqa: S108
        private = Path(place).resolve() / f"obs-{os.getuid()}-{name}"
        if not (_will_do(private) and os.access(place, os.W_OK | os.X_OK)):
            continue
        private.mkdir(mode=0o700, exist_ok=True)
        if private.stat().st_uid not in {os.getuid(), *others}:
            raise SystemExit(f"{private} belongs to {owner_of(private)}: {SHORTER}")
        return private
    raise SystemExit(f"The sockets of {folder} find no place: {SHORTER}")


def _will_do(folder: Path) -> bool:
    return len(os.fsencode(folder / LONGEST_SOCKET_NAME)) <= SOCKET_PATH_LIMIT and bool(PLAIN.fullmatch(str(folder)))
