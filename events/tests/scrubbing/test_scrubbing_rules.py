import pytest

from events.scrubbing import accounts, keys, scrub, scrub_text


@pytest.mark.parametrize(
    ("key", "marker"),
    [
        ("password", "[password]"), ("userPassword", "[password]"), ("DB_PASSWD", "[password]"),
        ("password2", "[password]"),
        ("passwordHash", "[password]"), ("passWord", "[password]"), ("dbpassword", "[password]"),
        ("X-Api-Key", "[key]"),
        ("APIKey", "[key]"), ("aws_secret_access_key", "[key]"), ("client-secret", "[secret]"),
        ("OAuthToken", "[token]"),
        ("reset_password_token", "[token]"), ("verify_token", "[token]"), ("Set-Cookie", "[cookie]"),
        ("auth", "[authorization]"),
        ("session_id", "[session]"), ("user[password]", "[password]"), ("card_number", "[card]"), ("cvv", "[code]"),
        ("vault.secret_id", "[secret]"),
    ],
)  # fmt: skip
def test_a_key_names_a_secret(key, marker):
    verdict = keys.judge(key)
    assert verdict is not None
    assert (verdict.action, verdict.marker) == ("mask", marker)


@pytest.mark.parametrize(
    "key",
    [
        "author", "authority", "tokenizer", "tokenized", "max_tokens", "maxTokens", "token_count", "tokenCount",
        "token_type",
        "password_reset_at", "has_password", "passwordLength", "check_password", "is_secret", "cookie_policy",
        "compass", "passenger",
        "bypass", "secretary", "auth_method", "session_duration", "keyboard", "primary_key", "monkey", "shipping",
        "key", "id",
    ],
)  # fmt: skip
def test_a_key_names_no_secret(key):
    verdict = keys.judge(key)
    assert verdict is None or verdict.action != "mask"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("password=hunter2&x=1", "password=[password]&x=1"),
        ('{"password": "hunter2", "x": 1}', '{"password": "[password]", "x": 1}'),
        ("Cookie: a=b; c=d\nHost: x", "Cookie: [cookie]\nHost: x"),
        ("to bob@shop.example, ok", "to [email], ok"),
        ("postgres://u:p@ss@h/db", "postgres://[userinfo]@h/db"),
        ("paid 4111 1111 1111 1111 today", "paid [card] today"),
        ("from 10.1.2.3:80", "from [ip]:80"),
        ("at fe80::1%eth0", "at [ip]%eth0"),
        ("/home/anna/app.py", "/home/[user]/app.py"),
        ("C:\\Users\\Anna B\\x", "C:\\Users\\[user]\\x"),
        ("call +49 30 1234567 now", "call [phone] now"),
        ("-----BEGIN A PRIVATE KEY-----\nMII", "[pem]"),
        ("key: -----BEGIN A KEY-----\nMII\n-----END A KEY----- tail", "key: [pem] tail"),
        ("DE89 3704 0044 0532 0130 00 AND", "[iban] AND"),
        ("INSERT INTO u (n, password) VALUES ('a', 'b1')", "INSERT INTO u (n, password) VALUES ('a', '[password]')"),
        ("db.shop.example:5432:shop:svc:Tr0ub4dor", "db.shop.example:5432:shop:svc:[password]"),
        (
            "*:*:*:postgres:hunter2\nlocalhost:6543:*:anna:p\\:w",
            "*:*:*:postgres:[password]\nlocalhost:6543:*:anna:[password]",
        ),
        ("/var/run/postgresql:5432:shop:svc:hunter2", "/var/run/postgresql:5432:shop:svc:[password]"),
        ("app.py:1234:run:ERROR:boom", "app.py:1234:run:ERROR:boom"),
        ("user:1234:profile:settings:theme", "user:1234:profile:settings:theme"),
        ("dead:5432:beef:cafe:f00d:1:2:3", "[ip]"),
    ],
)
def test_only_the_secret_part_of_a_text_goes(text, clean):
    assert scrub_text(text) == clean


def test_a_list_or_mapping_under_a_secret_key_is_masked_leaf_by_leaf():
    assert scrub({"cookies": {"a": "b", "n": [1, None]}}) == {"cookies": {"a": "[cookie]", "n": ["[cookie]", None]}}
    assert scrub([["password", "x"], ["a", "b"]]) == [["password", "[password]"], ["a", "b"]]
    assert scrub(["run", "--token", "abc", "-v"]) == ["run", "--token", "[token]", "-v"]
    assert scrub({"name": "Authorization", "value": "abc"}) == {"name": "Authorization", "value": "[authorization]"}


@pytest.mark.parametrize(("number", "valid"), [
    (b"4111111111111111", True), (b"4111111111111112", False), (b"378282246310005", True), (b"1700000000000", False),
    (b"6011111111111117", True), (b"0000000000000000", False),
])  # fmt: skip
def test_card_numbers_have_a_check_digit_and_an_issuer(number, valid):
    assert accounts.is_card_number(number) is valid


@pytest.mark.parametrize(("text", "valid"), [
    (b"DE89370400440532013000", True), (b"DE88370400440532013000", False), (b"GB82WEST12345698765432", True),
    (b"XX89370400440532013000", False), (b"DE8937040044053201300", False), (b"DE893704004405320130001", False),
])  # fmt: skip
def test_ibans_have_their_country_s_length_and_checksum(text, valid):
    assert (accounts.iban(text, 0, len(text)) is not None) is valid
