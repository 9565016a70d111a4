"""What people call a secret in the languages of the world: whole words, and how a regex finds them in any spelling."""

import unicodedata

from events.values.wordlists import word_set

# Words that name a password and nothing else. A phrase is written with blanks.
PASSWORDS = (
    "password passwd passwort kennwort losungswort senha contrasena contraseña contrasenya pwd pword pw psw pswd passw "
    "pwrd passcode passwrd pgpassword mysqlpwd mdp motdepasse palavrapasse katasandi wachtwoord lösenord adgangskode "
    "kodeord passord salasana lykilorð hasło haslo heslo jelszó geslo lozinka zaporka parola parolă şifre parool "
    "salasõna slaptažodis пароль парола гасло лозинка κωδικός συνθηματικό 密码 密碼 口令 パスワード 暗証番号 "
    "비밀번호 비번 패스워드 암호 รหัสผ่าน סיסמה סיסמא گذرواژه पासवर्ड कूटशब्द"
)
PASSWORD_PHRASES = (
    "mot de passe", "palavra passe", "palavra chave", "kata sandi", "kata laluan", "mật khẩu", "كلمة المرور",
    "كلمة السر", "رمز عبور", "clave secreta", "clave privada", "clave acceso", "code secret",
    "parola d'ordine", "chiave segreta",
)  # fmt: skip
# What the rule for assignments says more shortly.
_KNOWN = frozenset(["password", "passwd", "passwort", "passcode", "pgpassword", "mysqlpwd", "pwd"])
TOKENS = "токен 令牌 トークン 토큰 jeton"
# The first word behind a colon of a sentence that only speaks of one.
PROSE = (
    "requerida requerido obligatoria obligatorio incorrecta incorrecto inválida inválido vacía erforderlich falsch "
    "falsche falsches ungültig ungültige ungültiges leer fehlt vergessen abgelaufen zu requis requise obligatoire "
    "incorrect incorrecte invalide manquant manquante oublié expiré vide obrigatória obrigatório incorreta incorreto "
    "obbligatoria non errata scaduta vereist verplicht onjuist ongeldig vergeten verlopen krävs felaktigt ogiltigt "
    "påkrævet forkert ugyldig wymagane nieprawidłowe błędne puste povinné nesprávné chybné kötelező hibás zorunlu "
    "geçersiz hatalı обязателен обязательно неверный неверен пуст истёк 错误 必填 不能为空 無効 必須 필수 오류"
)
KEYS = "密钥 密鑰 秘密鍵 비밀키 apischlüssel geheimschlüssel"
SECRETS = "секрет zugangsdaten segredo secreto geheimnis"


def bare(text: str) -> str:
    """The text without accents, however they were written: composed, or a letter and a mark of its own."""
    if text.isascii():
        return text
    letters = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", letters)


def fold(text: str) -> str:
    """The text without accents, in small letters."""
    return bare(text).lower()


def folded(words: str) -> frozenset[str]:
    """The words as `fold` writes them."""
    return word_set(fold(words))


def spelled(word: str) -> str:
    """A regex for the word with its accents composed, decomposed or left out, and any one character for a blank."""
    out = ""
    for c in unicodedata.normalize("NFC", word):
        apart = unicodedata.normalize("NFD", c)
        if c in " _":
            out += "[ _.'-]{0,3}"
        elif len(apart) > 1 and len(apart[0].encode()) < 3:
            out += rf"(?:{c}|{apart[0]}\pM*)"
        elif len(apart) > 1:
            out += f"(?:{c}|{apart})"
        else:
            out += c
    return out


def regexes() -> tuple[str, str]:
    """Two alternations of all of them: in ASCII, and with letters of other alphabets or accents.

    Short ASCII words count only where a word begins and ends.
    """
    words = [*PASSWORDS.split(), *TOKENS.split(), *KEYS.split(), *SECRETS.split()]
    plain = {word for word in (*words, *map(fold, words)) if word.isascii() and word not in _KNOWN}
    short = sorted(word for word in plain if len(word) <= 4)
    phrases = [phrase for phrase in PASSWORD_PHRASES if phrase.isascii()]
    at_home = [rf"(?:\b|_)(?:{'|'.join(short)})\b", *sorted(plain - {*short}), *map(spelled, phrases)]
    abroad = [word for word in (*words, *PASSWORD_PHRASES) if not word.isascii()]
    return "|".join(at_home), "|".join(map(spelled, sorted({*abroad})))
