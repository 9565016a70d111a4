"""Real targets on 127.0.0.1: TLS with certificates made for the day, and a name server."""

import datetime
import ipaddress
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

UTC = datetime.UTC


@dataclass(frozen=True)
class Authority:
    """An authority of our own; `file` is what trusts it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    def issue(self, *, host: str = "localhost", days: float = 90.0, name: str = "leaf") -> Path:
        """A file with a certificate for the host and 127.0.0.1 that ends in so many days, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(UTC)
        names = [x509.DNSName(host)]
        alternatives = x509.SubjectAlternativeName(
            names if host != "localhost" else [*names, x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        )
        made = (
            _builder(host, self.certificate.subject, key, now + datetime.timedelta(days=days))
            .add_extension(alternatives, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        path = self.folder / f"{name}.pem"
        path.write_bytes(_pem(key) + made.public_bytes(serialization.Encoding.PEM))
        return path


def authority(folder: Path, called: str = "an authority") -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)])
    made = (
        _builder(called, name, key, datetime.datetime.now(UTC) + datetime.timedelta(days=900))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
                key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    found = Authority(key, made, folder)
    found.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return found


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, end: datetime.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime.now(UTC) - datetime.timedelta(days=800))
        .not_valid_after(end)
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@contextmanager
def speaking_tls(certificate: Path, answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") -> Iterator[int]:
    """The port of a server that answers every connection over TLS with this, after it heard something."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def speak(connection: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as wrapped:
            if wrapped.recv(65536):
                wrapped.sendall(answer)

    with listening(speak) as port:
        yield port


@contextmanager
def listening(speak: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that hands each connection to `speak`, without waiting for a word."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(5)
            with suppress(OSError):
                speak(self.request)

    with _served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        yield port


Records = Mapping[tuple[str, str], Sequence[str]]


@contextmanager
def naming(records: Records, *, rcode: str = "", silent: bool = False) -> Iterator[int]:
    """The port of a name server that knows these records: {("web.example", "A"): ["192.0.2.7"]}."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, sock = self.request
            if not silent:
                sock.sendto(_answered(dns.message.from_wire(data), records, rcode).to_wire(), self.client_address)

    with _served(socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)) as port:
        yield port


def _answered(asked: dns.message.Message, records: Records, rcode: str) -> dns.message.Message:
    answer = dns.message.make_response(asked, recursion_available=True)
    question = asked.question[0]
    name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
    if rcode:
        answer.set_rcode(dns.rcode.from_text(rcode))
    elif values := records.get((name, kind)):
        answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
    elif not any(known == name for known, _ in records):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer


@contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[int]:
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]  # type: ignore[index, return-value]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
