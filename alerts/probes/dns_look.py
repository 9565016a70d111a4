"""A look at the records of a name: asked of the machine's own name servers, or of one that is permitted."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from alerts.delivery import http
from alerts.delivery.http import Phases, Refused, Unreachable
from alerts.probes import checks
from alerts.probes.checks import Check
from alerts.probes.found import Found, failed
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import dns.exception as dns_exception
    import dns.resolver as dns_resolver
else:
    dns_exception, dns_resolver = lazy("dns.exception"), lazy("dns.resolver")


def look(check: Check) -> Found:
    """Which records the name has now, held against those it should have."""
    at = time.monotonic()
    try:
        asked = _resolver(check)
        answer = asked.resolve(
            f"{check.target}.", check.record, lifetime=check.timeout, search=False, raise_on_no_answer=False
        )
    except Refused as error:
        return failed(f"The name server may not be reached from here: {error}")
    except Unreachable as error:
        return failed(f"The name server has no address: {error}", is_silent=True)
    except dns_resolver.NXDOMAIN:
        return failed("There is no such name.", phases=_since(at))
    except dns_resolver.NoNameservers:
        return failed("The name server refuses or fails.", phases=_since(at))
    except dns_exception.Timeout:
        return failed("The name server did not answer in time.", is_silent=True)
    except (dns_exception.DNSException, OSError) as error:
        return failed(f"The name server could not be asked: {type(error).__name__}.", is_silent=True)
    values = sorted({normal(record.to_text()) for record in answer.rrset or ()})
    words = judged(values, check)
    return Found(is_ok=not words, words=words, phases=_since(at))


def judged(values: Iterable[str], check: Check) -> str:
    """What is wrong with these records; "" for nothing."""
    found, wanted = set(values), {normal(value) for value in check.expected}
    if not found:
        return f"The name has no {check.record} record."
    if missing := sorted(wanted - found):
        return f"Missing: {_listed(missing)}. There is {_listed(sorted(found))}."
    if check.is_exact and (more := sorted(found - wanted)):
        return f"Not expected: {_listed(more)}."
    return ""


def normal(text: str) -> str:
    """A record as it is compared: without quotes, case and the dot at the end."""
    return " ".join(part.strip('"').rstrip(".").lower() for part in text.split())


def _resolver(check: Check) -> dns_resolver.Resolver:
    asked = dns_resolver.Resolver(configure=not check.resolver)
    if check.resolver:
        url = checks.address(check.resolver, "resolver", port=53)
        asked.nameservers, asked.port = http.addresses_of(url), url.port
    asked.timeout = max(0.5, check.timeout / 3)  # of three tries together: one lost packet is no outage
    asked.cache = None
    return asked


def _listed(values: list[str]) -> str:
    shown = ", ".join(value[:60] for value in values[:3])
    return shown if len(values) <= 3 else f"{shown} and {len(values) - 3} more"


def _since(at: float) -> Phases:
    return Phases(dns=round((time.monotonic() - at) * 1000, 2))
