"""A corpus by other hands: strings that the rules of detect-secrets describe, and what Faker's providers invent.

Nothing of theirs stands here: both packages are asked at run time. A third of the cases, chosen by the hash of their
name, is kept aside: only counts of it are ever told, so that no rule is written to fit it.
"""

import hashlib
import importlib
import inspect
import pkgutil
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import detect_secrets.plugins
from detect_secrets.plugins import keyword
from detect_secrets.plugins.base import RegexBasedDetector
from faker import Faker

from events.scrubbing import scrub_text
from events.tests.scrubbing.patterns import made

LOCALES = (
    "ar_AA", "bg_BG", "cs_CZ", "da_DK", "de_AT", "de_CH", "de_DE", "el_GR", "en_GB", "en_IN", "en_US", "es_ES", "es_MX",
    "et_EE", "fi_FI", "fr_CA", "fr_FR", "he_IL", "hi_IN", "hr_HR", "hu_HU", "it_IT", "ja_JP", "ko_KR", "lt_LT", "nl_NL",
    "no_NO", "pl_PL", "pt_BR", "pt_PT", "ro_RO", "ru_RU", "sk_SK", "sl_SI", "sv_SE", "tr_TR", "uk_UA", "zh_CN", "zh_TW",
)  # fmt: skip
# Sentences of a log; § is what may or may not be kept.
_LINES = (
    "§", "request failed for §", "value='§'", '{"x": "§", "page": 2}', 
    "worker-3 2026-01-02T03:04:05Z INFO got § after 3 ms",
    "ValueError: cannot use §", "[§]", "f(§)",
)  # fmt: skip
# Rules of detect-secrets that name no secret: a kind of key file, a public address, one letter with anything behind it.
_NOT_SECRETS = {"private_key", "ip_public", "high_entropy_strings"}


@dataclass(frozen=True)
class Case:
    """A text; `secret` may not stand in what is left of it, and without a secret all of it must be left."""

    category: str
    name: str
    text: str
    secret: str = ""

    @property
    def aside(self) -> bool:
        """Whether the case is kept aside."""
        return hashlib.sha256(self.name.encode()).digest()[0] % 3 == 0


def _vendor_patterns() -> Iterator[tuple[str, "re.Pattern[str]"]]:
    for module in pkgutil.iter_modules(detect_secrets.plugins.__path__):
        if module.name in _NOT_SECRETS or module.name == "base":
            continue
        plugin = importlib.import_module(f"detect_secrets.plugins.{module.name}")
        for _, kind in inspect.getmembers(plugin, inspect.isclass):
            if kind.__module__ == plugin.__name__ and issubclass(kind, RegexBasedDetector):
                for regex in kind.denylist:
                    yield module.name, regex


def _matched(r: random.Random, regex: "re.Pattern[str]") -> tuple[str, str]:
    """A text that the regex finds, and the part of it that is the secret."""
    while True:
        text = made(r, regex.pattern, longer=24)
        match = regex.search(text)
        if match:
            found = [group for group in match.groups() if group and len(group) >= 8]
            return text, found[-1] if found else match.group().strip(" \t=:\"'")


def _vendors(r: random.Random) -> Iterator[Case]:
    for i, (plugin, regex) in enumerate(_vendor_patterns()):
        for n in range(12):
            text, secret = _matched(r, regex)
            if text.startswith("://"):
                text = f"https{text}db.example"
            line = _LINES[n % len(_LINES)] if n % 3 else "§"
            yield Case("tokens (detect-secrets)", f"{plugin} {i} {n}", line.replace("§", text), secret)


def _as_people_write(pattern: str) -> str:
    """The pattern with words and operators that exist where it takes any letters and any run of `!` and `=`."""
    pattern = pattern.replace(r"\w*(api", "(?:user_|my_|)(api").replace(r"[^\s]{0,50}?\s*", r"(?: |\()")
    pattern = pattern.replace("[!=]{2,3}", "(?:==|!=|===|!==)").replace("[!=]{1,2}", "(?:=|==|!=)")
    return pattern.replace(r"\w*", "(?:_prod|_dev|2|_v1|)")


def _assignments(r: random.Random, fake: Faker) -> Iterator[Case]:
    shapes = {
        regex: group
        for groups in (*keyword.REGEX_BY_FILETYPE.values(), keyword.QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP)
        for regex, group in groups.items()
    }
    for i, (regex, group) in enumerate(sorted(shapes.items(), key=lambda item: item[0].pattern)):
        for n in range(60):
            secret = fake.password(length=r.randint(8, 24), special_chars=n % 3 == 0)
            # Quotes, blanks and brackets end a value in many of these shapes: passwords with them are another matter.
            secret = re.sub(r"[^\w!#%^*+.~-]", "x", secret)
            text = made(r, _as_people_write(regex.pattern), longer=1)
            match = regex.search(text)
            if match is None or match.start(group) < 0:
                continue
            text = text[: match.start(group)] + secret + text[match.end(group) :]
            if (again := regex.search(text)) and again.group(group) == secret:
                yield Case("assignments (detect-secrets)", f"keyword {i} {n}", text, secret)


def _people(fakes: dict[str, Faker]) -> Iterator[Case]:
    for locale, fake in fakes.items():
        makers = {
            "e-mail (Faker)": fake.ascii_email, "cards (Faker)": fake.credit_card_number,
            "IPv4 (Faker)": fake.ipv4_public, "IPv6 (Faker)": fake.ipv6, "IBAN (Faker)": fake.iban,
        }  # fmt: skip
        for category, make in makers.items():
            for n in range(6):
                secret = str(make())
                if category.startswith("IBAN") and secret[:2] == "GB" and len(secret) != 22:
                    continue  # What Faker makes for countries without IBANs is none.
                yield Case(category, f"{category} {locale} {n}", _LINES[n].replace("§", secret), secret)


def _benign(fakes: dict[str, Faker]) -> Iterator[Case]:
    for locale, fake in fakes.items():
        makers = {
            "identifiers (Faker)": (fake.uuid4, fake.sha1, fake.sha256, fake.md5, fake.isbn13, fake.ean13),
            "files and addresses (Faker)": (fake.file_path, fake.uri_path, fake.file_name, fake.mime_type, fake.slug),
            "agents and versions (Faker)": (fake.chrome, fake.firefox, fake.android_platform_token, fake.user_agent),
            "times and numbers (Faker)": (fake.iso8601, fake.unix_time, fake.date, fake.pyfloat, fake.hex_color),
            "prose (Faker)": (fake.sentence, fake.catch_phrase if hasattr(fake, "catch_phrase") else fake.word, fake.bs)
            if hasattr(fake, "bs") else (fake.sentence, fake.word, fake.job),
        }  # fmt: skip
        for category, some in makers.items():
            for make in some:
                for n in range(4):
                    text = _LINES[n].replace("§", str(make()))
                    yield Case(category, f"{category} {locale} {make.__name__} {n}", text)


@cache
def cases() -> tuple[Case, ...]:
    """All cases, the same in every run."""
    r = random.Random(41)
    fakes = {}
    for locale in LOCALES:
        fakes[locale] = Faker(locale, use_weighting=False)
        fakes[locale].seed_instance(f"{locale} 41")
    return (
        *_vendors(r), *_assignments(r, fakes["en_US"]), *_people(fakes), *_benign(fakes),
    )  # fmt: skip


@dataclass(frozen=True)
class Score:
    """How many of a category's cases came out right."""

    category: str
    benign: bool
    right: int
    total: int

    @property
    def share(self) -> float:
        return self.right / self.total


def is_right(case: Case) -> bool:
    """Whether the secret is gone, or a text without one is whole."""
    cleaned = scrub_text(case.text)
    return case.secret not in cleaned if case.secret else cleaned == case.text


def scores(*, aside: bool) -> list[Score]:
    """The score of each category, worst first, of the cases kept aside or of the others."""
    right, total, kinds = Counter[str](), Counter[str](), {}
    for case in cases():
        if case.aside == aside:
            total[case.category] += 1
            right[case.category] += is_right(case)
            kinds[case.category] = not case.secret
    found = [Score(category, kinds[category], right[category], total[category]) for category in total]
    return sorted(found, key=lambda score: (score.share, score.category))
