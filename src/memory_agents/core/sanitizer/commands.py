# ruff: noqa: RUF001 -- words and signs of many scripts
"""Passwords that their place tells: `mysql -p…`, `IDENTIFIED BY …`, `login admin / …`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from memory_agents.core.sanitizer.text import Redaction, Text
from memory_agents.core.sanitizer.trie import places, trie
from memory_agents.core.sanitizer.values import is_opaque, is_password, is_strong_password

_VALUE = r"(?P<value>[!#-&(-;=?-_a-~]{4,256})"
_OPTION = re.compile(
    r"\b(?:mysql\w*|mariadb\w*|psql|mongo\w*|redis-cli|sshpass|(?:docker|podman|buildah|skopeo|oras"
    r"|helm registry) login"
    r"|az login|sqlcmd|bcp|smbclient|ldap\w+|htpasswd|plink|pscp|unzip|7z\w?|zip|l?ftp|influx|cqlsh|clickhouse-client"
    rf"|xfreerdp|mosquitto_\w+|oc login|cf login|rabbitmqadmin|twine|wget|gpg"
    rf"|keytool)\b[^\n\0]{{0,160}}?[ \t](?:-[pPaw]|/p:|--pass)[ =]?[\"']?{_VALUE}"
)
_STATEMENT = re.compile(
    r"\b(?:identified\s{1,4}(?:with\s{1,4}[\"'\w]{1,40}\s{1,4})?(?:by|as)(?:\s{1,4}password)?|"
    r"(?:encrypted|with|set)\s{1,4}password"
    rf"|convertto-securestring(?:\s{{1,4}}-string)?)\s{{0,4}}=?\s{{0,4}}[\"']{_VALUE}",
    re.IGNORECASE,
)
_PIPED = re.compile(
    r"\b(?:echo|printf|print)[ \t](?:-\w{1,3}[ \t])?[\"']?(?P<value>[^\s\"'|\0]{6,512})[\"']?[ \t]{0,4}\|[ \t]{0,4}"
    r"(?:sudo|\S{0,60}[ \t][^\n|\0]{0,120}(?:-stdin|--with-token|passwd|chpasswd))"
)
_CHPASSWD = re.compile(
    r"[\"']?[\w.-]{1,40}:(?P<value>[^\s\"'|\0]{6,128})[\"']?[ \t]{0,4}\|[ \t]{0,4}(?:sudo[ \t])?chpasswd"
)
_NET_USER = re.compile(rf"\bnet[ \t]user[ \t]\S{{1,40}}[ \t]{_VALUE}", re.IGNORECASE)
_ACCOUNT_WORDS = """
login, log in, log-in, sign in, signin, sign-in, logged in, credential, creds, account,
username, user, anmeldung, zugang, zugangsdaten, benutzer, identifiant, compte, connexion,
usuario, usuário, cuenta, conta, utente, credenziali, accesso, acceso, acesso, gebruiker,
inloggen, konto, логин, вход, учётка, учетка, учетная запись, логін, 账号, 帳號, 账户, 登录,
登錄, アカウント, ログイン, 계정, 로그인, giriş, kullanıcı, hesap, logowanie, użytkownik,
حساب, مستخدم, लॉगिन, खाता
"""
_ACCOUNTS = trie(word.strip() for word in _ACCOUNT_WORDS.split(","))
_PAIR = re.compile(
    r"(?:s|en|name|daten)?(?![^\W\d_])[^\n\0/|]{0,24}?(?:[\s:=\"'`(]|为|是|は)(?P<user>[A-Za-z][\w.@+-]{1,40})[\"'`]?"
    rf"(?:[ \t]{{1,2}}[/|:][ \t]{{1,2}}|[:/]|[ \t](?:with|mit|con|avec|com|met|z|с|и|and|und|et|y"
    rf"|e)[ \t])[\"'`]?{_VALUE}"
)
_FORMS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (_OPTION, (" -p", " -a", " -w", "/p:", "--pass")),
    (_STATEMENT, ("identified", "password", "securestring")),
    (_PIPED, ("echo", "print")),
    (_CHPASSWD, ("chpasswd",)),
    (_NET_USER, ("net user",)),
)


def command_passwords(text: Text) -> Iterator[Redaction]:
    """Passwords in commands of a shell and statements of SQL."""
    for pattern, hints in _FORMS:
        for match in text.finditer(pattern, *hints):
            value = match["value"].rstrip(";,)")
            if is_password(value) or is_opaque(value, 12):
                yield text.redaction(match.start("value"), match.start("value") + len(value), "password")


def paired_passwords(text: Text) -> Iterator[Redaction]:
    """`login admin / …`, `credentials: admin:…`."""
    for place in places(_ACCOUNTS, text.lower):
        match = _PAIR.match(text.shadow, place.end())
        if match:
            value = match["value"].rstrip(".,;:)]}*`")
            if is_strong_password(value) or is_opaque(value, 12):
                yield text.redaction(match.start("value"), match.start("value") + len(value), "password")
