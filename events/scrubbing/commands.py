"""Secrets on command lines: what `-p`, `-a`, `-w` or `/p:` mean depends on the program."""

from collections.abc import Iterator

import re2

from events.scrubbing import validators
from events.scrubbing.assignments import Hit

# What a flag's value looks like: quoted, or up to the next blank. No flag, no variable, no file.
_VALUE = r"(?:'([^'\x1e\n]+)'|\"([^\"\x1e\n]+)\"|([^\s\"'|;&<>$\[\x1e-][^\s\"'|;&<>\x1e]*))"
# Programs, and the flag that hands them a secret. A flag that ends in a blank or `=` needs it.
_FLAGS: tuple[tuple[str, str], ...] = (
    (r"mysql\w*|mariadb[\w-]*|mytop|innobackupex|xtrabackup", r"-p[ \t]?"),
    (r"sshpass", r"-p[ \t]?"),
    (r"mongo\w*|cqlsh|influx|couchbase-cli|arangosh|kinit|psexec(?:64)?(?:\.exe)?|proxychains", r"-p[ \t]+"),
    (r"(?:docker|podman|nerdctl|buildah|skopeo|crane|oras|helm|az|cf|oc|ibmcloud|faas-cli)\b[^\n\x1e|]*\blogin",
     r"(?:-p|--password)[ \t=]"),
    (r"redis-cli|valkey-cli|keydb-cli", r"(?:-a|--pass)[ \t=]+"),
    (r"ldap\w+|slappasswd", r"-(?:w|s)[ \t]+"),
    (r"sqlcmd|osql|isql|bcp|tsql|mssql-cli", r"-P[ \t]?"),
    (r"zip|unzip|ncftp\w*|jmx\w*", r"-P[ \t]+"),
    (r"7z[ar]?|7zz|rar|unrar", r"-h?p"),
    (r"plink|pscp|psftp|putty|kitty", r"-pw[ \t]+"),
    (r"wfreerdp|xfreerdp|mstsc|net[ \t]+use|runas|schtasks|wmic|cmdkey|osslsigncode|signtool",
     r"[/-](?:p|pass|password|rp)[: \t]"),
    (r"openssl", r"(?:-pass(?:in|out)?[ \t]+pass:|-(?:k|K|hmac|passwd)[ \t]+)"),
    (r"keytool|jarsigner|pkcs12|apksigner", r"-+\w*pass(?:in|out)?[ \t]+(?:pass:)?"),
    (r"vault[ \t]+login", r"(?:token=)?"),
    (r"gh[ \t]+auth|doctl[ \t]+auth|consul", r"(?:token=|--?token[ \t=])"),
    (r"rabbitmqctl[ \t]+(?:add_user|change_password|authenticate_user)", r"[\w.@-]+[ \t]+"),
    (r"htpasswd[ \t]+(?:-\w+[ \t]+)*-\w*b\w*(?:[ \t]+[^\s\x1e]+)?", r"[\w.@-]+[ \t]+"),
    (r"mysqladmin\b[^\n\x1e|]*", r"password[ \t]+"),
    (r"aws[ \t]+configure[ \t]+set[ \t]+aws_(?:secret_access_key|session_token)", r""),
)  # fmt: skip
# What stands between a user and a password: `-u bob:…`, `-U bob%…`, `-u bob,…`, `bob/…@db`.
_LOGINS = (
    r"(?:curl|http|https|xh|wget|ab|hey|wrk|siege|lftp|ncat|smbclient|rpcclient|smbmap|crackmapexec|mount|influx|etcdctl"
    r"|elasticdump|snowsql|sqlplus|rman|expdp|impdp|imp|exp|chpasswd)"
)
_LOGIN = re2.compile(
    (
        rf"\b{_LOGINS}\b[^\n\x1e|]*?[ \t](?:-u|-U|-a|--user|--proxy-user|--auth)[ \t=]*[\"']?"
        r"[^\s:,%\"'\x1e/-][^\s:,%\"'\x1e]*[:,%]([^\s\"'\x1e]+)"
        r"|\b(?:sqlplus|rman|expdp|impdp)\b[^\n\x1e|]*?[ \t][\"']?\w+/([^\s\"'/@\x1e]+)(?:@|[\s\"']|$)"
        r"|\becho[ \t]+[\"']?[\w.-]+:([^\s\"'\x1e]+)[\"']?[ \t]*\|[ \t]*(?:sudo[ \t]+)?chpasswd"
        r"|\bConvertTo-SecureString\b(?:[ \t]+-(?:String|AsPlainText|Force))*[ \t]+[\"']?([^\s\"'$\x1e-][^\s\"'\x1e]*)"
        r"|\bchpasswd\b|\bnet(?:\.exe)?[ \t]+(?:use[ \t][^\n\x1e]*?/user:[^\s\x1e]+|user[ \t]+\w[\w.-]*)"
        r"[ \t]+([^\s/*\x1e][^\s\x1e]*)"
    ).encode()
)
_PROGRAM = "|".join(rf"(?:{program})\b[^\n\x1e|]*?[ \t]{flag}" for program, flag in _FLAGS)
_FLAGGED = re2.compile(rf"\b(?:{_PROGRAM}){_VALUE}".encode())
HINT = (
    rf"\b(?:{_PROGRAM})|\b{_LOGINS}\b[^\n\x1e|]*[ \t](?:-u|-U|-a|--user|--proxy-user|--auth)\b"
    r"|\b(?:sqlplus|rman|expdp|impdp)\b[^\n\x1e|]*/|\bchpasswd\b|\bConvertTo-SecureString\b"
    r"|\bnet(?:\.exe)?[ \t]+user?\b"
)


def find(data: bytes) -> Iterator[Hit]:
    """Yields the values of flags that hand a program its secret, and the second half of logins."""
    hits = []
    for regex in (_FLAGGED, _LOGIN):
        for match in regex.finditer(data):
            group = match.lastindex or 0
            span = validators.is_not_masked(data, *match.span(group))
            if group and span and not match.group(group).startswith((b"[", b"env:", b"file:", b"-")):
                hits.append((*span, "[password]"))
    yield from sorted(hits)
