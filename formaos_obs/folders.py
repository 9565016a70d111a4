"""The folders that an installation writes: whether this user may, and where sockets can lie."""

import hashlib
import os
import pwd
import re
import stat
import tempfile
from pathlib import Path

SOCKET_PATH_LIMIT = 103  # sun_path holds 104 bytes on macOS and 108 on Linux, the final NUL included
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
PLAIN = re.compile(r"[A-Za-z0-9/._+-]+")  # what needs no quoting in a URL, a list of hosts or an option of a server
CURE = "start as the user who did before, or choose a folder of your own: OBS_VAR_DIR=/path/to/folder"
SHORTER = "set OBS_VAR_DIR to a shorter path of plain letters"
# What the server and its parts write; what tests and builds leave beside it may belong to anybody.
PARTS = (
    "audit_heads.log", "duckdb", "embedded.lock", "log", "pids.json", "postgres", "redis", "secret_key", "segments",
    "spool", "static", "up.json", "up.lock",
)  # fmt: skip
# One of these tells a folder of ours from one that holds other things too.
_MARKS = ("embedded.lock", "secret_key", "up.lock")
_OTHERS = 0o077


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
    close(folder)


def close(folder: Path) -> None:
    """Take from other users what an earlier version, or another mask, let them do in the var folder.

    What lies in it is closed first and the folder itself last, so that an interrupted start begins again. A folder that
    holds other things than ours, or is anybody's as /tmp is, keeps its own mode; all of ours in it is closed.
    """
    found = folder.stat()
    if not found.st_mode & _OTHERS:
        return
    for name in PARTS:
        _close_part(folder / name)
    is_new = not {path.name for path in folder.iterdir()} - {*PARTS, "lost+found"}
    is_ours = is_new or any((folder / name).exists() for name in _MARKS)
    if is_ours and found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX:
        folder.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)


def _close_part(part: Path) -> None:
    if part.is_symlink() or not part.exists():
        return
    inside = [Path(top, name) for top, folders, files in os.walk(part) for name in (*folders, *files)]
    for path in (*inside, part):
        try:
            found = path.lstat()
        except FileNotFoundError:  # a server that runs gave it up meanwhile
            continue
        is_ours = found.st_uid == os.geteuid() and (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode))
        if is_ours and found.st_mode & _OTHERS:
            path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)


def lets_others_pass(path: Path) -> bool:
    """Whether any user may walk through all folders above `path`."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)


def owner_of(path: Path) -> str:
    """The name of the user to whom `path` belongs, or the number of one without a name."""
    number = path.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def for_sockets(folder: Path, *, others: frozenset[int] = frozenset(), is_shared: bool = False) -> Path:
    """Where the sockets of the server of `folder` lie: in it, or, where its path will not do, in a private folder.

    The private folder belongs to this user, or to one of `others`; where it `is_shared`, any user can get to it.
    """
    if _will_do(folder):
        return folder
    name = hashlib.blake2b(os.fsencode(folder), digest_size=8).hexdigest()
    for place in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm")):  # noqa: S108
        private = Path(place).resolve() / f"obs-{os.getuid()}-{name}"
        if not (_will_do(private) and os.access(place, os.W_OK | os.X_OK)):
            continue
        if is_shared and not lets_others_pass(private):
            continue
        private.mkdir(mode=0o700, exist_ok=True)
        if private.stat().st_uid not in {os.getuid(), *others}:
            raise SystemExit(f"{private} belongs to {owner_of(private)}: {SHORTER}")
        return private
    raise SystemExit(f"The sockets of {folder} find no place: {SHORTER}")


def _will_do(folder: Path) -> bool:
    return len(os.fsencode(folder / LONGEST_SOCKET_NAME)) <= SOCKET_PATH_LIMIT and bool(PLAIN.fullmatch(str(folder)))
