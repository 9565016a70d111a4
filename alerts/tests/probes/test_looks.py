"""Looks at real servers on 127.0.0.1: what is well, and what is wrong named plainly, whatever answers."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from alerts.delivery import http
from alerts.probes import checks, looking
from alerts.probes.checks import Check, InvalidCheck
from alerts.probes.found import Found
from alerts.tests.probes import targets
from alerts.tests.servers import Reply, serving, talking
from events.tests.make import NOW

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def inside(settings: Any) -> None:
    """This machine may be reached."""
    settings.OBS_OUTBOUND_ALLOW = ["127.0.0.0/8", "::1/128"]
    settings.OBS_OUTBOUND_PORTS = _Every()


class _Every:
    def __contains__(self, port: object) -> bool:
        return True


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: Any) -> Iterator[targets.Authority]:
    found = targets.authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(found.file))
    http.trust.cache_clear()
    yield found
    http.trust.cache_clear()


def look(kind: str, target: str, **given: Any) -> Found:
    check = checks.clean({"kind": kind, "target": target, "timeout": 2.0, **given})
    return looking.look(check, now=NOW)


@pytest.mark.parametrize("field", ["body", "status"])
def test_http_answers_are_judged(inside: None, field: str) -> None:
    body = b"<p>Hello, world</p>"
    health = json.dumps({"status": "ok", "checks": {"db": {"status": "down"}, "disk": [{"free": 3}]}}).encode()
    cases: list[tuple[Reply, dict[str, Any], str]] = {
        "status": [
            (Reply(200), {}, ""),
            (Reply(204, {}, b""), {}, ""),
            (Reply(500), {}, "The status is 500, and not 200-299."),
            (Reply(404), {"expected_status": "200, 400-404"}, ""),
            (Reply(301, {"Location": "/x"}), {"expected_status": "301"}, ""),
        ],
        "body": [
            (Reply(200, {}, body), {"match": "Hello"}, ""),
            (Reply(200, {}, body), {"match": "Bye"}, "The text 'Bye' is not in the answer."),
            (
                Reply(200, {}, body),
                {"match": "W[a-z]+<", "is_pattern": True},
                "The pattern 'W[a-z]+<' is not in the answer.",
            ),
            (Reply(200, {}, body), {"match": "(?i)W[a-z]+<", "is_pattern": True}, ""),
            (
                Reply(200, {}, body),
                {"match": "Hello", "is_negated": True},
                "The text 'Hello' is in the answer, and should not be.",
            ),
            (Reply(200, {"Content-Encoding": "gzip"}, gzip.compress(body)), {"match": "Hello"}, ""),
            (
                Reply(200, {"Content-Encoding": "gzip"}, body),
                {"match": "Hello"},
                "The body says that it is compressed and is not.",
            ),
            (
                Reply(200, {"Content-Encoding": "br"}, body),
                {"match": "Hello"},
                "The body came compressed as 'br', which was not asked for.",
            ),
            (Reply(200, {}, b"\xff\xfe\0"), {"match": "Hello"}, "The text 'Hello' is not in the answer."),
            (Reply(200, JSON, health), {}, ""),
            (Reply(200, JSON, health), {"json_path": "status", "json_value": "ok|pass"}, ""),
            (Reply(200, JSON, health), {"json_path": "checks.disk.0.free", "json_value": "3"}, ""),
            (
                Reply(200, JSON, health),
                {"json_path": "checks.disk.0.free", "json_value": "4"},
                "checks.disk.0.free is '3', and not '4'.",
            ),
            (Reply(200, JSON, health), {"json_path": "checks.db.status"}, "checks.db.status is 'down'."),
            (Reply(200, JSON, health), {"json_path": "checks.mail"}, "The document has nothing at 'checks.mail'."),
            (
                Reply(200, {"Content-Type": "text/html"}, body),
                {"json_path": "status"},
                "The answer is HTML, and not a JSON document.",
            ),
            (Reply(200, JSON, b""), {"json_path": "status"}, "The answer is empty, and not a JSON document."),
            (Reply(200, JSON, b'{"status": "UP"}'), {}, ""),
            (
                Reply(
                    200, JSON, b'{"status": "DOWN", "components": {"db": {"status": "DOWN"}, "x": {"status": "UP"}}}'
                ),
                {},
                "It says of itself: DOWN: db DOWN.",
            ),
            (
                Reply(503, JSON, b'{"status": "fail"}'),
                {},
                "The status is 503, and not 200-299. It says of itself: fail.",
            ),
            (Reply(200, JSON, b'{"ok": false}'), {}, "It says of itself: false."),
            (Reply(200, JSON, b'["not", "an object"]'), {}, ""),
            (Reply(200, JSON, b"[" * 100_000), {"json_path": "a"}, "The answer is not JSON."),
        ],
    }[field]
    for reply, given, words in cases:
        with serving(reply) as server:
            found = look("http", server.url, **given)
        assert (found.is_ok, found.words) == (not words, words), given
        assert found.http_status == reply.status
        assert found.phases.connect is not None
        assert found.phases.first_byte is not None
    fair = Reply(200, JSON, b'{"status": "warn", "checks": {"queue": [{"status": "warn"}]}}')
    with serving(fair) as server:
        found = look("http", server.url)
    assert (found.is_ok, found.words) == (True, "It says of itself: warn: queue warn.")


def test_headers_and_body_are_sent_and_follow_no_redirect_to_another_host(inside: None) -> None:
    with (
        serving() as other,
        serving(Reply(307, {"Location": other.url}), Reply(302, {"Location": "/b"}), Reply()) as server,
    ):
        given = {"method": "POST", "headers": {"X-Key": "s3cret"}, "body": "hi"}
        assert look("http", server.url, **given).redirects == 1
        assert look("http", server.url, **given).is_ok
    [first, second, third] = server.requests
    assert [one.headers.get("X-Key") for one in (first, second, third)] == ["s3cret"] * 3
    assert (second.method, second.body, third.method, third.body, third.path) == ("POST", b"hi", "GET", b"", "/b")
    [elsewhere] = other.requests
    assert (elsewhere.headers.get("X-Key"), elsewhere.body) == (None, b"")


def test_redirects_are_followed_so_far_and_no_further(inside: None) -> None:
    with serving(Reply(302, {"Location": "/again"})) as server:
        found = look("http", server.url, max_redirects=3)
        assert (found.words, found.redirects, len(server.requests)) == ("More than 3 redirects.", 3, 4)
        assert look("http", server.url, max_redirects=0).words == "It redirects."
    with serving(Reply(302, {"Location": "http://ä.example/"})) as server:
        assert "Not a plain http or https URL" in look("http", server.url).words


def test_a_redirect_inside_is_not_followed(settings: Any) -> None:
    with serving() as secret, serving() as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        for location in (
            secret.url,
            "http://169.254.169.254/latest/",
            "http://[::1]/",
            "//127.0.0.1/",
            "file:///etc/passwd",
        ):
            server.replies[:] = [Reply(302, {"Location": location})]
            found = look("http", server.url)
            assert not found.is_ok
            assert "may not be reached from here" in found.words, location
    assert secret.requests == []


def test_whatever_answers_is_named(inside: None) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")

    def drips(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    cases = [
        (endless, {}, ""),
        (endless, {"match": "y"}, "The text 'y' is not in the first megabyte of the answer."),
        (drips, {"timeout": 1.0}, "No complete answer in time."),
        (lambda connection: connection.recv(1), {"timeout": 1.0}, "No complete answer in time."),
        (lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"), {}, "The answer was not HTTP."),
        (lambda connection: None, {}, "The answer was not HTTP."),
    ]
    for speak, given, words in cases:
        with talking(speak) as endpoint:
            found = look("http", f"http://{endpoint}/", **given)
        assert (found.is_ok, found.words) == (not words, words)
    with serving() as server:
        pass
    closed = look("http", server.url)
    assert (closed.words, closed.is_silent) == ("No connection.", True)
    unknown = look("http", "http://no-such-name.invalid/")
    assert (unknown.words, unknown.is_silent) == ("The name does not resolve.", True)
    with serving() as server:
        assert look("http", server.url.replace("http:", "https:")).words.startswith("TLS failed: ")


def test_certificates_are_believed_timed_and_refused_by_name(
    inside: None, authority: targets.Authority, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    files = {
        "good": authority.issue(name="good", days=30.5),
        "foreign": authority.issue(name="foreign", host="shop.example"),
        "over": authority.issue(name="over", days=-1),
        "untrusted": targets.authority(tmp_path / "other", "another authority").issue(name="untrusted"),
    }
    with ExitStack() as stack:
        port = {name: stack.enter_context(targets.speaking_tls(file)) for name, file in files.items()}
        for kind, target in (("tls", "127.0.0.1:{}"), ("http", "https://127.0.0.1:{}/")):
            good = look(kind, target.format(port["good"]))
            assert (good.is_ok, good.words) == (True, "")
            assert good.phases.tls is not None
            assert good.certificate_ends is not None
            assert round((good.certificate_ends - time.time()) / 86_400, 1) == 30.5
            for name, words in {
                "foreign": "certificate is not valid for", "over": "certificate has expired", "untrusted": "issuer",
            }.items():  # fmt: skip
                bad = look(kind, target.format(port[name]))
                assert words in bad.words, (kind, name)
                assert (bad.is_ok, bad.is_silent, bad.certificate_ends) == (False, False, None)
            check = checks.clean({"kind": kind, "target": target.format(port["good"]), "fail_days": 365})
            soon = looking.look(check, now=NOW)
            assert "fewer than 365" in soon.words or NOW.timestamp() < time.time() - 86_400 * 300
    with targets.listening(lambda connection: connection.sendall(b"220 mail ready\r\n")) as plain:
        assert look("tls", f"127.0.0.1:{plain}").words.startswith("TLS failed: ")
    with targets.listening(lambda connection: time.sleep(3)) as mute:
        assert look("tls", f"127.0.0.1:{mute}", timeout=0.5).words == "No complete answer in time."


def test_a_port_is_looked_at_and_may_be_talked_to(inside: None) -> None:
    def smtp(connection: socket.socket) -> None:
        connection.sendall(b"220 mail ready\r\n")
        if connection.recv(100) == b"EHLO x\r\n":
            connection.sendall(b"250 OK\r\n")

    with targets.listening(smtp) as port:
        target = f"127.0.0.1:{port}"
        assert look("tcp", target).is_ok
        assert look("tcp", target, match="220 ").is_ok
        assert look("tcp", target, send="EHLO x\\r\\n", match="^220(?s:.*)250 OK", is_pattern=True).is_ok
        assert look("tcp", target, match="554", timeout=0.5).words == "The text '554' was not said."
        assert (
            look("tcp", target, match="220", is_negated=True, timeout=0.5).words
            == "The text '220' was said, and should not be."
        )
    with targets.listening(lambda connection: time.sleep(2)) as port:
        assert look("tcp", f"127.0.0.1:{port}", match="x", timeout=0.5).words == "It said nothing in time."
    assert look("tcp", target).words == "No connection."


def test_records_are_held_against_what_is_expected(inside: None) -> None:
    records = {
        ("web.example", "A"): ["192.0.2.7", "192.0.2.8"], ("web.example", "MX"): ["10 Mail.example."],
        ("web.example", "TXT"): ['"v=spf1 -all"'],
    }  # fmt: skip
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("web.example", {}, ""),
        ("web.example", {"expected": ("192.0.2.8",)}, ""),
        ("web.example", {"expected": ("192.0.2.9",)}, "Missing: 192.0.2.9. There is 192.0.2.7, 192.0.2.8."),
        ("web.example", {"expected": ("192.0.2.7",), "is_exact": True}, "Not expected: 192.0.2.8."),
        ("web.example", {"record": "MX", "expected": ("10 mail.example",)}, ""),
        ("web.example", {"record": "TXT", "expected": ("v=spf1 -all",)}, ""),
        ("web.example", {"record": "AAAA"}, "The name has no AAAA record."),
        ("no.example", {}, "There is no such name."),
    ]
    with targets.naming(records) as port:
        for name, given, words in cases:
            found = look("dns", name, resolver=f"127.0.0.1:{port}", **given)
            assert (found.is_ok, found.words) == (not words, words)
    with targets.naming({}, rcode="SERVFAIL") as port:
        assert look("dns", "web.example", resolver=f"127.0.0.1:{port}").words == "The name server refuses or fails."
    with targets.naming({}, silent=True) as port:
        found = look("dns", "web.example", resolver=f"127.0.0.1:{port}", timeout=1.0)
        assert (found.words, found.is_silent) == ("The name server did not answer in time.", True)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "ftp"}, "kind"),
        ({"target": "ftp://a.example/"}, "target"),
        ({"target": "http://user:pw@a.example/"}, "target"),
        ({"expected_status": "2xx"}, "expected_status"),
        ({"expected_status": "299-200"}, "expected_status"),
        ({"expected_status": "600"}, "expected_status"),
        ({"expected_status": " , "}, "expected_status"),
        ({"method": "TRACE"}, "method"),
        ({"method": "HEAD", "match": "x"}, "method"),
        ({"match": "(", "is_pattern": True}, "match"),
        ({"match": "(?=x)", "is_pattern": True}, "match"),
        ({"match": "x" * 1001}, "match"),
        ({"is_negated": True}, "match"),
        ({"json_value": "ok"}, "json_path"),
        ({"max_redirects": 11}, "max_redirects"),
        ({"warn_days": (0,)}, "warn_days"),
        ({"fail_days": 400}, "fail_days"),
        ({"kind": "tcp", "target": "a.example"}, "target"),
        ({"kind": "tcp", "target": "a.example:0"}, "target"),
        ({"kind": "tcp", "target": "2001:db8::1"}, "target"),
        ({"kind": "tls", "target": "a.example:443/x"}, "target"),
        ({"kind": "dns", "target": "a..example"}, "target"),
        ({"kind": "dns", "target": "x" * 64 + ".example"}, "target"),
        ({"kind": "dns", "target": "a.example", "record": "ANY"}, "record"),
        ({"kind": "dns", "target": "a.example", "is_exact": True}, "expected"),
        ({"kind": "dns", "target": "a.example", "resolver": "no such"}, "resolver"),
    ],
)
def test_what_cannot_be_looked_at_is_named_at_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidCheck) as raised:
        checks.clean({"kind": "http", "target": "http://a.example/", **given})
    assert raised.value.field == field


def test_headers_are_read_line_by_line_and_never_repeated() -> None:
    assert checks.headers("Authorization: Bearer x:y\n\nX-A:b") == {"Authorization": "Bearer x:y", "X-A": "b"}
    for text in ("Host: x", "no colon s3cret", "X: a\x00s3cret", "X y: s3cret", "X: ä-s3cret"):
        with pytest.raises(InvalidCheck) as raised:
            checks.headers(text)
        assert "s3cret" not in str(raised.value)


def test_a_check_is_kept_and_read_back() -> None:
    check = checks.clean(
        {"kind": "http", "target": "https://a.example/", "timeout": 5.0, "warn_days": (9, 3), "headers": {"A": "b"}}
    )
    assert (
        checks.stored("http", check.target, 5.0, {**checks.config_of(check), "old": 1}, {"headers": {"A": "b"}})
        == check
    )
    assert checks.clean({"kind": "tls", "target": "[2606:4700::1]"}).target == "[2606:4700::1]:443"
    assert (
        checks.words(Check(kind="dns", target="a.example", resolver="1.1.1.1")) == "A records of a.example at 1.1.1.1"
    )
