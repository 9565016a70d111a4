"""Minified stack traces in original source, by the source maps uploaded for their project.

A frame's map is found by the debug id that its event names for its file, else by release, dist and address. Debug ids
are chosen by clients, so every look-up is scoped by project. What a map puts into an event is scrubbed."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from events import scrubbing
from events.ingest import payloads
from events.models import Artifact, ArtifactBundle, Project
from events.releases import artifact_bundle, sourcemaps
from events.releases.sourcemaps import SourceMap, SourceMapError

PLATFORMS = frozenset({"javascript", "node"})
CACHED_BYTES = 128 * 1024 * 1024  # of the maps that a process keeps parsed
_REFUSAL_BYTES = 200  # that remembering a map costs which cannot be parsed

Frame = dict[str, Any]


class _Parsed:
    """The maps this process used last, by artifact; what could not be parsed is remembered as None."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # two threads that want one map read it once
        self._kept: OrderedDict[int, tuple[int, SourceMap | None]] = OrderedDict()
        self._bytes = 0

    def load(self, ids: Iterable[int]) -> dict[int, SourceMap]:
        """The maps of these artifacts, the unknown ones read in one query."""
        wanted = set(ids)
        with self._lock:
            if missing := wanted - self._kept.keys():
                for pk, content in Artifact.objects.filter(pk__in=missing).values_list("pk", "content"):
                    self._keep(pk, payloads.unpack_bytes(bytes(content)))
            found = {pk: self._kept[pk][1] for pk in wanted if pk in self._kept}
            for pk in found:
                self._kept.move_to_end(pk)
            while self._bytes > CACHED_BYTES and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1][0]
        return {pk: parsed for pk, parsed in found.items() if parsed is not None}

    def _keep(self, pk: int, raw: bytes) -> None:
        parsed: SourceMap | None
        try:
            parsed = sourcemaps.parse(raw)
        except SourceMapError:
            parsed = None
        size = parsed.bytes if parsed else _REFUSAL_BYTES
        self._kept[pk] = (size, parsed)
        self._bytes += size


_parsed = _Parsed()


class Maps:
    """The source maps of one batch or page: each is looked up once, also where there is none.

    `rewritten` holds the frames of stack traces by what they were made of: one error fails a thousand times alike."""

    def __init__(self) -> None:
        self.rewritten: dict[bytes, list[Any] | None] = {}
        self._by_debug_id: dict[tuple[int, UUID], int | None] = {}
        self._by_address: dict[tuple[int, str, str, str], int | None] = {}
        self._has_bundles: dict[tuple[int, str], bool] = {}
        self._allow_lists: dict[int, frozenset[str] | None] = {}

    def artifacts(self, project_id: int, event: Mapping[str, Any], files: set[str]) -> dict[str, int]:
        """The artifact with the map of each of `files`, where there is one."""
        named = {file: debug_id for file, debug_id in _debug_ids(event).items() if file in files}
        by_id = self._with_debug_ids(project_id, set(named.values()))
        found = {file: by_id[debug_id] for file, debug_id in named.items() if debug_id in by_id}
        release = event.get("release")
        if len(found) < len(files) and isinstance(release, str) and self._bundles_of(project_id, release):
            dist = event.get("dist")
            build = (project_id, release, dist if isinstance(dist, str) else "")
            found |= self._at_addresses(build, files - found.keys())
        return found

    def allow_list(self, project_id: int) -> frozenset[str] | None:
        """The keys that the project keeps, None where it keeps all."""
        if project_id not in self._allow_lists:
            row = Project.objects.filter(pk=project_id).values_list("uses_allow_list", "allow_list").first()
            self._allow_lists[project_id] = frozenset(row[1]) if row and row[0] else None
        return self._allow_lists[project_id]

    def _with_debug_ids(self, project_id: int, wanted: set[UUID]) -> dict[UUID, int]:
        unknown = {debug_id for debug_id in wanted if (project_id, debug_id) not in self._by_debug_id}
        if unknown:
            rows = Artifact.objects.filter(
                project_id=project_id, debug_id__in=unknown, kind=Artifact.Kind.SOURCE_MAP
            ).order_by("pk")
            found = dict(rows.values_list("debug_id", "pk"))
            self._by_debug_id |= {(project_id, debug_id): found.get(debug_id) for debug_id in unknown}
        pairs = ((debug_id, self._by_debug_id[project_id, debug_id]) for debug_id in wanted)
        return {debug_id: pk for debug_id, pk in pairs if pk is not None}

    def _bundles_of(self, project_id: int, release: str) -> bool:
        key = project_id, release
        if key not in self._has_bundles:
            self._has_bundles[key] = (
                bool(release) and ArtifactBundle.objects.filter(project_id=project_id, release=release).exists()
            )
        return self._has_bundles[key]

    def _at_addresses(self, build: tuple[int, str, str], files: set[str]) -> dict[str, int]:
        """The maps of minified files uploaded for the build under one of the addresses that a frame may mean."""
        addresses = {file: _addresses(file) for file in files}
        unknown = {one for some in addresses.values() for one in some if (*build, one) not in self._by_address}
        if unknown:
            project_id, release, dist = build
            # The last one counts: an upload for this dist before one for all, a new one before an old one.
            mine = Artifact.objects.filter(
                project_id=project_id, bundle__release=release, bundle__dist__in={dist, ""}
            ).order_by("bundle__dist", "pk")
            minified = mine.filter(kind=Artifact.Kind.MINIFIED, url__in=unknown)
            maps = dict(minified.values_list("url", "source_map_url"))
            meant = {one: (named, *_addresses(named)) if named else () for one, named in maps.items()}
            wanted = {url for some in meant.values() for url in some}
            sources = mine.filter(kind=Artifact.Kind.SOURCE_MAP, url__in=wanted)
            found = dict(sources.values_list("url", "pk"))
            self._by_address |= {
                (*build, one): next((found[url] for url in meant.get(one, ()) if url in found), None) for one in unknown
            }
        pairs = ((file, [self._by_address[*build, one] for one in some]) for file, some in addresses.items())
        return {file: known[0] for file, pks in pairs if (known := [pk for pk in pks if pk is not None])}


def original(event: Mapping[str, Any], *, project_id: int, maps: Maps) -> dict[str, Any] | None:
    """The event with its frames in original source; None when no map says anything about it. `event` stays as it is."""
    if event.get("platform") not in PLATFORMS:
        return None
    files = {file for trace in _traces(event) for frame in _frames(trace) if (file := _file(frame))}
    found = maps.artifacts(project_id, event, files) if files else {}
    if not found:
        return None
    changed = _rewritten(event, found, maps)
    if changed is None:
        return None
    allow_list = maps.allow_list(project_id)
    return changed if allow_list is None else dict(scrubbing.scrub(changed, allow_list=allow_list))


def for_display(event: Any, project: Project) -> Any:
    """The event as a page shows it: maps uploaded after it was stored count as well."""
    if not isinstance(event, dict):
        return event
    return original(event, project_id=project.pk, maps=Maps()) or event


def _rewritten(event: Mapping[str, Any], found: Mapping[str, int], maps: Maps) -> dict[str, Any] | None:
    """A copy of the event whose stack traces went through the maps; None when none of them did."""
    replaced: dict[int, Any] = {}
    for trace in _traces(event):
        made_of = orjson.dumps((found, _frames(trace)))
        if made_of not in maps.rewritten:
            maps.rewritten[made_of] = _rewritten_frames(_frames(trace), found)
        frames = maps.rewritten[made_of]
        if frames is not None:
            replaced[id(trace)] = {**trace, "frames": frames}
    return _with(event, replaced) if replaced else None


def _rewritten_frames(frames: list[Any], found: Mapping[str, int]) -> list[Any] | None:
    """The frames in original source, scrubbed; None when no map says anything of any."""
    loaded = _parsed.load(found.values())
    by_file = {file: loaded[pk] for file, pk in found.items() if pk in loaded}
    changed = {i: mapped for i, frame in enumerate(frames) if (mapped := _mapped(frame, by_file)) is not None}
    if not changed:
        return None
    rewritten = list(frames)
    for i, frame in zip(changed, scrubbing.scrub(list(changed.values())), strict=True):
        rewritten[i] = frame
    return rewritten


def _mapped(frame: Any, by_file: Mapping[str, SourceMap]) -> Frame | None:
    """The frame in original source; None when its map says nothing of it."""
    source_map = by_file.get(_file(frame))
    mapped = sourcemaps.apply(frame, source_map) if source_map else frame
    return None if mapped is frame else mapped


def _with(event: Mapping[str, Any], replaced: Mapping[int, Any]) -> dict[str, Any]:
    """A copy of the event with other stack traces; the rest is shared."""
    copy = dict(event)
    for name in ("exception", "threads"):
        holder = copy.get(name)
        values = holder.get("values") if isinstance(holder, dict) else None
        if isinstance(holder, dict) and isinstance(values, list):
            swapped = [
                {**value, "stacktrace": replaced[id(value["stacktrace"])]}
                if isinstance(value, dict) and id(value.get("stacktrace")) in replaced
                else value
                for value in values
            ]
            copy[name] = {**holder, "values": swapped}
    if id(copy.get("stacktrace")) in replaced:
        copy["stacktrace"] = replaced[id(copy["stacktrace"])]
    return copy


def _traces(event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("exception", "threads"):
        holder = event.get(name)
        values = holder.get("values") if isinstance(holder, dict) else None
        for value in values if isinstance(values, list) else ():
            if isinstance(value, dict) and isinstance(value.get("stacktrace"), dict):
                yield value["stacktrace"]
    if isinstance(event.get("stacktrace"), dict):
        yield event["stacktrace"]


def _frames(trace: Mapping[str, Any]) -> list[Any]:
    frames = trace.get("frames")
    return frames if isinstance(frames, list) else []


def _file(frame: Any) -> str:
    """The file that a frame not yet mapped was built into; "" when it names none."""
    if not isinstance(frame, dict) or type(frame.get("lineno")) is not int:
        return ""
    data = frame.get("data")
    if isinstance(data, dict) and "orig_lineno" in data:
        return ""
    file = frame.get("abs_path") or frame.get("filename")
    return file if isinstance(file, str) else ""


def _debug_ids(event: Mapping[str, Any]) -> dict[str, UUID]:
    """The debug ids that the event names, by built file."""
    meta = event.get("debug_meta")
    images = meta.get("images") if isinstance(meta, dict) else None
    found = {}
    for image in images if isinstance(images, list) else ():
        if isinstance(image, dict) and image.get("type") == "sourcemap" and isinstance(image.get("code_file"), str):
            debug_id = _uuid(image.get("debug_id"))
            if debug_id:
                found[image["code_file"]] = debug_id
    return found


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) and len(value) <= 45 else None
    except ValueError:
        return None


def _addresses(file: str) -> tuple[str, ...]:
    """The addresses that a bundle may have a file under, the best first: `https://host/static/main.js`, as it was
    uploaded, and `~/static/main.js` on whatever host. Uploads of older versions are known as they were written."""
    try:
        parts = urlsplit(file)
    except ValueError:
        return ()
    anywhere = "~/" + parts.path.removeprefix("~").lstrip("/")
    whole = [f"{parts.scheme}://{parts.netloc}{parts.path}"] if parts.netloc else []
    written = [form for one in (*whole, anywhere) for form in (artifact_bundle.address(one), one)]
    return tuple(dict.fromkeys(form for form in written if form.isprintable()))  # a database takes no NUL
