"""Where the web server listens: any address of this machine, written and reached as its family wants it."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from events.accounts import dsn
from events.models import IngestKey
from formaos_obs import addresses
from formaos_obs.tests import workers


@pytest.mark.parametrize(
    ("bind", "reached"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "::1"),
        ("0:0:0:0:0:0:0:0", "::1"),
        ("::1", "::1"),
        ("localhost", "localhost"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0::7", "2001:db8::7"),
    ],
)
def test_it_is_reached_where_it_listens(bind: str, reached: str) -> None:
    assert addresses.reached_at(bind) == reached


@pytest.mark.parametrize(
    ("bind", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "localhost"),
        ("localhost", "localhost"),
        ("2001:db8::7", "[2001:db8::7]"),
    ],
)
def test_a_url_can_be_built_with_its_host(bind: str, host: str) -> None:
    assert addresses.public_host(bind) == host
    assert urlsplit(f"http://{host}:8000").port == 8000


def test_the_ipv6_loopback_goes_by_its_name_where_it_has_one() -> None:
    leads_there = "::1" in {found[4][0] for found in socket.getaddrinfo("localhost", None)}
    assert addresses.public_host("::1") == ("localhost" if leads_there else "[::1]")


def test_a_dsn_keeps_the_brackets_of_an_ipv6_address() -> None:
    built = dsn.of(IngestKey(public_key="ab" * 16, project_id=7), base_url="http://[2001:db8::7]:8000")
    assert built == f"http://{'ab' * 16}@[2001:db8::7]:8000/7"
    assert urlsplit(built).hostname == "2001:db8::7"


@pytest.mark.parametrize(("bind", "address"), [("::1", "::1"), ("::", "::"), ("127.0.0.1", "127.0.0.1")])
def test_the_server_is_given_an_ip_address(bind: str, address: str) -> None:
    assert addresses.numeric(bind) == address
    assert addresses.numeric("localhost") in {"127.0.0.1", "::1"}


@pytest.fixture(params=["127.0.0.1", "::1"])
def taken(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """An address and a port on which somebody else listens."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.socket(family) as other:
        other.bind((request.param, 0))
        other.listen()
        yield request.param, other.getsockname()[1]


def test_a_taken_port_is_named_with_another(taken: tuple[str, int]) -> None:
    with pytest.raises(SystemExit, match=rf"^Port {taken[1]} is taken; choose another: PORT=8123$"):
        addresses.demand_port(*taken)


def test_a_port_that_is_taken_on_one_address_is_taken_on_all(taken: tuple[str, int]) -> None:
    with pytest.raises(SystemExit, match="is taken"):
        addresses.demand_port("::" if ":" in taken[0] else "0.0.0.0", taken[1])


@pytest.mark.parametrize("bind", ["127.0.0.1", "::1", "::", "0.0.0.0", "localhost"])
def test_a_free_port_is_let_pass(bind: str) -> None:
    port = workers.free_port()
    addresses.demand_port(bind, port)
    with socket.socket() as afterwards:
        afterwards.bind(("127.0.0.1", port))
        assert afterwards.getsockname()[1] == port, "it is left free"


@pytest.mark.parametrize(
    "bind", ["no such host", "256.1.1.1", "::1::", "http://127.0.0.1", "a" * 300, "\u2026.invalid"]
)
def test_what_is_no_address_is_named(bind: str) -> None:
    with pytest.raises(SystemExit, match=r"is no address; use 127\.0\.0\.1") as refused:
        addresses.demand_port(bind, 8000)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("bind", ["192.0.2.1", "2001:db8::1"])
def test_an_address_of_another_machine_is_named(bind: str) -> None:
    with pytest.raises(SystemExit, match=f"^OBS_BIND={bind} is not an address of this machine; use 127"):
        addresses.demand_port(bind, 0)
