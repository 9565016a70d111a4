"""From a frame to its line in the repository. Pure."""

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from django.core.exceptions import ValidationError

from dashboard.pages.issues.exceptions import ExceptionView, FrameView
from events.releases.lifecycle import web_address

HEAD = "HEAD"
# What comes after a repository's address, by a part of its host's name.
_HOSTS = (
    ("github", "/blob/{ref}/{path}#L{line}"),
    ("gitlab", "/-/blob/{ref}/{path}#L{line}"),
    ("bitbucket", "/src/{ref}/{path}#lines-{line}"),
    ("codeberg", "/src/commit/{ref}/{path}#L{line}"),
    ("gitea", "/src/commit/{ref}/{path}#L{line}"),
)
_COMMITS = (("/-/blob/", "/-/commit/"), ("/blob/", "/commit/"), ("/src/commit/", "/commit/"), ("/src/", "/commits/"))
# What bundlers put before a path.
_BEFORE = ("webpack:///", "webpack-internal:///", "app:///", "file:///", "~/", "./")


def pattern_of(address: str) -> str:
    """The pattern that leads to a line: `address` itself where it has {path}, else what its host uses; "" for "".

    Raises ValidationError for what is no address of the web, and for a host that is not known.
    """
    address = address.strip()
    if not address:
        return ""
    parts = urlsplit(address) if len(address) <= 400 and address.isprintable() else None
    if parts is None or not web_address(address) or not parts.hostname or parts.username or " " in address:
        raise ValidationError("The source needs an http(s) address of at most 400 characters, without a login.")
    if "{path}" in address:
        if any("{" in part for part in (parts.scheme, parts.netloc)):
            raise ValidationError("Only what follows the host may hold {path}, {line} and {ref}.")
        return address
    base = address.rstrip("/").removesuffix(".git")
    for host, rest in _HOSTS:
        if host in parts.hostname:
            return f"{base}{rest}"
    raise ValidationError("This host is not known: write the address of a line, with {path}, {line} and {ref}.")


def url(pattern: str, *, root: str, file: str, line: int | None, ref: str) -> str:
    """The address of a line; empty without a pattern, and for what is no file of the repository."""
    path = _path(file, root=root)
    if not pattern or not path:
        return ""
    found = pattern.replace("{path}", quote(path)).replace("{ref}", quote(ref or HEAD, safe=""))
    return found.replace("{line}", str(line)) if line else found.partition("#")[0].replace("{line}", "1")


def commit_url(pattern: str, sha: str) -> str:
    """The address of a commit in the same repository; empty where the pattern does not tell."""
    for between, instead in _COMMITS:
        if sha and between in pattern:
            return f"{pattern.partition(between)[0]}{instead}{quote(sha, safe='')}"
    return ""


def of_frames(
    exceptions: Iterable[ExceptionView], *, pattern: str, root: str, ref: str
) -> dict[tuple[str, int | None], str]:
    """The addresses of all frames that the application has, by their `spot`."""
    frames = (frame for one in exceptions for run in one.runs for frame in run.frames if frame.in_app)
    found = {
        frame.spot: url(pattern, root=root, file=frame.file, line=frame.line, ref=ref) for frame in frames if pattern
    }
    return {spot: address for spot, address in found.items() if address}


def files(exceptions: Iterable[ExceptionView]) -> list[str]:
    """The files of the application's frames, the innermost of the exception raised last first."""
    frames: list[FrameView] = [frame for one in exceptions for run in one.runs for frame in run.frames if frame.in_app]
    return list(dict.fromkeys(frame.file for frame in frames if frame.file))


def _path(file: str, *, root: str) -> str:
    """The path in the repository of a file of a stack trace; empty for what cannot be one."""
    file = file.replace("\\", "/")
    if root and file.startswith(root):
        file = file[len(root) :]
    elif file.startswith("/"):
        return ""
    for before in _BEFORE:
        file = file.removeprefix(before)
    file = file.partition("?")[0].lstrip("/")
    parts = file.split("/")
    if not file or ":" in file or "<" in file or not file.isprintable() or {"..", ".", ""} & set(parts):
        return ""
    return file
