"""Which upload a frame means: builds of one release, and the many ways to write one address."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from events.models import Artifact, ArtifactBundle, Project
from events.releases import symbolication
from events.releases.symbolication import Maps
from events.tests.releases.test_symbolication import event, frame_of
from events.tests.releases.test_uploads import assemble, bundle, client, send  # noqa: F401  # a fixture

SOURCE = "export function outer() {\n  function checkout() {\n    boom();\n  }\n}\n"


def a_map(source: str = SOURCE) -> bytes:
    fields = {"sources": ["../src/app.js"], "sourcesContent": [source], "names": [], "mappings": "AAAA,UAEI"}
    return json.dumps({"version": 3} | fields).encode()


def upload(client: Client, url: str, *, source: str = SOURCE, map_name: str = "", **fields: Any) -> None:  # noqa: F811
    """A built file and its map as sentry-cli sends them."""
    name = map_name or f"{Path(url).name}.map"
    files = {
        "0": {"type": "minified_source", "url": url},
        "1": {"type": "source_map", "url": url.rpartition("/")[0] + "/" + name},
    }
    made = bundle(files, {"0": f"x();\n//# sourceMappingURL={name}".encode(), "1": a_map(source)})
    send(client, made)
    answer = assemble(client, made, [made], **{"version": "web@7"} | fields)
    assert answer.json()["state"] == "ok"


def line_of(project: Project, file: str, **fields: Any) -> str | None:
    """The source line that the frame is shown with, None while it stays minified."""
    sent = event(debug_id=None, file=file, **{"release": "web@7"} | fields)
    frame_of(sent)["colno"] = 11
    found = symbolication.original(sent, project_id=project.pk, maps=Maps())
    return frame_of(found)["context_line"].strip() if found else None


def test_two_builds_of_one_release_have_their_own_maps(client: Client, project: Project) -> None:  # noqa: F811
    for dist, line in [("1", "boomone()"), ("2", "boomtwo()")]:
        upload(client, "~/d/a.js", source=f"\n\n    {line}", dist=dist)
    file = "https://shop.example/d/a.js"
    assert [line_of(project, file, dist=dist) for dist in ("1", "2")] == ["boomone()", "boomtwo()"]
    assert [line_of(project, file, **sent) for sent in ({"dist": "3"}, {}, {"dist": None}, {"dist": 1})] == [None] * 4


def test_an_upload_without_dist_is_for_each_build_that_has_none_of_its_own(
    client: Client,  # noqa: F811
    project: Project,
) -> None:
    upload(client, "~/d/a.js", source="\n\n    own()", dist="1")
    upload(client, "~/d/a.js", source="\n\n    shared()")
    file = "https://shop.example/d/a.js"
    assert [line_of(project, file, dist=dist) for dist in ("1", "2", "")] == ["own()", "shared()", "shared()"]


ALIKE = [
    ("~/chunks/pages/[id]-0ab1.js", "https://shop.example/chunks/pages/%5Bid%5D-0ab1.js"),
    ("~/chunks/pages/[id]-0ab1.js", "https://shop.example/chunks/pages/[id]-0ab1.js"),
    ("~/chunks/pages/%5Bid%5D-0ab1.js", "https://shop.example/chunks/pages/[id]-0ab1.js"),
    ("~/chunks/pages/%5bid%5d-0ab1.js", "https://shop.example/chunks/pages/%5Bid%5D-0ab1.js"),
    ("~/My App/mäin.js", "https://shop.example/My%20App/m%C3%A4in.js"),
    ("~/My%20App/m%c3%a4in.js", "https://shop.example/My%20App/m%C3%A4in.js"),
    ("https://cdn.example/s/a.js", "https://cdn.example/s/a.js"),
    ("https://cdn.example/s/a.js", "https://cdn.example/s/a.js?v=3#top"),
    ("https://cdn.example/s/[id].js", "https://cdn.example/s/%5Bid%5D.js"),
    ("~/(group)/@modal/a+b,c.js", "https://shop.example/(group)/@modal/a+b,c.js"),
    ("~/s/a.js", "app:///s/a.js"),
    ("~/s/a.js", "/s/a.js"),
    ("~/s/a.js?v=1", "https://shop.example/s/a.js?v=1"),
    ("~/s/a.js", "https://shop.example//s//a.js"),
    ("~/s/a.js", "https://shop.example/x/../s/./a.js"),
    ("~/./s/a.js", "https://shop.example/s/a.js"),
    ("https://cdn.example/s/a.js", "https://CDN.example:443/s/a.js"),
    ("http://cdn.example:80/s/a.js", "http://cdn.example/s/a.js"),
    ("~/s/ma\u0308in.js", "https://shop.example/s/m%C3%A4in.js"),
    ("~/s/a.js", "~/s/a.js"),
]


@pytest.mark.parametrize(("uploaded", "sent"), ALIKE)
def test_a_bundler_names_files_and_a_browser_names_addresses(
    client: Client,  # noqa: F811
    project: Project,
    uploaded: str,
    sent: str,
) -> None:
    upload(client, uploaded)
    assert line_of(project, sent) == "boom();"


@pytest.mark.parametrize(
    ("named", "stored"),
    [
        ("a.js.map?h=1", "~/s/a.js.map"),
        ("/maps/a.js.map", "~/maps/a.js.map"),
        ("../maps/a.js.map", "~/maps/a.js.map"),
        ("https://shop.example/maps/a.js.map", "~/maps/a.js.map"),
        ("https://cdn.example/maps/a.js.map", "https://cdn.example/maps/a.js.map"),
        ("//cdn.example/maps/a.js.map", "https://cdn.example/maps/a.js.map"),
    ],
)
def test_a_map_is_found_wherever_its_file_says(client: Client, project: Project, named: str, stored: str) -> None:  # noqa: F811
    """getsentry/sentry-docs#561: the address of a map resolves against that of its file, and `~` is any host."""
    files = {"0": {"type": "minified_source", "url": "~/s/a.js"}, "1": {"type": "source_map", "url": stored}}
    made = bundle(files, {"0": f"x();\n//# sourceMappingURL={named}".encode(), "1": a_map()})
    send(client, made)
    assert assemble(client, made, [made], version="web@7").json()["state"] == "ok"
    assert line_of(project, "https://shop.example/s/a.js") == "boom();"


@pytest.mark.parametrize("kind", ["application/json", "application/json;charset=utf-8"])
@pytest.mark.parametrize("mark", ["//# {}", "/*# {} */", "//@ {}"])
def test_a_map_inside_its_file_counts(client: Client, project: Project, kind: str, mark: str) -> None:  # noqa: F811
    """ECMA-426, "Linking generated code to source maps": the address may be `data:`."""
    said = mark.format(f"sourceMappingURL=data:{kind};base64,{base64.b64encode(a_map()).decode()}")
    headers = {"debug-id": "C0BCC3F1-9827-4E65-B058-404B2831D9E6"}
    made = bundle(
        {"0": {"type": "minified_source", "url": "~/s/a.js", "headers": headers}}, {"0": f"x();\n{said}\n".encode()}
    )
    send(client, made)
    assert assemble(client, made, [made], version="web@7").json()["state"] == "ok"
    assert line_of(project, "https://shop.example/s/a.js") == "boom();"
    sent = event(debug_id=headers["debug-id"].lower(), file="https://shop.example/z.js")
    frame_of(sent)["colno"] = 11
    found = symbolication.original(sent, project_id=project.pk, maps=Maps())
    assert found is not None
    assert frame_of(found)["context_line"].strip() == "boom();"


@pytest.mark.parametrize("named", ["[id].js.map", "%5Bid%5D.js.map", "/s/[id].js.map"])
def test_the_name_of_a_map_is_an_address_too(client: Client, project: Project, named: str) -> None:  # noqa: F811
    files = {"0": {"type": "minified_source", "url": "~/s/[id].js", "headers": {"sourcemap": named}},
             "1": {"type": "source_map", "url": "~/s/[id].js.map" if named[0] != "/" else named}}  # fmt: skip
    made = bundle(files, {"0": b"x();", "1": a_map()})
    send(client, made)
    assemble(client, made, [made], version="web@7")
    assert line_of(project, "https://shop.example/s/%5Bid%5D.js") == "boom();"


def test_a_whole_address_counts_before_the_path_on_any_host(client: Client, project: Project) -> None:  # noqa: F811
    upload(client, "https://cdn.example/s/a.js", source="\n\n    cdn()")
    upload(client, "~/s/a.js", source="\n\n    any()")
    hosts = ("cdn.example", "shop.example")
    assert [line_of(project, f"https://{host}/s/a.js") for host in hosts] == ["cdn()", "any()"]


def test_another_host_is_another_file(client: Client, project: Project) -> None:  # noqa: F811
    upload(client, "https://cdn.example/s/a.js")
    assert line_of(project, "https://other.example/s/a.js") is None


def test_uploads_of_older_versions_are_known_as_they_were_written(project: Project) -> None:
    made = ArtifactBundle.objects.create(project=project, checksum="1", release="web@7", state="ok")
    kept = {"bundle": made, "project": project, "size": 1}
    url, map_url = "~/s/m%C3%A4in.js", "~/s/m%C3%A4in.js.map"
    Artifact.objects.create(kind="minified", url=url, source_map_url=map_url, content=b"", **kept)
    packed = symbolication.payloads.pack_bytes(a_map())
    Artifact.objects.create(kind="source_map", url=map_url, content=packed, **kept)
    assert line_of(project, "https://shop.example/s/m%C3%A4in.js") == "boom();"


@pytest.mark.parametrize(
    "file", ["%00", "/%00/a.js", "/a\0.js", "/\ud800.js", "/%ff%fe.js", "/" + "%20" * 9999, "//[a"]
)
def test_an_address_that_no_file_has_finds_none(client: Client, project: Project, file: str) -> None:  # noqa: F811
    upload(client, "~/s/%00%ff.js")
    assert line_of(project, file) is None
    assert Artifact.objects.filter(kind="minified").get().url == "~/s/\ufffd\ufffd.js"
