"""Prints how many numbers and addresses of people scrubbing finds, and takes for one, by category.

The cases are others': libphonenumber's example numbers, the pages of python-stdnum, the registry of IBANs, tests of
RFC 5322. What only looks like one is made at random, with a seed.

Run: python -m bench.people
"""

import random
import uuid
from collections.abc import Callable, Iterator
from itertools import pairwise

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from stdnum import iban, luhn, numdb

from events.scrubbing import accounts, scrub_text
from events.tests.scrubbing.test_mail import ADDRESSES
from events.tests.scrubbing.test_numbers import NATIONAL
from events.tests.scrubbing.test_phones import KINDS, LABELS

# The rules whose cases these are.
RULES = ("email", "iban", "card", "id", "birth_date", "mac", "phone")
_ROUNDS = 2_000
_GAPS = (" ", "-", "\u00a0", "\u2011", "%20")
_PREFIXES = {"4": 16, "51": 16, "2221": 16, "34": 15, "37": 15, "36": 14, "6011": 16, "62": 16, "3528": 16}
_BIRTHS = ("dob: {}", "date of birth {}", "geboren am {}", "née le {}", "fecha de nacimiento: {}", "дата рождения: {}",
           "data di nascita {}", "data urodzenia: {}", "doğum tarihi: {}", "födelsedatum {}")  # fmt: skip


def _digits(r: random.Random, n: int) -> str:
    return "".join(r.choices("0123456789", k=n))


def _hex(r: random.Random, n: int) -> str:
    return "".join(r.choices("0123456789abcdef", k=n))


def _phones() -> Iterator[tuple[str, str]]:
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in KINDS:
            example = phonenumbers.example_number_for_type(region, getattr(PhoneNumberType, kind))
            if example is None:
                continue
            written = phonenumbers.format_number(example, PhoneNumberFormat.INTERNATIONAL)
            yield "phone, E.164", f"call {phonenumbers.format_number(example, PhoneNumberFormat.E164)} now"
            yield "phone, international", f"call {written} now"
            yield "phone, international, no-break blanks", f"call {written.replace(' ', chr(0xA0))} now"
            yield "phone, 00", f"call {written.replace('+', '00')} now"
            short = phonenumbers.format_number(example, PhoneNumberFormat.NATIONAL)
            for label in LABELS:
                yield "phone, national behind a word", label.format(short)
            yield "phone, national behind a word and a blank", f"Telefonnummer {short}"


def _accounts(r: random.Random) -> Iterator[tuple[str, str]]:
    for prefix, length in _PREFIXES.items():
        for _ in range(20):
            body = prefix + _digits(r, length - len(prefix) - 1)
            number = body + luhn.calc_check_digit(body)
            sizes = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}[length]
            cuts = [sum(sizes[:i]) for i in range(len(sizes) + 1)]
            yield "card, in one run", f"card {number} ok"
            for gap in _GAPS:
                grouped = gap.join(number[a:b] for a, b in pairwise(cuts))
                yield "card, in groups", f"card {grouped} ok"
    for country in sorted({prefix for _, prefix, *_ in numdb.get("iban").prefixes}):
        size = accounts.iban_length(country)
        for _ in range(20 if size else 0):
            text = _made(r, country)
            fours = [text[i : i + 4] for i in range(0, len(text), 4)]
            yield "IBAN, in one run", f"to {text}."
            for gap in _GAPS:
                yield "IBAN, in groups", f"to {gap.join(fours)}."


def _made(r: random.Random, country: str) -> str:
    parts = accounts._PART.findall(numdb.get("iban").info(country)[0][1]["bban"])
    body = "".join("".join(r.choices("ABCDEFGHJK" if sort == "a" else "0123456789", k=int(n))) for n, sort in parts)
    return f"{country}{iban.calc_check_digits(f'{country}00{body}')}{body}"


def personal(r: random.Random) -> Iterator[tuple[str, str]]:
    """(category, text): after scrubbing no digit of it may be left, or no sign of an address."""
    yield from _phones()
    yield from _accounts(r)
    for number, word in NATIONAL:
        yield "identity and tax numbers behind a word", f"{word}: {number}"
        yield "identity and tax numbers behind a word", f"the {word} is {number}, they said"
    for address in ADDRESSES:
        for place in ("{}", "to <{}>, please", "mailto:{}?subject=x", "email='{}'"):
            yield "e-mail", place.format(address)
    for _ in range(100):
        pairs = [_hex(r, 2) for _ in range(6)]
        fours = ".".join(a + b for a, b in zip(pairs[::2], pairs[1::2], strict=True))
        for text in (":".join(pairs), "-".join(pairs).upper(), fours):
            yield "hardware address", f"station {text} joined"
        day, month, year = r.randint(1, 28), r.randint(1, 12), r.randint(1930, 2015)
        for label in _BIRTHS:
            for date in (f"{year}-{month:02}-{day:02}", f"{day:02}.{month:02}.{year}", f"{month}/{day}/{year}"):
                yield "date of birth", label.format(date)


def figures(r: random.Random) -> dict[str, Callable[[], str]]:
    """What names nobody: a maker of texts by kind."""
    crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return {
        "UUID": lambda: str(uuid.UUID(int=r.getrandbits(128), version=4)),
        "hash, 32 to 64 digits": lambda: _hex(r, r.choice((32, 40, 64))),
        "ULID": lambda: "".join(r.choices(crockford, k=26)),
        "version": lambda: f"v{r.randint(0, 40)}.{r.randint(0, 400)}.1-rc.{r.randint(0, 9)}+{_digits(r, 8)}",
        "epoch in s, ms, ns": lambda: f"at {r.randint(15 * 10**17, 19 * 10**17) // 10 ** r.choice((9, 6, 0))}",
        "ISO time": lambda: f"20{_digits(r, 2)}-0{r.randint(1, 9)}-11T0{r.randint(0, 9)}:41:30.{_digits(r, 6)}+02:00",
        "price": lambda: f"${r.randint(1, 999)},{_digits(r, 3)},{_digits(r, 3)}.{_digits(r, 2)}",
        "coordinate": lambda: f"{r.uniform(-180, 180):.{r.randint(4, 14)}f}",
        "coordinate with its sign": lambda: f"{r.uniform(-180, 180):+.{r.randint(4, 9)}f}",
        "three figures, as in access logs": lambda: (
            f'"GET /a" {r.choice((200, 301, 404, 500))} {r.randint(100, 99999)} {r.randint(100, 9999)}'
        ),
        "hex dump": lambda: " ".join(_hex(r, 2) for _ in range(16)),
        "groups between dashes": lambda: "-".join(_digits(r, r.randint(2, 6)) for _ in range(r.randint(2, 4))),
        "groups between dots": lambda: ".".join(_digits(r, r.randint(1, 4)) for _ in range(r.randint(5, 6))),
        "package and version": lambda: f"@scope/pkg@{r.randint(0, 20)}.{r.randint(0, 20)}.{r.randint(0, 20)}",
        "8 to 12 digits": lambda: f"id {_digits(r, r.randint(8, 12))} x",
        "13 digits": lambda: f"id {_digits(r, 13)} x",
        "14 to 15 digits": lambda: f"id {_digits(r, r.randint(14, 15))} x",
        "16 digits": lambda: f"id {_digits(r, 16)} x",
        "17 to 19 digits": lambda: f"id {_digits(r, r.randint(17, 19))} x",
        "8 to 14 digits after a +": lambda: f"delta +{r.randint(1, 9)}{_digits(r, r.randint(7, 13))}",
    }  # fmt: skip


def is_gone(text: str, cleaned: str) -> bool:
    """Whether nothing of a text that holds one number or address is left."""
    return cleaned != text and not any(c.isdigit() or c in "@＠" for c in cleaned)


def main() -> None:
    r = random.Random(11)
    found: dict[str, list[bool]] = {}
    for category, text in personal(r):
        found.setdefault(category, []).append(is_gone(text, scrub_text(text)))
    print("| what | of | found |\n|---|---|---|")
    for category, results in sorted(found.items(), key=lambda each: sum(each[1]) / len(each[1])):
        print(f"| {category} | {len(results):,} | {sum(results) / len(results):.3f} |")
    print("\n| what | of | taken for a person's |\n|---|---|---|")
    taken: dict[str, int] = {}
    for name, make in figures(r).items():
        taken[name] = sum(scrub_text(text) != text for text in [make() for _ in range(_ROUNDS)])
    for name, count in sorted(taken.items(), key=lambda each: -each[1]):
        print(f"| {name} | {_ROUNDS:,} | {count / _ROUNDS:.2%} |")


if __name__ == "__main__":
    main()
