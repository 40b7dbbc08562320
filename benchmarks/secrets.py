"""Texts with secrets that never were: vendors, places, languages and breaks, made of a seed; and texts without any."""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
URL_SAFE = ALNUM + "-_"
WORDS = [
    "the",
    "build",
    "fails",
    "when",
    "cache",
    "and",
    "runner",
    "meet",
    "a",
    "retry",
    "of",
    "upload",
    "after",
    "merge",
    "so",
    "index",
    "stays",
    "behind",
]

# tier → (prefix in pieces, alphabet, length); the pieces keep the file free of what looks like a secret
KNOWN = [
    *[("gh|p_", ALNUM, 36), ("glp|at-", URL_SAFE, 20), ("AK|IA", string.ascii_uppercase + "234567", 16)],
    *[("xo|xb-", ALNUM, 40), ("sk_l|ive_", ALNUM, 24), ("sk-a|nt-api03-", URL_SAFE, 90), ("np|m_", ALNUM, 36)],
    *[("h|f_", ALNUM, 34), ("do|p_v1_", HEX, 64), ("hv|s.", URL_SAFE, 90), ("da|pi", HEX, 32), ("nt|n_", ALNUM, 46)],
    *[
        ("rn|d_", ALNUM, 28),
        ("gs|k_", ALNUM, 52),
        ("pu|l-", HEX, 40),
        ("fig|d_", URL_SAFE, 40),
        ("dck|r_pat_", URL_SAFE, 27),
    ],
]
KNOWN_PLACES = [
    "got {} back",
    "TOKEN={}",
    '{{"a": "{}"}}',
    "({})",
    "It was {}.",
    "令牌{}",
    "?a=1&b={}&c=2",
    "`{}`",
    "|{}|",
]
LABEL_PLACES = ["API_KEY={}\n", "client_secret: '{}'", "<apiToken>{}</apiToken>", 'const authToken: string = "{}";']
PROSE_PLACES = [
    "the token is {} on staging",
    "use the API key {} for now",
    "I set the client secret to {}",
    "{} is the token",
]
WEAK_PLACES = [
    "DB_PASSWORD={}",
    "password: {}",
    "mysql -u root -p{} app",
    "| user | password |\n|---|---|\n| a | {} |\n",
]
LANGUAGES = [
    "Das Passwort lautet {}",
    "mot de passe : {}",
    "La contraseña es {}",
    "пароль: {}",
    "密码是{}",
    "パスワードは{}です",
]
BARE_PLACES = ["it printed\n\n{}\n\nand stopped", "then paste {} there"]
STRUCTURES = [
    "postgres://app:{}@db/x",
    "Authorization: Bearer {}",
    "machine h login u password {}",
    "//r.example/:_authToken={}",
]
BROKEN: list[Callable[[str], str]] = [
    lambda key: f'"{key[:14]}" + "{key[14:]}"',
    lambda key: f"{key[:20]}\n{key[20:]}",
    " ".join,
    lambda key: base64.b64encode(key.encode()).decode(),
    lambda key: "".join(f"&#{ord(char)};" for char in key),
    lambda key: f"{key[:9]}\u200b{key[9:]}",
    lambda key: "".join(f"\\x{ord(char):02x}" for char in key),
]
HARMLESS = [
    *[
        "fixed the token in {hex40}",
        "{hex64}  app.tar.gz",
        "x@sha256:{hex64}",
        "password: str = getpass()",
        "max_tokens=4096",
    ],
    *['"integrity": "sha512-{base64}"', "PASSWORD=$PASSWORD", "key: pip-{hex64}", "token = next(tokens)", "id {hex32}"],
    *["h1:{base64}", "api_key = settings.api_key", "ssh-ed25519 AAAA{base64} a@b", "https://x.example/{hex40}?tab=2"],
]


@dataclass(frozen=True)
class Case:
    """A text with one secret in it."""

    tier: str
    text: str
    secret: str


class Maker:
    """Makes the same texts of the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- reproducible, not secret

    def cases(self, each: int) -> Iterator[Case]:
        """So many of each tier."""
        for _ in range(each):
            yield self._case("known", KNOWN_PLACES, self._vendors())
            yield self._case("struct", STRUCTURES, self._characters(ALNUM, 28))
            yield self._case("label", LABEL_PLACES, self._opaque())
            yield self._case("prose", PROSE_PLACES, self._characters(ALNUM, 32))
            yield self._case("weak", WEAK_PLACES, self._made_up())
            yield self._case("i18n", LANGUAGES, self._random.choice([self._made_up(), self._characters(ALNUM, 24)]))
            yield self._case("bare", BARE_PLACES, self._characters(ALNUM, 40))
            token = "".join(("gh", "p_", self._characters(ALNUM, 36)))
            yield self._case("broken", ["use {} ."], self._random.choice(BROKEN)(token))

    def harmless(self, count: int) -> list[str]:
        """Texts without a secret that look as if they held one."""
        base = [base64.b64encode(self._random.randbytes(64)).decode() for _ in range(count)]
        return [
            self._random.choice(HARMLESS).format(
                hex32=self._characters(HEX, 32),
                hex40=self._characters(HEX, 40),
                hex64=self._characters(HEX, 64),
                base64=one,
            )
            for one in base
        ]

    def _case(self, tier: str, places: list[str], secret: str) -> Case:
        before, after = (" ".join(self._random.choices(WORDS, k=12)) for _ in range(2))
        return Case(tier, f"{before}.\n\n{self._random.choice(places).format(secret)}\n\n{after}.\n", secret)

    def _vendors(self) -> str:
        prefix, alphabet, length = self._random.choice(KNOWN)
        return prefix.replace("|", "") + self._characters(alphabet, length)

    def _opaque(self) -> str:
        return self._random.choice([self._characters(ALNUM, 32), self._characters(HEX, 40)])

    def _made_up(self) -> str:
        word = self._random.choice(["Summer", "Tiger", "Quartz", "Falcon"])
        return f"{word}{self._random.randrange(100, 9999)}{self._random.choice('!#@$')}"

    def _characters(self, alphabet: str, length: int) -> str:
        digits = [char for char in alphabet if char.isdigit()]
        inside = "".join(self._random.choices(alphabet, k=length - 3))
        return "".join(
            (self._random.choice(digits), inside, self._random.choice(alphabet[:6]), self._random.choice(digits))
        )
