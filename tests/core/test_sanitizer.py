"""The sanitizer: secrets of a known form go, everything else stays as it is."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from memory_agents.core.sanitizer import redact
from tests.core import sanitizer_samples as samples
from tests.core.sanitizer_samples import ALNUM, BASE64, HEX, URL_SAFE

SOME = samples.body(7, ALNUM, 30)
MIXED = "aB3" + samples.body(8, ALNUM, 24)


def leaves(secret: str, text: str) -> list[str]:
    """What is left of the secret in the redacted text."""
    redacted = redact(text).text
    return [piece for piece in samples.pieces(secret) if piece in redacted]


@pytest.mark.parametrize(
    ("kind", "prefix", "alphabet", "length"), samples.PREFIXED, ids=[p[1] for p in samples.PREFIXED]
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_vendors_token_goes_under_its_kind(kind: str, prefix: str, alphabet: str, length: int, seed: int) -> None:
    token = samples.prefixed(seed, prefix, alphabet, length)
    redacted = redact(f"I used {token}, and it failed.")
    assert redacted.text == f"I used [REDACTED:{kind}], and it failed."
    assert [(f.start, f.end, f.kind) for f in redacted.findings] == [(7, 7 + len(token), kind)]


FORMED = {
    "installation token that holds a JWT": samples.installation_token(),
    "JWT": samples.json_web_token(),
    "SendGrid": "S" + f"G.{samples.body(1, URL_SAFE, 22)}.{samples.body(2, URL_SAFE, 43)}",
    "Postman": "PM" + f"AK-{samples.body(1, HEX, 24)}-{samples.body(2, HEX, 34)}",
    "Telegram": f"{1234567890}:A" + f"A{samples.body(1, URL_SAFE, 33)}",
    "Terraform": f"{samples.body(1, ALNUM, 14)}.atlas" + f"v1.{samples.body(2, URL_SAFE, 67)}",
    "Azure client secret": f"aB3{4}Q" + f"~{samples.body(1, URL_SAFE, 34)}",
    "Discord": f"M{samples.body(1, ALNUM, 25)}.{samples.body(2, URL_SAFE, 6)}.{samples.body(3, URL_SAFE, 38)}",
}


@pytest.mark.parametrize("secret", FORMED.values(), ids=FORMED.keys())
def test_a_token_that_its_whole_form_tells_goes(secret: str) -> None:
    assert leaves(secret, f"see `{secret}` in the log") == []


BESIDE = {
    "an allow marker of a scanner": "{} # gitleaks:allow",
    "another allow marker": "{} kingfisher:ignore // pragma: allowlist secret",
    "a full stop": "It is {}.",
    "brackets": "({})",
    "a comma and no space": "a,{},b",
    "an ampersand": "?x=1&y={}&z=2",
    "Chinese": "令牌是{}请删除",
    "bold": "**{}**",
    "italics": "_{}_",
    "a table": "|{}|",
    "quotes": "'{}'",
    "HTML": "<b>{}</b>",
    "a comment": "<!-- {} -->",
    "an equals sign": "TOKEN={}",
    "line ends": "\r\n{}\r\n",
    "a backslash": "\\{}\\n",
}


@pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE.keys())
def test_a_secret_goes_whatever_stands_beside_it(beside: str) -> None:
    before, after = beside.split("{}")
    assert redact(beside.format(samples.github_token())).text == f"{before}[REDACTED:github-token]{after}"


BROKEN_BY = {
    "zero-width space": "\u200b",
    "soft hyphen": "\u00ad",
    "word joiner": "\u2060",
    "bidirectional override": "\u202e",
    "tag": "\U000e0041",
    "Hangul filler": "\u3164",
    "empty comment": "<!-- -->",
    "line break opportunity": "<wbr>",
    "combining grapheme joiner": "\u034f",
}


@pytest.mark.parametrize("breaker", BROKEN_BY.values(), ids=BROKEN_BY.keys())
def test_what_is_not_seen_inside_a_secret_does_not_hide_it(breaker: str) -> None:
    token = samples.github_token()
    broken = breaker.join([token[:2], token[2:11], token[11:]])
    assert redact(f"a {broken} b").text == "a [REDACTED:github-token] b"


@pytest.mark.parametrize(
    "disguise",
    [
        lambda token: "".join(chr(ord(char) + 0xFEE0) for char in token),
        lambda token: token.replace("_", "&#95;"),
        lambda token: token.replace("_", "&#x5f;"),
        lambda token: token.replace("_", "\\_"),
    ],
    ids=["full-width letters", "an entity", "a hexadecimal entity", "a Markdown escape"],
)
def test_what_reads_as_a_secret_is_one(disguise: object) -> None:
    assert callable(disguise)
    assert redact(f"a {disguise(samples.github_token())} b").text == "a [REDACTED:github-token] b"


STRUCTURED = {
    "database URL": ("postgres://app:{}@db.internal:5432/app", SOME),
    "URL without user": ("redis://:{}@cache:6379/0", SOME),
    "URL whose password holds an at sign": ("https://ada:{}@git.example.org/r.git", f"pa@{SOME}"),
    "database URL whose password holds a slash": ("mysql://root:{}@db/app", f"a/b#{SOME}"),
    "token for a user": ("git clone https://{}@git.example.org/r.git", MIXED),
    "bearer header": ('curl -H "Authorization: Bearer {}" https://api.example.org', MIXED),
    "proxy header": ("Proxy-Authorization: Basic {}", samples.user_and_password()),
    "basic header in code": ("headers['authorization'] = 'Basic {}'", samples.user_and_password()),
    "bearer without a header": ("sent bearer {} and got 401", MIXED),
    "key header": ("X-Api-Key: {}", MIXED),
    "token header in JSON": ('{{"Private-Token": "{}"}}', MIXED),
    "AWS signature": ("Authorization: AWS4-HMAC-SHA256 SignedHeaders=host, Signature={}", samples.body(1, HEX, 64)),
    "cookie": ("Set-Cookie: sessionid={}; HttpOnly; Path=/", MIXED),
    "curl cookie": ("curl -b 'sid={}' https://example.org", MIXED),
    "curl user": ("curl -u ada:{} https://example.org", SOME),
    "shared access signature": ("https://x.blob.core.windows.net/c?sv=2022&se=2030&sig={}&sp=r", f"{SOME}%3D"),
    "S3 signature": ("https://s3.example.org/o?X-Amz-Signature={}&x=1", samples.body(1, HEX, 64)),
    "token in a query": ("GET /v1/items?page=2&access_token={} 401", MIXED),
    "Azure storage": ("AccountName=logs;AccountKey={};EndpointSuffix=core", samples.body(1, BASE64, 86) + "=="),
    "connection string": ("Server=db;User Id=sa;Password={};Encrypt=yes", SOME),
    "Slack webhook": ("https://hooks.slack.com/services/{}", f"T0{SOME[:9]}/B0{SOME[:9]}/{MIXED}"),
    "Discord webhook": ("https://discord.com/api/webhooks/123456789012345678/{}", samples.body(1, URL_SAFE, 68)),
    "AWS secret": ("aws_secret_access_key = {}", samples.body(1, BASE64, 40)),
    "Docker auth": ('{{"auths": {{"ghcr.io": {{"auth": "{}"}}}}}}', samples.user_and_password()),
    "npm auth": ("//registry.example.org/:_authToken={}", MIXED),
    "netrc": ("machine example.org login ada password {}", SOME),
    "Kubernetes secret": ("kind: Secret\nmetadata:\n  name: x\ndata:\n  password: {}\n", SOME),
    "Kubernetes secret, data first": ("data:\n  password: {}\nkind: Secret\n", SOME),
    "kubeconfig": ("    client-key-data: {}", samples.body(1, BASE64, 400)),
}


@pytest.mark.parametrize(("layout", "secret"), STRUCTURED.values(), ids=STRUCTURED.keys())
def test_a_secret_goes_that_its_place_tells_and_only_the_secret(layout: str, secret: str) -> None:
    text = layout.format(secret)
    redacted = redact(text)
    assert [text[f.start : f.end] for f in redacted.findings] == [secret]
    assert re.sub(r"\[REDACTED:[a-z-]+\]", "{}", redacted.text) == layout.replace("{{", "{").replace("}}", "}")


INNOCENT = [
    "Fixed in 0123456789abcdef0123456789abcdef01234567 by 9fceb02.",
    "request 3f2b8c1e-9d4a-4e6f-8a7b-1c2d3e4f5a6b failed",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "token: parser",
    "password = os.environ['DB_PASSWORD']",
    "GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}",
    "Authorization: Bearer <token>",
    "Authorization: Bearer $TOKEN",
    "authorization: the bearer authentication is broken since yesterday",
    "postgres://user:" + "password@localhost:5432/db",
    "postgres://postgres:" + "postgres@localhost:5432/db",
    "https://$USER:" + "$PASS@example.org",
    "https://<user>:" + "<token>@example.org",
    "docker pull registry:5000/app@sha256:abc",
    "http://localhost:8080/path@v2",
    "gh" + "p_" + "x" * 36,
    "gh" + "p_" + "your_token_here_your_token_here_1234",
    "s" + "k-your-api-key-goes-here-please",
    "xox" + "b-your-token-here-your-token",
    "AK" + "IA" + "IOSFODNN7" + "EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCY" + "EXAMPLEKEY",
    "the sk-learn-contrib-module and the sk-estimator-checks",
    "Cookie: theme=dark; lang=en-GB",
    "?sort=desc&key=name&code=404&token=abc",
    "begin -----BEGIN CERTIFICATE-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END CERTIFICATE-----",
    "The file begins with " + samples.key_border("BEGIN") + " and ends with " + samples.key_border("END") + ".",
    "kind: ConfigMap\ndata:\n  password-policy: at-least-twelve-characters\n",
    "cache-key-0123456789abcdef0123456789abcdef",
    "integrity: sha512-" + samples.body(1, BASE64, 86) + "==",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + samples.body(1, BASE64, 43) + " ada@laptop",
    "\r\n\ttabs, \u200b zero width, \uff46ull width & &amp; entities stay\r\n",
]


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_no_secret_stays_byte_for_byte(text: str) -> None:
    redacted = redact(text)
    assert redacted.text == text
    assert redacted.findings == ()


SECRET_TEXT = st.sampled_from(
    [samples.github_token(), samples.json_web_token(), *FORMED.values()]
    + [layout.format(secret) for layout, secret in STRUCTURED.values()]
    + [samples.prefixed(1, prefix, alphabet, length) for _, prefix, alphabet, length in samples.PREFIXED]
)
SCRAP = st.sampled_from(
    [
        "\u200b",
        "[REDACTED:jwt]",
        "[REDACTED:",
        "]",
        "&#95;",
        "\\",
        "://",
        "@",
        ":",
        "=",
        "\n",
        " ",
        "<!-- -->",
        "ghp_",
        "-----",
    ]
)
TEXT = st.lists(st.one_of(st.text(max_size=12), SECRET_TEXT, SCRAP), max_size=8).map("".join)


def test_of_a_chain_of_tokens_none_is_left() -> None:
    chain = [samples.prefixed(seed, "1234567890:A|A", string.ascii_letters, 33) for seed in range(20)]
    assert redact(f"a {''.join(chain)} b").text == "a [REDACTED:telegram-token] b"


@given(TEXT)
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text).text
    assert redact(once).text == once


@given(TEXT)
def test_the_findings_say_exactly_what_was_replaced(text: str) -> None:
    redacted = redact(text)
    rebuilt, done = [], 0
    for finding in redacted.findings:
        assert done <= finding.start < finding.end <= len(text)
        assert re.fullmatch(r"[a-z-]{1,32}", finding.kind)
        rebuilt += [text[done : finding.start], f"[REDACTED:{finding.kind}]"]
        done = finding.end
    assert "".join([*rebuilt, text[done:]]) == redacted.text


@given(
    st.text(st.characters(exclude_categories=["L", "N", "M", "Cf"], exclude_characters="_-"), max_size=30),
    st.integers(0, 10**6),
)
@example(before="\\", seed=0)
def test_a_token_goes_behind_any_sign(before: str, seed: int) -> None:
    token = samples.github_token(seed)
    assert leaves(token, f"{before}{token}{before}") == []


@given(st.text(max_size=300))
def test_text_without_a_secret_is_given_back(text: str) -> None:
    assert redact(text).text == text


def test_of_two_findings_that_overlap_both_go_under_the_first_kind() -> None:
    text = f"https://ada:{samples.github_token()}extra@example.org"
    assert redact(text).text == "https://ada:[REDACTED:github-token]@example.org"
