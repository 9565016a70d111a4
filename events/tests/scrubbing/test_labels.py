"""Secrets that only their surroundings give away: labels in many languages, command lines, pairs, paths, key files."""

import base64
import random
import unicodedata
from typing import Any

import pytest

from events.scrubbing import scrub, scrub_text
from events.tests.scrubbing_corpus import opaque, password

R = random.Random(17)
WORDS = (
    "password", "Password", "PASSWORD", "passwd", "Passwort", "Kennwort", "mot de passe", "Mot de passe", "motdepasse",
    "mdp", "contraseña", "contrasena", "CONTRASEÑA", "senha", "Senha", "palavra-passe", "wachtwoord", "Wachtwoord",
    "lösenord", "LÖSENORD", "adgangskode", "kodeord", "passord", "salasana", "hasło", "HASŁO", "haslo", "heslo",
    "jelszó", "geslo", "lozinka", "parola", "parolă", "şifre", "пароль", "ПАРОЛЬ", "Парола", "гасло", "κωδικός",
    "密码", "密碼", "口令", "パスワード", "暗証番号", "비밀번호", "비번", "패스워드", "mật khẩu", "kata sandi",
    "كلمة المرور", "סיסמה", "पासवर्ड", "pw", "pwd", "psw", "pswd", "api-key", "API key", "access token",
)  # fmt: skip
SHAPES = ("{}: {}", "{}={}", "{} = '{}'", '{{"{}": "{}"}}', "{}：{}", "login failed, {}: {} was refused")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("word", WORDS)
def test_a_password_goes_under_its_name_in_any_language(word, form):
    name = unicodedata.normalize(form, word)
    for shape in SHAPES:
        secret = password(R)
        assert secret not in scrub_text(shape.format(name, secret)), shape
    secret = opaque(R)
    assert scrub({"form": {name.replace(" ", "_"): secret}})["form"] != {name.replace(" ", "_"): secret}


def test_a_secret_goes_as_protocols_and_dumps_write_it():
    secret = f"{opaque(R)[:12]}Xk2"
    for shape in (
        "AUTH default {}", "AUTH PLAIN {}", 'array(1) {{ ["password"]=> string(9) "{}" }}',
        '["api_key"]=>\n  string(15) "{}"',
    ):  # fmt: skip
        assert secret not in scrub_text(shape.format(secret)), shape
    digest = f"{R.getrandbits(128):032x}"
    assert digest not in scrub_text(f'Digest username="x", realm="y", response="{digest}"')
    for text in ("AUTH failed for 3 users", "AUTH error after 401", "eyJson.parse(x)", "response=200", 'response="ok"'):
        assert scrub_text(text) == text


@pytest.mark.parametrize("word", ["password", "db_pass", "contraseña", "пароль", "hasło", "密码"])
def test_a_text_goes_that_is_compared_with_a_secret(word):
    for shape in ('"{}" == {}', "'{}' !== my_{}_dev", "if (`{}` === user.{})"):
        secret = password(R).replace("'", "x").replace('"', "x").replace("`", "x").replace(" ", "x").replace("\\", "x")
        assert secret not in scrub_text(shape.format(secret, word)), shape
    assert scrub_text(f"{word} == other_{word}") == f"{word} == other_{word}"


COMMANDS = (
    "mysql -u root -p§ shop", "mysql -uroot -p'§' shop", "mysqldump --user=x --password=§ shop",
    "mysql -h db -p § shop",
    "mysqladmin -u root password '§'", "mariadb-dump -p§ x", "mongodump --host x -u y -p § --db z",
    "mongo -u admin -p '§' --authenticationDatabase admin", "sshpass -p § ssh root@host", "sshpass -p'§' scp a b:c",
    "redis-cli -h cache -a § ping", "redis-cli --pass § ping", "valkey-cli -p 6380 -a '§' info",
    "docker login -u bob -p § hub.example", "podman login --password § hub.example", "helm registry login x -u y -p §",
    "az login -u bob -p §", "PGPASSWORD=§ psql -h db", "PGPASSWORD='§' pg_dump shop", "MYSQL_PWD=§ mysql shop",
    "REDISCLI_AUTH=§ redis-cli", "psql 'host=db password=§ user=x'", "curl -u admin:§ https://api.example/",
    "curl -s -X POST --user 'admin:§' https://api.example/", "curl -U proxy:§ -x http://p.example https://a.example",
    "curl --proxy-user proxy:§ https://a.example", "wget --http-password=§ https://a.example",
    "wget --user=x --password='§' https://a.example", "smbclient //h/share -U 'bob%§'",
    "ldapsearch -x -D cn=x -w § -b y",
    "ldapwhoami -D cn=admin -w '§'", "sqlcmd -S db -U sa -P § -Q 'select 1'", "bcp t out f -U sa -P§",
    "sqlplus scott/§@orcl", "7z x -p§ a.7z", "zip -P § a.zip b", "unzip -P '§' a.zip", "rar x -hp§ a.rar",
    "openssl rsa -in k.pem -passin pass:§", "openssl enc -aes-256-cbc -k § -in x",
    "keytool -list -storepass § -keystore x",
    "keytool -genkey -keypass §", "gpg --batch --passphrase § -d x.gpg", "net use Z: \\\\h\\s /user:dom\\bob §",
    "net user bob § /add", "xfreerdp /u:bob /p:§ /v:host", "cmdkey /add:host /user:bob /pass:§",
    "psexec \\\\h -u bob -p § cmd", "plink -ssh bob@h -pw §", "pscp -pw '§' a b:c", "runas /user:x /password:§ cmd",
    "ConvertTo-SecureString '§' -AsPlainText -Force", "echo 'bob:§' | chpasswd", "rabbitmqctl add_user bob §",
    "rabbitmqctl change_password bob '§'", "htpasswd -b f bob §", "htpasswd -nb bob §", "vault login §",
    "aws configure set aws_secret_access_key §", "deploy --api-token § --yes", "app --password § start",
    "app --password=§", "app -password §", "app --db-password '§'", "java -Djavax.net.ssl.keyStorePassword=§ -jar x",
    "docker run -e DB_PASSWORD=§ x", "kubectl create secret generic x --from-literal=password=§",
    "ansible-playbook -e 'ansible_ssh_pass=§'", "git clone https://bob:§@git.example/x", "lftp -u bob,§ ftp.example",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_secret_on_a_command_line_goes(command):
    for make in (password, opaque):
        secret = make(R).replace("$", "S").replace("%", "P").replace("?", "Q").replace("*", "X")
        once = scrub_text(command.replace("§", secret))
        assert secret not in once
        assert once.split()[0].split("=")[0] == command.split()[0].split("=")[0]
        assert scrub_text(once) == once


PAIRS = (
    "- name: DB_PASSWORD\n  value: §", "env:\n  - name: API_TOKEN\n    value: '§'\n  - name: X\n    value: y",
    "name: DB_PASSWORD\r\nvalue: §\r\n", 'env {\n  name = "DB_PASSWORD"\n  value = "§"\n}',
    '{"name": "DB_PASSWORD", "value": "§"}', '{\n  "name": "DB_PASSWORD",\n  "value": "§"\n}',
    '{"value": "§", "name": "DB_PASSWORD"}', '{"Key": "client_secret", "Value": "§"}',
    '{\\"name\\": \\"password\\", \\"value\\": \\"§\\"}', "<add key=\"Password\" value=\"§\"/>",
    "<key>password</key>\n<string>§</string>", "<name>api_key</name><value>§</value>",
    '<property name="hibernate.connection.password" value="§"/>', '<property name="password">§</property>',
    "DB_PASSWORD: §\nDB_HOST: x", "stringData:\n  password: §", "machine api.example login bob password §",
    '<input name="password" type="password" value="§">',
    "password&quot;:&quot;§&quot;", "password\\u003d§", "la clave es §", "clave: §", "GET /v1?x=1&key=§0aB1cD2eF",
    "| password | § |", "password\t§",
)  # fmt: skip


@pytest.mark.parametrize("text", PAIRS)
def test_a_value_goes_whose_name_stands_in_another_place(text):
    for _ in range(3):
        secret = "Zx9" + opaque(R)[:14]
        once = scrub_text(text.replace("§", secret))
        assert secret not in once
        assert scrub_text(once) == once


TREES: tuple[Any, ...] = (
    {"name": "DB_PASSWORD", "value": "§"}, {"Key": "client_secret", "Value": "§"}, {"key": "token", "value": "§"},
    {"variable": "API_TOKEN", "value": "§"}, {"parameter": "password", "value": "§"},
    {"ParameterKey": "DbPassword", "ParameterValue": "§"}, {"label": "password", "value": "§"},
    {"kty": "RSA", "n": "abc", "e": "AQAB", "d": "§", "kid": "k1"}, {"kty": "oct", "k": "§", "alg": "HS256"},
    {"keys": [{"kty": "EC", "crv": "P-256", "x": "a", "y": "b", "d": "§"}]},
    ["-----BEGIN RSA PRIVATE KEY-----", "§", "§", "-----END RSA PRIVATE KEY-----", "kept"],
)  # fmt: skip


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_a_value_goes_whose_name_stands_beside_it(tree):
    def filled(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: filled(value) for key, value in node.items()}
        if isinstance(node, list):
            return [filled(item) for item in node]
        return node.replace("§", secret)

    secret = opaque(R)
    once = scrub({"extra": filled(tree)})
    assert secret not in repr(once)
    assert "kept" not in repr(tree) or "kept" in repr(once)
    assert scrub(once) == once


URLS = (
    "https://shop.example/reset/§", "https://shop.example/password/reset/§/", "GET /accounts/reset/MQ/§/ 200",
    "/verify-email/§", "/users/confirmation/§?lang=de", "/invite/§", "https://shop.example/magic-link/§",
    "/unsubscribe/§", "/activate/§", "https://shop.example/#access_token=§&token_type=bearer",
    "https://shop.example/cb#id_token=§", "https://shop.example/#/reset/§", "/api/login?next=/&token=§",
    "https://shop.example/x;jsessionid=§", "/s?auth=§", "/d?X-Amz-Signature=§", "https://h.example/x?sig=§",
    "/recover/§", "/set-password/§", "/accept-invitation/§",
)  # fmt: skip


@pytest.mark.parametrize("url", URLS)
def test_a_token_in_a_path_or_fragment_goes(url):
    for secret in (opaque(R), f"{R.getrandbits(160):040x}", "bx7f2a-" + f"{R.getrandbits(128):032x}"):
        once = scrub_text(url.replace("§", secret))
        assert secret not in once
        assert scrub_text(once) == once


def _coded(text: str) -> list[str]:
    raw = text.encode()
    return [base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode().rstrip("=")]


@pytest.mark.parametrize(
    "inner",
    [
        "user=bob&password=§&x=1",
        '{"user":"bob","api_key":"§"}',
        "postgres://app:§@db.internal/shop",
        "DB_PASSWORD=§\nX=1",
    ],
)
def test_base64_of_a_secret_goes_with_its_coat(inner):
    for blob in _coded(inner.replace("§", opaque(R))):
        for text in (blob, f"state={blob}", f'{{"data": "{blob}"}}', f"Authorization: Basic {blob}"):
            assert blob not in scrub_text(text)


def _pem(kind: str) -> str:
    body = "\n".join(base64.b64encode(R.randbytes(48)).decode() for _ in range(6))
    return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----"


@pytest.mark.parametrize(
    "kind", ["RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PGP PRIVATE KEY BLOCK"]
)
def test_a_pem_key_goes_whole_however_its_lines_are_joined(kind):
    pem = _pem(kind)
    lines = pem.split("\n")
    for text in (*(pem.replace("\n", by) for by in ("\n", "\\n", "\\\\n", " ", "", "\r\n")),
                 "\n".join(f"  {line}" for line in lines),
                 "\n".join(f"2026-01-02 app: {line}" for line in lines)):  # fmt: skip
        once = scrub_text(f"key: {text} tail")
        assert not any(line in once for line in lines[1:-1])
    once = scrub({"lines": ["before", *lines, "after"]})["lines"]
    assert (once[0], once[-1]) == ("before", "after")
    assert not any(line in once for line in lines[1:-1])


def test_the_private_half_of_a_putty_key_goes():
    body = [base64.b64encode(R.randbytes(48)).decode() for _ in range(4)]
    mac = f"{R.getrandbits(160):040x}"
    text = "\n".join(
        ["PuTTY-User-Key-File-2: ssh-rsa", "Encryption: none", "Public-Lines: 1", "AAAAB3NzaC1yc2E=",
         "Private-Lines: 4", *body, f"Private-MAC: {mac}"]
    )  # fmt: skip
    for shown in (text, text.replace("\n", "\\n"), text.replace("\n", "\r\n")):
        once = scrub_text(shown)
        assert not any(line in once for line in (*body, mac))
        assert "Encryption: none" in once


HASHES = (
    "$2b$12$" + "Qz./9aB4" * 6 + "abcde", "$2y$10$" + "Qz./9aB4" * 6 + "abcde",
    "$argon2id$v=19$m=65536,t=3,p=4$" + "c29tZXNhbHQ$" + "Rd4jQ8s1" * 5, "$6$rounds=5000$saltsalt$" + "Ab3./xYz" * 10,
    "$5$saltsalt$" + "Ab3./xYz" * 5, "$1$saltsalt$" + "Ab3./xYz" * 2 + "abcdef",
    "$y$j9T$saltsaltsalt$" + "Ab3./xYz" * 5,
    "$apr1$saltsalt$" + "Ab3./xYz" * 2 + "abcdef", "$P$B" + "Ab3./xYz" * 3 + "abcdef",
    "pbkdf2_sha256$600000$saltsalt$" + "Rd4jQ8s1" * 5 + "abc=",
    "argon2$argon2id$v=19$m=102400,t=2,p=8$" + "Rd4jQ8s1" * 6,
    "bcrypt_sha256$$2b$12$" + "Qz./9aB4" * 6 + "abcde", "pbkdf2:sha256:260000$saltsalt$" + "0a1b2c3d" * 8,
    "scrypt:32768:8:1$saltsalt$" + "0a1b2c3d" * 16, "{SSHA}" + "Rd4jQ8s1" * 5 + "==", "{SSHA512}" + "Rd4jQ8s1" * 8,
    "{CRYPT}$6$saltsalt$" + "Ab3./xYz" * 10,
    "SCRAM-SHA-256$4096:" + "Rd4jQ8s1" * 3 + "$" + "Rd4jQ8s1" * 5 + ":" + "Qz49aB4x" * 5,
    "sha1$salt$" + "0a1b2c3d" * 5, "md5" + "0a1b2c3d" * 4, "*" + "0A1B2C3D" * 5,
)  # fmt: skip


@pytest.mark.parametrize("hashed", HASHES)
def test_a_hashed_password_goes(hashed):
    for text in (hashed, f"bob:{hashed}:1000", f"Login('{hashed}')", f"INSERT INTO u VALUES (1, '{hashed}')"):
        once = scrub_text(text)
        assert hashed[-16:] not in once
        assert scrub_text(once) == once


BENIGN = (
    "password is required", "token expired", "secret santa", "Das Passwort ist zu kurz", "Passwort ist falsch",
    "Kennwort vergessen?", "le mot de passe est incorrect", "mot de passe oublié", "la contraseña es incorrecta",
    "contraseña: requerida", "a senha é obrigatória", "hasło jest wymagane", "пароль неверный", "密码错误",
    "パスワードが違います", "비밀번호가 올바르지 않습니다", "wachtwoord vergeten",
    "clave primaria duplicada", "keyboard layout",
    "monkey patch",
    "mysql -u root -p", "mysql --version", "ls -p", "mkdir -p /srv/app", "docker run -p 8080:80 web",
    "ssh -p 2222 host",
    "redis-cli -p 6380 ping", "redis-cli -h cache ping", "curl -u", "git push -u origin main", "tar -xzf a.tgz",
    "docker compose -p shop up", "zip -r a.zip b", "net use", "net user", "grep -a x y", "vault status",
    "rsync -a a b", "python -m pip install -U pip", "psql -U app -h db shop", "openssl version", "cp -p a b",
    "ping -w 3 h",
    "/reset/password", "/verify-email/", "/invite/friends-and-family", "/activate/how-to-activate-your-account",
    "/share/summer-collection-2024", "/users/confirmation/new", "/login/github/callback", "/tokens/refresh",
    "/unsubscribe/newsletter", "/join/us", "/blog/how-to-reset-a-password-in-2024", "/reset/index.html",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJ"
    "ggg==",
    "cursor=eyJpZCI6MTIzNDUsInBhZ2UiOjJ9", "4bf92f3577b34da6a3ce929d0e0eadd6", "0f7ab1d2-7ff5-4b2c-9c0e-0a4f41ab3c55",
    "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", "sha256:" + "0a1b2c3d" * 8, "sha512-" + "Rd4jQ8s1" * 10 + "==",
    "node_modules/@babel/core/lib/index.js", "com.example.security.PasswordEncoder",
    "org.springframework.security.crypto",
    "btn btn-primary password-input__field--focused", "main.8f3b2c1d.chunk.js", "v2.4.0-rc.1+build.7", "1.2.3.4.5",
    "$1 of $2", "cost $6", "{id}", "name: checkout\nvalue: 42", "- name: LOG_LEVEL\n  value: debug",
    '{"name": "page", "value": "checkout"}', "-----BEGIN CERTIFICATE REQUEST", "kty is missing", '{"k": "v", "d": "x"}',
    "rarely used", "exp 2024", "import pw_models", "pass the salt", "press any key: continue", "the PIN is wrong",
    "C:\\Program Files\\7-Zip\\7z.exe", "Parola non valida", "parola este incorectă", "heslo je povinné",
)  # fmt: skip


@pytest.mark.parametrize("text", BENIGN)
def test_what_only_speaks_of_secrets_stays(text):
    assert scrub_text(text) == text
    assert scrub({"message": text}) == {"message": text}
