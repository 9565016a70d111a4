"""What must go and what must stay, as tables.

Secrets are made at run time from a seeded random, so that nothing that looks like one stands in a file.
"""

import base64
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from events.scrubbing.accounts import iban_length, is_card_number

Random = random.Random
Maker = Callable[[Random], str]

_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_URLSAFE = _ALNUM + "-_"


@dataclass(frozen=True)
class Secret:
    """One thing that must be gone: `secret` may not stand in the output for `value`."""

    name: str
    value: Any
    secret: str


def _pick(r: Random, alphabet: str, n: int) -> str:
    return "".join(r.choice(alphabet) for _ in range(n))


def _b64(r: Random, n: int) -> str:
    return base64.b64encode(r.randbytes(n)).decode()


def _segment(r: Random, payload: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(payload)).decode().rstrip("=")


def jwt(r: Random) -> str:
    head = _segment(r, {"alg": "HS256", "typ": "JWT"})
    claims = _segment(r, {"sub": _pick(r, string.digits, 8), "iat": r.randint(10**9, 2 * 10**9)})
    return f"{head}.{claims}.{_pick(r, _URLSAFE, 43)}"


def card(r: Random) -> str:
    while True:
        number = r.choice(("4", "51", "55", "2221", "6011")) + _pick(r, string.digits, 16)
        if is_card_number(number[:16].encode()):
            return number[:16]


def amex(r: Random) -> str:
    while True:
        number = r.choice(("34", "37")) + _pick(r, string.digits, 13)
        if is_card_number(number.encode()):
            return number


def spaced_card(r: Random) -> str:
    number = card(r)
    return " ".join(number[i : i + 4] for i in range(0, 16, 4))


def iban(r: Random, country: str = "") -> str:
    country = country or r.choice(("DE", "FR", "NL", "ES", "GB"))
    body = _pick(r, string.digits, iban_length(country) - 4)
    number = int("".join(str(int(c, 36)) for c in f"{body}{country}00"))
    return f"{country}{98 - number % 97:02d}{body}"


def spaced_iban(r: Random) -> str:
    number = iban(r)
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


def email(r: Random) -> str:
    name = r.choice(("anna.berg", "bob", "carol+news", "d_evans", "li.wei", "o'neil", "josé"))
    domain = r.choice(("com", "de", "co.uk", "io", "org", "museum"))
    return f"{name}{r.randint(1, 999)}@{_pick(r, string.ascii_lowercase, 7)}.{domain}"


def phone(r: Random) -> str:
    n = _pick(r, "23456789", 12)
    return r.choice(
        (
            f"+49 30 {n[:7]}",
            f"+1 {n[:3]} {n[3:6]} {n[6:10]}",
            f"+44{n[:10]}",
            f"({n[:3]}) {n[3:6]}-{n[6:10]}",
            f"{n[:3]}-{n[3:6]}-{n[6:10]}",
        )
    )


def ssn(r: Random) -> str:
    return f"{r.randint(1, 665):03d}-{r.randint(1, 99):02d}-{r.randint(1, 9999):04d}"


def ipv4(r: Random) -> str:
    return f"{r.choice((10, 81, 172, 192, 203))}.{r.randint(0, 250)}.{r.randint(0, 250)}.{r.randint(1, 250)}"


def ipv6(r: Random) -> str:
    return f"2001:db8:{_pick(r, _HEX[1:], 4)}:{_pick(r, _HEX[1:], 3)}::{_pick(r, _HEX[1:], 4)}"


def password(r: Random) -> str:
    return (
        r.choice(("Tr0ub4dor", "correcthorse", "hunter", "Sommer", "qwertz"))
        + r.choice("!#$%*+?^~-_.")
        + _pick(r, _ALNUM, 6)
    )


def opaque(r: Random) -> str:
    return _pick(r, _ALNUM, 28) + "7"


def hexadecimal(r: Random) -> str:
    return _pick(r, _HEX, 40)


def pem_body(r: Random) -> str:
    return "\n".join(_b64(r, 48) for _ in range(6))


def _prefixed(prefix: str, n: int, alphabet: str = _ALNUM) -> Maker:
    return lambda r: prefix + _pick(r, alphabet, n - 1) + "7"


# Tokens that give themselves away wherever they stand.
TOKENS: dict[str, Maker] = {
    "aws": _prefixed("AK" + "IA", 16, string.ascii_uppercase + "234567"),
    "aws session": _prefixed("AS" + "IA", 16, string.ascii_uppercase + "234567"),
    "github": _prefixed("gh" + "p_", 36),
    "github server": _prefixed("gh" + "s_", 36),
    "github fine": _prefixed("github" + "_pat_", 82, _ALNUM + "_"),
    "gitlab": _prefixed("gl" + "pat-", 20, _URLSAFE),
    "slack": lambda r: f"xo{'xb'}-{_pick(r, string.digits, 12)}-{_pick(r, string.digits, 12)}-{_pick(r, _ALNUM, 24)}",
    "slack app": lambda r: f"xa{'pp'}-1-A{_pick(r, string.digits, 10)}-{_pick(r, _HEX, 64)}",
    "stripe": _prefixed("sk" + "_live_", 24),
    "stripe restricted": _prefixed("rk" + "_test_", 24),
    "stripe webhook": _prefixed("wh" + "sec_", 32),
    "google": _prefixed("AI" + "za", 35, _URLSAFE),
    "google oauth": _prefixed("ya" + "29.", 60, _URLSAFE),
    "openai": _prefixed("sk" + "-proj-", 48, _URLSAFE),
    "openai old": _prefixed("sk" + "-", 48),
    "anthropic": _prefixed("sk" + "-ant-api03-", 90, _URLSAFE),
    "twilio": lambda r: "S" + "K" + _pick(r, _HEX, 32),
    "sendgrid": lambda r: f"S{'G'}.{_pick(r, _URLSAFE, 22)}.{_pick(r, _URLSAFE, 43)}",
    "npm": _prefixed("np" + "m_", 36),
    "pypi": _prefixed("py" + "pi-AgEIcHlwaS5vcmc", 80, _URLSAFE),
    "fobs": _prefixed("fo" + "bs_live_", 43, _URLSAFE),
    "slack webhook": _prefixed("https://hooks.slack.com/services/T01234567/B01234567/", 24),
    "discord webhook": _prefixed("https://discord.com/api/webhooks/012345678901234567/", 68, _URLSAFE),
    "discord bot": lambda r: f"M{_pick(r, _ALNUM, 23)}.{_pick(r, _ALNUM, 6)}.{_pick(r, _URLSAFE, 38)}",
    "telegram": lambda r: f"{_pick(r, '123456789', 9)}:AA{_pick(r, _URLSAFE, 33)}",
    "digitalocean": _prefixed("do" + "p_v1_", 64, _HEX),
    "shopify": lambda r: "shp" + "at_" + _pick(r, _HEX, 32),
    "vault": _prefixed("hv" + "s.", 40, _URLSAFE),
    "huggingface": _prefixed("hf" + "_", 34, string.ascii_letters),
    "grafana": _prefixed("gl" + "sa_", 40),
    "mailgun": lambda r: "key" + "-" + _pick(r, _HEX, 32),
    "jwt": jwt,
}  # fmt: skip
PERSONAL: dict[str, Maker] = {
    "card": card, "amex": amex, "spaced card": spaced_card, "iban": iban, "spaced iban": spaced_iban, "email": email,
    "phone": phone, "ssn": ssn, "ipv4": ipv4, "ipv6": ipv6,
}  # fmt: skip

# Where a self-evident secret can stand.
PLACES: dict[str, Callable[[str], Any]] = {
    "alone": lambda s: s,
    "message": lambda s: {"message": f"upstream said no for {s}, giving up"},
    "parentheses": lambda s: {"logentry": {"formatted": f"request failed (id {s})", "params": [1, s]}},
    "exception": lambda s: {"exception": {"values": [{"type": "ValueError", "value": f"cannot use {s!r}"}]}},
    "vars": lambda s: {"stacktrace": {"frames": [{"function": "call", "vars": {"x": f"'{s}'", "n": "3"}}]}},
    "json": lambda s: {"data": orjson.dumps({"value": s, "ok": True}).decode()},
}

SECRETS_BY_KEY = (
    "password", "passwd", "db_password", "userPassword", "PASSWORD", "new-password", "passwordConfirmation", "secret",
    "client_secret", "clientSecret", "SECRET_KEY", "api_key", "apiKey", "X-Api-Key", "access_token", "refreshToken",
    "authToken", "AWS_SECRET_ACCESS_KEY", "private_key", "sessionid", "csrftoken", "Authorization", "Cookie",
    "PHPSESSID", "DJANGO_SECRET_KEY", "stripeSecretKey", "encryption_key", "credentials", "passphrase", "PGPASSWORD",
)  # fmt: skip
# Where a secret can stand that only its name gives away.
NAMED_PLACES: dict[str, Callable[[str, str], Any]] = {
    "key": lambda k, s: {"extra": {k: s, "page": 3}},
    "vars": lambda k, s: {"frames": [{"vars": {k: f"'{s}'"}}]},
    "pair": lambda k, s: {"headers": [["Host", "shop.example"], [k, s]]},
    "json": lambda k, s: {"data": orjson.dumps({"user": 7, k: s}).decode()},
    "repr": lambda k, s: {"value": f"bad input {{'user': 7, {k!r}: {s!r}}}"},
    "assigned": lambda k, s: {"message": f"retrying with {k}={s} now"},
    "named": lambda k, s: {"attributes": [{"name": k, "value": s}]},
}

# Single cases: a template in which §KIND§ is replaced by a fresh secret of that kind.
TEMPLATES: tuple[tuple[str, str, str], ...] = (
    ("query", "opaque", "https://shop.example/reset?token=§&page=2"),
    ("query tail", "opaque", "GET /cb?state=ab&access_token=§"),
    ("query encoded", "email", "/find?q=§&page=1"),
    ("query key", "hexadecimal", "https://api.example/v1/x?api_key=§"),
    ("query sig", "opaque", "https://store.example/b/o?sv=2020&sig=§"),
    ("query code", "opaque", "https://app.example/callback?code=§&state=1"),
    ("form", "password", "user=bob&password=§"),
    ("form nested", "opaque", "user[password]=§&user[age]=3"),
    ("form nested encoded", "opaque", "user%5Bpassword%5D=§&a=1"),
    ("multipart", "password", 'Content-Disposition: form-data; name="password"\r\n\r\n§\r\n--b'),
    ("multipart shown", "password", r"b'form-data; name=\"password\"\r\n\r\n§\r\n--b'"),
    ("html", "opaque", '<input type="hidden" name="csrf_token" value="§">'),
    ("xml", "password", "<login><password>§</password></login>"),
    ("cookie header", "opaque", "Cookie: theme=dark; sessionid=§; lang=de"),
    ("set-cookie", "opaque", "Set-Cookie: sid=§; Path=/; HttpOnly"),
    ("bearer", "opaque", "Authorization: Bearer §"),
    ("bearer lower", "hexadecimal", "sent authorization: bearer § to upstream"),
    ("basic", "opaque", "Authorization: Basic §=="),
    ("token scheme", "hexadecimal", "Authorization: Token §"),
    ("curl header", "opaque", "curl -H 'Authorization: Bearer §' https://api.example/"),
    ("curl user", "password", "curl -u admin:§ https://api.example/"),
    ("curl long user", "password", "curl --user admin:§ https://api.example/"),
    ("flag", "opaque", "mysqldump --password § shop"),
    ("flag equals", "password", "psql --password=§ shop"),
    ("flag token", "opaque", "deploy --api-token § --yes"),
    ("sql set", "password", "UPDATE users SET password = '§' WHERE id = 3"),
    ("sql where", "opaque", "SELECT id FROM s WHERE session_key = '§'"),
    ("sql insert", "password", "INSERT INTO users (name, password) VALUES ('bob', '§')"),
    ("sql insert second row", "password", "INSERT INTO users (password, n) VALUES ('a1b', 1), ('§', 2)"),
    ("sql email", "email", "SELECT * FROM users WHERE email = '§'"),
    ("sql alter", "password", "ALTER USER app WITH PASSWORD '§'"),
    ("sql identified", "password", "CREATE USER app IDENTIFIED BY PASSWORD '§'"),
    ("redis auth", "opaque", "AUTH §"),
    ("env", "opaque", "PATH=/bin\nAPI_TOKEN=§\nHOME=/root"),
    ("env export", "password", 'export PGPASSWORD="§"\n'),
    ("env declare", "password", 'declare -x DB_PASSWORD="§"'),
    ("env commas", "opaque", "SECRET_KEY=ab,§;x\nDEBUG=1"),
    ("env quoted", "opaque", "environment: ['SECRET_KEY=ab,§;x']"),
    ("env shown", "opaque", r"'PATH=/bin\nSECRET_KEY=ab,§;x\nDEBUG=1'"),
    ("yaml", "password", "db:\n  user: app\n  password: §\n"),
    ("toml", "password", 'password = "§"\n'),
    ("ini", "password", "[db]\npassword = §\nhost = x"),
    ("ado", "password", "Server=db;User Id=app;Pwd=§;Database=x"),
    ("azure storage", "opaque", "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=§==;EndpointSuffix=y"),
    ("libpq", "opaque", "host=db user=app password=§ dbname=x"),
    ("postgres", "password", "connect to postgres://app:§@db.internal:5432/shop failed"),
    ("postgres at sign", "opaque", "postgresql://app:a@§@db/shop"),
    ("postgres slash", "opaque", "postgresql://app:a/§@db/shop"),
    ("mysql driver", "password", "mysql+pymysql://root:§@10.0.0.9/x"),
    ("redis url", "password", "redis://:§@cache:6379/0"),
    ("amqp", "password", "amqp://guest:§@mq/"),
    ("mongodb", "password", "mongodb+srv://app:§@c0.example.net/x"),
    ("go dsn", "opaque", "root:§@tcp(127.0.0.1:3306)/x"),
    ("https userinfo", "opaque", "fatal: could not read from https://bot:§@git.example/x.git"),
    ("https token", "opaque", "clone https://§@git.example/x.git"),
    (
        "sentry dsn with secret",
        "hexadecimal",
        "SENTRY_DSN=https://0123456789abcdef0123456789abcdef:§@o1.ingest.example/1",
    ),
    ("ftp", "password", "ftp://u:§@files.example/"),
    ("escaped json", "password", '{"body": "{\\"password\\": \\"§\\"}"}'),
    ("spaced json", "password", '{ "password" :  "§" }'),
    ("json pair list", "password", '[["user", "bob"], ["password", "§"]]'),
    ("json name and value", "password", '[{"name": "password", "value": "§"}]'),
    ("tuple list", "opaque", "headers=[('Authorization', 'Bearer §'), ('A', 'b')]"),
    ("bytes tuple", "opaque", "[(b'x-api-key', b'§')]"),
    ("dataclass repr", "password", "User(id=3, password='§', name='bob')"),
    ("call", "password", "login(user, password='§')"),
    ("wrapped", "password", "password=SecretStr('§')"),
    ("typed source", "password", 'password: str = "§"'),
    ("source comparison", "password", 'if password == "§":'),
    ("ruby hash", "password", ":password => '§', :x => 1"),
    ("php array", "password", "['password' => '§']"),
    ("prose is", "password", "my password is §"),
    ("prose key", "opaque", "the API key is § and works"),
    ("prose colon", "opaque", "API key: §"),
    ("percent encoded", "opaque", "redirect=%2Fx%3Ftoken%3D§"),
    ("home", "name", "/home/§/work/app.py"),
    ("mac", "name", 'File "/Users/§/dev/app.py", line 3'),
    ("windows", "name", "C:\\Users\\§\\app\\main.py"),
    ("windows escaped", "name", 'open("C:\\\\Users\\\\§\\\\x.txt")'),
    ("windows slash", "name", "file:///C:/Users/§/x.js"),
    ("email brackets", "email", "From: Bob <§>"),
    ("email mailto", "email", "mailto:§?subject=x"),
    ("email json", "email", '{"to":["§"]}'),
    ("email url", "email", "https://shop.example/u/§/orders"),
    ("email end", "email", "no such user §."),
    ("phone label", "digits", "phone: §"),
    ("card in json", "card", '{"number":"§"}'),
    ("card dashes", "dashed card", "paid with §"),
    ("ip forwarded", "ipv4", "X-Forwarded-For: §, 127.0.0.1"),
    ("ip port", "ipv4", "connect to §:5432 refused"),
    ("ip url", "ipv4", "http://§/status"),
    ("ip equals", "ipv4", "client=§"),
    ("ip6 url", "ipv6", "http://[§]:80/"),
    ("pem", "pem", "-----BEGIN RSA PRIVATE KEY-----\n§\n-----END RSA PRIVATE KEY-----\n"),
    ("pem key", "pem", "private_key: -----BEGIN PRIVATE KEY-----\n§\n-----END PRIVATE KEY-----"),
    ("pem truncated", "pem", "-----BEGIN EC PRIVATE KEY-----\n§"),
    ("pem truncated assigned", "pem", "key=-----BEGIN OPENSSH PRIVATE KEY-----\n§\nMII"),
    ("pem tail", "pem", "§\n-----END PRIVATE KEY-----"),
    ("ssh key", "opaque", "ssh-rsa AAAA§§ bob@laptop"),
    ("prose password", "strong", "Login failed with password §"),
    ("prose token", "strong", "Token § expired"),
    ("prose quoted", "password", "Login failed for user bob with password '§'"),
    ("mysql short flag", "opaque", "mysql -u root -p§ shop"),
    ("sshpass", "opaque", "sshpass -p § ssh host"),
    ("xml attribute", "password", '<wsse:Password Type="text">§</wsse:Password>'),
    ("sql in", "opaque", "DELETE FROM t WHERE token IN ('§')"),
    ("sql grant", "password", "GRANT ALL ON x TO y IDENTIFIED BY '§'"),
    ("graphql", "password", 'mutation { login(email: "x", password: "§") { id } }'),
    ("jdbc", "opaque", "jdbc:mysql://h/d?user=x&password=§"),
    ("oracle thin", "opaque", "jdbc:oracle:thin:scott/§@h:1521"),
    ("aws signature", "hexadecimal", "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=§"),
    ("javascript cookie", "opaque", "document.cookie='sessionid=§'"),
    ("local storage", "opaque", "localStorage.setItem('token', '§')"),
    ("python default", "password", "os.environ.setdefault('DB_PASSWORD', '§')"),
    ("jwt header only", "opaque", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.§"),
)
_TEMPLATE_MAKERS: dict[str, Maker] = {
    **PERSONAL,
    "opaque": opaque,
    "hexadecimal": hexadecimal,
    "password": password,
    "pem": pem_body,
    "strong": lambda r: "Zx9" + _pick(r, _ALNUM, 14),
    "digits": lambda r: "555" + _pick(r, string.digits, 7),
    "dashed card": lambda r: spaced_card(r).replace(" ", "-"),
    "name": lambda r: "anna" + _pick(r, string.ascii_lowercase, 5),
}


def _trees(r: Random) -> Iterator[Secret]:
    """Structures in which position, not text, names the secret."""
    p = password(r)
    yield Secret("tree / cookies", {"request": {"cookies": {"theme": "dark", "x": p}}}, p)
    yield Secret("tree / cookie pairs", {"request": {"cookies": [["theme", "dark"], ["x", p]]}}, p)
    yield Secret("tree / list of passwords", {"passwords": ["a1", p]}, p)
    yield Secret("tree / credentials", {"credentials": {"user": "u", "word": p}}, p)
    yield Secret("tree / argv", {"argv": ["x.py", "--password", p, "-v"]}, p)
    yield Secret("tree / otlp", {"attributes": [{"key": "password", "value": {"stringValue": p}}]}, p)
    yield Secret("tree / typed attribute", {"attributes": {"db.password": {"value": p, "type": "string"}}}, p)
    yield Secret("tree / deep", {"a": [{"b": [{"c": {"apiKey": p}}]}]}, p)
    n = card(r)
    yield Secret("tree / integer card", {"number": int(n)}, n)
    yield Secret("tree / integer pin", {"pin": 4711}, "4711")
    yield Secret("tree / float otp", {"otp": 123456.0}, "123456")
    mail = email(r)
    yield Secret("tree / key is a secret", {mail: 1}, mail)
    yield Secret("tree / phone integer", {"phone": 15551234567}, "15551234567")


def secrets(seed: int = 2026) -> list[Secret]:
    """All cases that must be scrubbed."""
    r = random.Random(seed)
    cases = []
    for kind, make in (TOKENS | PERSONAL).items():
        for place, put in PLACES.items():
            secret = make(r)
            cases.append(Secret(f"{kind} / {place}", put(secret), secret))
    for i, key in enumerate(SECRETS_BY_KEY):
        for j, (place, put_named) in enumerate(NAMED_PLACES.items()):
            if (i + j) % 2 == 0:
                secret = opaque(r) if j % 2 else password(r)
                cases.append(Secret(f"{key} / {place}", put_named(key, secret), secret))
    for name, kind, template in TEMPLATES:
        secret = _TEMPLATE_MAKERS[kind](r)
        cases.append(Secret(name, {"message": template.replace("§", secret)}, secret))
    return cases + list(_trees(r))


def leaks(case: Secret, output: Any) -> bool:
    """Whether the secret, or a line of it, still stands in the output."""
    text = orjson.dumps(output).decode()
    parts = [orjson.dumps(line).decode()[1:-1] for line in case.secret.split("\n")]
    return any(part in text for part in parts)
