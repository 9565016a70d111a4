"""What sentry-cli and the plugins of bundlers call to upload source maps, by all their protocols."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.urls import reverse
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from events.accounts import access
from events.endpoints.cli.base import CliView
from events.models import Artifact
from events.releases import uploads


class ChunkUpload(CliView):
    """How chunks are sent (GET), and the chunks (POST, multipart; each part is named by its SHA-1)."""

    parser_classes = [MultiPartParser]
    largest = uploads.REQUEST_BYTES + 1024 * 1024

    def get(self, request: Request, organization: str) -> Response:
        return Response(
            {
                "url": request.build_absolute_uri(reverse("cli-chunk-upload", args=[organization])),
                "chunkSize": uploads.CHUNK_BYTES,
                "chunksPerRequest": uploads.CHUNKS_PER_REQUEST,
                "maxFileSize": uploads.BUNDLE_BYTES,
                "maxRequestSize": uploads.REQUEST_BYTES,
                "concurrency": 2,
                "hashAlgorithm": "sha1",
                "compression": ["gzip"],
                "accept": ["release_files", "sources", "artifact_bundles", "artifact_bundles_v2"],
            }
        )

    def post(self, request: Request, organization: str) -> Response:
        parts = [
            (part.name, uploads.chunk_content(part.read(), is_gzip=name == "file_gzip"))
            for name in ("file", "file_gzip")
            for part in request.FILES.getlist(name)[: uploads.CHUNKS_PER_REQUEST + 1]
        ]
        uploads.store_chunks(parts, token=self.token, now=self.now)
        return Response({})


class Assemble(CliView):
    """Which chunks are missing, or the bundle made of them.

    `…/artifactbundle/assemble/` has projects, release and dist in the body; `…/releases/VERSION/assemble/`, which
    sentry-cli called before 2.17, has the project and dist in the bundle."""

    def post(self, request: Request, organization: str, version: str = "") -> Response:
        having = [one.project for one in self.releases_named(version, access.EDITOR)] if version else []
        listed = request.data.get("chunks")
        chunks = [sha1 for sha1 in listed if isinstance(sha1, str)] if isinstance(listed, list) else []
        found = uploads.assemble(
            having or self.named_projects(),
            self.field("checksum"),
            chunks,
            token=self.token,
            release=version or self.field("version", 250),
            dist=self.field("dist"),
            is_named_inside=bool(version),
            now=self.now,
        )
        return Response({"state": found.state, "missingChunks": found.missing, "detail": found.detail})


class ReleaseFiles(CliView):
    """The files of a release: listed, or one uploaded by itself (multipart: `file`, `name`, `dist`, `header`)."""

    parser_classes = [MultiPartParser]
    largest = uploads.REQUEST_BYTES + 1024 * 1024

    def get(self, request: Request, organization: str, version: str, slug: str = "") -> Response:
        """Asked which of some checksums are known, it knows none: a file is then uploaded, and found to be there."""
        if "checksum" in request.query_params:
            return Response([])
        found = self.releases_named(version, access.VIEWER, slug)
        return Response([_file(one) for release in found for one in uploads.files_of(release.project, version)])

    def post(self, request: Request, organization: str, version: str, slug: str = "") -> Response:
        found = self.releases_named(version, access.EDITOR, slug)
        sent = request.FILES.get("file")
        if sent is None:
            raise ValidationError("Send the file in the part `file`.")
        content = sent.read()
        made = [
            uploads.add_file(
                release.project,
                content,
                name=self.field("name") or f"~/{sent.name}",
                release=version,
                dist=self.field("dist", 64),
                headers=request.data.getlist("header"),
                token=self.token,
                now=self.now,
            )
            for release in found
        ]
        return Response(_file(made[0]), status=201)


class ReleaseFile(CliView):
    """`sentry-cli releases files VERSION delete NAME`."""

    def get(self, request: Request, organization: str, version: str, file: int, slug: str = "") -> Response:
        found = self.releases_named(version, access.VIEWER, slug)
        for one in (file_ for release in found for file_ in uploads.files_of(release.project, version)):
            if one.pk == file:
                return Response(_file(one))
        raise Http404("No such file.")

    def delete(self, request: Request, organization: str, version: str, file: int, slug: str = "") -> Response:
        found = self.releases_named(version, access.EDITOR, slug)
        done = [
            uploads.remove(one.project, release=version, file=file, actor=self.token.user, now=self.now)
            for one in found
        ]
        if not any(done):
            raise Http404("No such file.")
        return Response(status=204)


class SourceMaps(CliView):
    """`sentry-cli releases files VERSION delete --all`: whatever was uploaded for the release."""

    def get(self, request: Request, organization: str, slug: str) -> Response:
        project = self.open_project(slug, access.VIEWER)
        return Response(
            [{"type": "release", "name": name, "fileCount": count} for name, count in uploads.releases_of(project)]
        )

    def delete(self, request: Request, organization: str, slug: str) -> Response:
        project, version = self.open_project(slug), request.query_params.get("name", "")
        if not version:
            raise ValidationError("Name the release.")
        uploads.remove(project, release=version, actor=self.token.user, now=self.now)
        return Response(status=204)


def _file(artifact: Artifact) -> dict[str, Any]:
    return {
        "id": str(artifact.pk),
        "name": artifact.url,
        "dist": artifact.bundle.dist or None,
        "sha1": "",
        "size": artifact.size,
        "headers": {"Sourcemap": artifact.source_map_url} if artifact.source_map_url else {},
        "dateCreated": artifact.bundle.created_at,
    }
