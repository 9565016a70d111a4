"""Outbound HTTP reaches public addresses only, and takes little from whoever answers."""

import gzip
import socket
import time
from typing import Any

import pytest

from alerts.delivery import http
from alerts.tests.servers import Reply, serving, talking

REFUSED_ADDRESSES = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.254
    168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.8 192.0.0.192 192.0.2.1
    192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255
    240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::a9fe:a9fe ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
    64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::a9fe:a9fe 100::1 2001::7f00:1 2001:0:7f00:1::1 2001:10::1 2001:20::1
    2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1
    ff02::1 ff0e::1 not-an-address
"""
PUBLIC_ADDRESSES = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.0.0.1 128.0.0.1 169.253.255.255 169.255.0.1
    172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 192.169.0.1 198.17.0.1 198.20.0.1 223.255.255.255
    2606:4700:4700::1111 2a00:1450:4001::200e 2001:4860:4860::8888 2003::1
"""


@pytest.mark.parametrize("address", REFUSED_ADDRESSES.split())
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not http.is_public(address)


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES.split())
def test_a_public_address_is_let_through(address: str) -> None:
    assert http.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "", "file:///etc/passwd", "gopher://a.example/", "ftp://a.example/", "//a.example/", "https:a.example",
        "http://user@a.example/", "http://user:pw@a.example/", "http://a.example#f", "http://a.example\\@b.example/",
        "http://a.example/ b", "http://a.example/\r\nX: 1", "http://a.example/\n", "http://ä.example/", "http://a..example/",
        "http://[::1%25lo]/", "http://[::1]x/", "http://a.example:0/", "http://a.example:65536/", "http://a.example:80:80/",
        "http://-a.example/", "http://a.example/" + "a" * 2000, "http://a.example/<script>", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_an_odd_url_is_refused(url: str) -> None:
    with pytest.raises(http.Refused):
        http.parse(url)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://hooks.slack.com/services/T/B/X", ("https", "hooks.slack.com", 443, "/services/T/B/X")),
        ("http://A.Example", ("http", "a.example", 80, "/")),
        ("https://a.example:8443?x=1", ("https", "a.example", 8443, "/?x=1")),
        ("http://[2606:4700::1]/x", ("http", "2606:4700::1", 80, "/x")),
    ],
)
def test_a_plain_url_has_its_parts(url: str, parts: tuple) -> None:
    parsed = http.parse(url)
    assert (parsed.scheme, parsed.host, parsed.port, parsed.target) == parts


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0"],
)
@pytest.mark.parametrize("call", [http.check, http.send])
def test_no_spelling_of_the_own_machine_is_reached(call: Any, host: str) -> None:
    with pytest.raises(http.Refused):
        call(f"http://{host}/")


@pytest.mark.parametrize("port", [22, 25, 5432, 6379, 8080])
def test_other_ports_are_refused(port: int) -> None:
    with pytest.raises(http.Refused, match="Port"):
        http.check(f"http://1.1.1.1:{port}/")


def test_a_further_port_can_be_permitted(settings: Any) -> None:
    settings.OBS_OUTBOUND_PORTS = [8080]
    assert http.check("http://1.1.1.1:8080/").port == 8080


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/x",
        "https://hooks.slack.com.evil.example/x",
        "https://hooks.slack.com:8443/x",
        "https://1.1.1.1/",
    ],
)
def test_a_list_of_hosts_admits_no_other(url: str) -> None:
    with pytest.raises(http.Refused):
        http.send(url, hosts=frozenset({"hooks.slack.com"}))


def resolver(monkeypatch: Any, *answers: list[str]) -> list[str]:
    """Names resolve to these addresses, one answer a question; the list returned fills with the names asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[tuple]:
        asked.append(host)
        addresses = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_that_moves_to_the_own_machine_after_the_check_is_refused(monkeypatch: Any) -> None:
    asked = resolver(monkeypatch, ["1.1.1.1"], ["127.0.0.1"])
    http.check("http://rebinding.example/")
    with pytest.raises(http.Refused):
        http.send("http://rebinding.example/")
    assert asked == ["rebinding.example"] * 2


def test_a_private_address_among_public_ones_is_refused(monkeypatch: Any) -> None:
    resolver(monkeypatch, ["1.1.1.1", "10.0.0.7"])
    with pytest.raises(http.Refused):
        http.send("http://mixed.example/")


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: Any) -> None:
    with serving() as server:
        asked = resolver(monkeypatch, ["127.0.0.1"], ["192.0.2.1"])
        answer = http.send(f"http://pinned.example:{server.port}/", allow=[f"pinned.example:{server.port}"])
    assert answer.status == 200
    assert asked == ["pinned.example"]
    assert server.requests[0].headers["Host"] == f"pinned.example:{server.port}"


def test_a_name_that_does_not_resolve_is_no_answer(monkeypatch: Any) -> None:
    def getaddrinfo(*args: Any, **kwargs: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert http.check("http://later.example/").host == "later.example"
    with pytest.raises(http.Unreachable, match="resolve"):
        http.send("http://later.example/")


def test_a_permitted_network_opens_the_address_and_not_the_port() -> None:
    with serving() as server, pytest.raises(http.Refused, match="Port"):
        http.send(server.url, allow=["127.0.0.0/8"])


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with serving() as target, serving(Reply(307, {"Location": target.url})) as server:
        answer = http.send(server.url, allow=[server.endpoint, target.endpoint])
    assert (answer.status, target.requests) == (307, [])


def test_proxies_of_the_environment_are_not_used(monkeypatch: Any) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://192.0.2.1:3128")
    with serving() as server:
        assert http.send(server.url, allow=[server.endpoint]).status == 200


def test_the_body_is_cut_and_left_compressed() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    with serving(Reply(200, {"Content-Encoding": "gzip"}, bomb), Reply(200, {}, b"x" * 500_000)) as server:
        packed = http.send(server.url, allow=[server.endpoint])
        large = http.send(server.url, allow=[server.endpoint])
    assert packed.body == bomb[: http.MAX_ANSWER_BYTES]
    assert len(large.body) == http.MAX_ANSWER_BYTES
    assert server.requests[0].headers["Accept-Encoding"] == "identity"


def test_an_endless_body_ends() -> None:
    def speak(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")

    with talking(speak) as endpoint:
        assert len(http.send(f"http://{endpoint}/", allow=[endpoint]).body) == http.MAX_ANSWER_BYTES


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 80_000 + b"\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 400) for n in range(200)) + b"\r\nok",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"",
    ],
)
@pytest.mark.parametrize("allowed", [100, 10_000])
def test_what_is_not_a_decent_http_answer_is_no_answer(
    head: bytes, allowed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("http.client._MAXHEADERS", allowed)  # as clickhouse-connect does
    with talking(lambda connection: connection.sendall(head)) as endpoint, pytest.raises(http.Unreachable):
        http.send(f"http://{endpoint}/", allow=[endpoint])


def test_a_peer_that_never_answers_is_left_after_the_read_timeout() -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(1)

    started = time.monotonic()
    with talking(speak) as endpoint, pytest.raises(http.Unreachable, match="time"):
        http.send(f"http://{endpoint}/", allow=[endpoint], timeout=http.Timeout(read=0.2))
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("drip", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"])
def test_a_peer_that_drips_is_left_when_the_whole_time_is_up(drip: bytes) -> None:
    def speak(connection: socket.socket) -> None:
        connection.sendall(drip)
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    started = time.monotonic()
    with talking(speak) as endpoint, pytest.raises(http.Unreachable, match="time"):
        http.send(f"http://{endpoint}/", allow=[endpoint], timeout=http.Timeout(read=1, total=0.4))
    assert time.monotonic() - started < 3


def test_nobody_listening_is_no_answer() -> None:
    with serving() as server:
        pass
    with pytest.raises(http.Unreachable, match="connection"):
        http.send(server.url, allow=[server.endpoint])


def test_plain_text_where_tls_is_spoken_is_no_answer() -> None:
    with serving() as server, pytest.raises(http.Unreachable, match="TLS"):
        http.send(server.url.replace("http:", "https:"), allow=[server.endpoint])
