"""Secrets for the sanitizer's tests, of the right form and made up at run time: none stands in a file."""

from __future__ import annotations

import base64
import random
import string

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
URL_SAFE = ALNUM + "-_"
BASE64 = ALNUM + "+/"

# kind, prefix in pieces, alphabet of the body, its length
PREFIXED = [
    ("github-token", "ghp|_", ALNUM, 36),
    ("github-token", "gho|_", ALNUM, 36),
    ("github-token", "ghu|_", ALNUM, 36),
    ("github-token", "ghs|_", ALNUM, 36),
    ("github-token", "ghr|_", ALNUM, 76),
    ("github-token", "github|_pat_", ALNUM, 82),
    ("gitlab-token", "glpat|-", URL_SAFE, 20),
    ("aws-key-id", "AK|IA", string.ascii_uppercase + "234567", 16),
    ("aws-key-id", "AS|IA", string.ascii_uppercase + "234567", 16),
    ("google-api-key", "AI|za", URL_SAFE, 35),
    ("google-oauth-token", "ya|29.", URL_SAFE, 120),
    ("google-client-secret", "GOC|SPX-", URL_SAFE, 28),
    ("slack-token", "xo|xb-", string.digits, 24),
    ("slack-token", "xo|xe.xoxp-", ALNUM, 60),
    ("stripe-key", "sk|_live_", ALNUM, 24),
    ("stripe-key", "rk|_test_", ALNUM, 24),
    ("anthropic-key", "sk|-ant-api03-", URL_SAFE, 95),
    ("openai-key", "sk|-proj-", URL_SAFE, 120),
    ("openai-key", "sk|-", ALNUM, 48),
    ("huggingface-token", "h|f_", ALNUM, 34),
    ("npm-token", "np|m_", ALNUM, 36),
    ("pypi-token", "py|pi-", URL_SAFE, 150),
    ("docker-token", "dckr|_pat_", URL_SAFE, 27),
    ("twilio-key", "S|K", HEX, 32),
    ("mailgun-key", "k|ey-", HEX, 32),
    ("digitalocean-token", "dop|_v1_", HEX, 64),
    ("shopify-token", "shp|at_", HEX, 32),
    ("square-token", "EA|AA", URL_SAFE, 60),
    ("databricks-token", "da|pi", HEX, 32),
    ("grafana-token", "gl|sa_", ALNUM, 41),
    ("linear-token", "lin|_api_", ALNUM, 40),
    ("notion-token", "nt|n_", ALNUM, 46),
    ("atlassian-token", "ATA|TT3", URL_SAFE, 180),
    ("vault-token", "hv|s.", URL_SAFE, 95),
    ("age-key", "AGE-SECRET|-KEY-1", string.ascii_uppercase + string.digits, 58),
    ("doppler-token", "dp|.pt.", ALNUM, 43),
    ("sentry-token", "sntry|u_", HEX, 64),
    ("newrelic-key", "NR|AK-", string.ascii_uppercase + string.digits, 27),
]


def body(seed: int, alphabet: str, length: int) -> str:
    """Random characters that begin and end with a letter or digit."""
    pick = random.Random(seed)  # noqa: S311 -- the same secrets in each run
    plain = [char for char in alphabet if char.isalnum()]
    return pick.choice(plain) + "".join(pick.choices(alphabet, k=length - 2)) + pick.choice(plain)


def prefixed(seed: int, prefix: str, alphabet: str, length: int) -> str:
    """A token of PREFIXED."""
    return prefix.replace("|", "") + body(seed, alphabet, length)


def github_token(seed: int = 1) -> str:
    """A personal access token of the classic form."""
    return prefixed(seed, "ghp|_", ALNUM, 36)


def json_web_token(seed: int = 1) -> str:
    """Header, payload and signature."""
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    payload = base64.urlsafe_b64encode(b'{"sub":"1234567890","iat":1516239022}').decode().rstrip("=")
    return f"{header}.{payload}.{body(seed, URL_SAFE, 43)}"


def installation_token(seed: int = 1) -> str:
    """GitHub's installation token that holds a JWT."""
    return f"gh{'s'}_123456_{json_web_token(seed)}{body(seed, URL_SAFE, 300)}"


def key_lines(seed: int = 1, lines: int = 12) -> list[str]:
    """The base64 inside of a private key."""
    return [body(seed + line, BASE64, 64) for line in range(lines)]


def key_border(which: str, name: str = "RSA PRIVATE") -> str:
    """`BEGIN` or `END` line of a private key."""
    return f"-----{which} {name} {'KEY'}-----"


def user_and_password(seed: int = 1) -> str:
    """Base64 of a name and a password, as in Basic authorization."""
    return base64.b64encode(f"admin:{body(seed, ALNUM, 18)}".encode()).decode()


def pieces(secret: str, size: int = 6) -> list[str]:
    """All parts of `size` characters, the first four characters left out: a prefix may stay."""
    return [secret[at : at + size] for at in range(4, len(secret) - size + 1)]
