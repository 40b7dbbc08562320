# ruff: noqa: RUF001 -- words and signs of many scripts
"""The sanitizer: what a word beside it tells goes, in whatever language and layout; what is no secret stays."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.sanitizer import redact
from tests.core import sanitizer_samples as samples
from tests.core.sanitizer_samples import ALNUM, HEX

OPAQUE = samples.body(21, ALNUM, 32)
WEAK = "Summer" + "2024!"

LAYOUTS = [
    *("DB_PASSWORD={}", "export API_KEY='{}'", "password: {}", '"clientSecret": "{}"', "const token: string = '{}';"),
    *("spring.datasource.password={}", "<password>{}</password>", '<add key="Password" value="{}" />'),
    *("- name: DB_PASSWORD\n  value: {}", 'variable "db_password" {{\n  default = "{}"\n}}', "tool --password {} run"),
    *("CREATE USER a IDENTIFIED BY '{}';", "mysql -u root -p{} app", "echo '{}' | docker login --password-stdin"),
    *("| user | password |\n|---|---|\n| ada | {} |\n", "user,password\nada,{}\n", "ENV DB_PASSWORD {}"),
    *("the password is {}", "I set the password for staging to {} yesterday", "login admin / {}", "creds: admin:{}"),
    *("{} is the password", "password (prod): {}", "**admin_pw:** {}", "> password: {}", "+password: {}"),
    *('let password = String::from("{}");', "pass={} next=1", "password=> {}"),
]
LANGUAGES = [
    *("Das Passwort lautet {}", "Le mot de passe est {}", "La contraseña es {}", "A senha é {}", "La password è {}"),
    *("Het wachtwoord is {}", "Hasło to {}", "Пароль: {}", "Пароль от базы — {}", "Şifre: {}", "密码是{}", "密碼：{}"),
    *("パスワードは{}です", "{} がパスワードです", "비밀번호는 {}입니다", "كلمة المرور هي {}", "पासवर्ड है {}"),
    *("Lösenordet är {}", "Heslo: {}", "Salasana on {}", "Ο κωδικός είναι {}", "Mật khẩu: {}", "รหัสผ่าน: {}"),
]


@pytest.mark.parametrize("secret", [OPAQUE, WEAK], ids=["random", "made up"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_secret_goes_that_stands_beside_its_word(layout: str, secret: str) -> None:
    redacted = redact(layout.format(secret)).text
    assert secret.rstrip("!") not in redacted
    assert "[REDACTED:" in redacted


@pytest.mark.parametrize("secret", [OPAQUE, WEAK], ids=["random", "made up"])
@pytest.mark.parametrize("layout", LANGUAGES)
def test_the_word_may_be_of_another_language(layout: str, secret: str) -> None:
    assert secret.rstrip("!") not in redact(layout.format(secret)).text


@pytest.mark.parametrize("label", ["TWILIO_AUTH_TOKEN", "signing key", "apiKey", "client-secret", "private_key_id"])
def test_hex_goes_only_behind_a_word(label: str) -> None:
    digest = samples.body(4, HEX, 40)
    assert digest not in redact(f"{label}: {digest}").text
    assert redact(f"fixed the {label} in commit {digest}").text == f"fixed the {label} in commit {digest}"


INNOCENT = [
    *("password = os.environ['DB_PASSWORD1']", "token = get_token(v2)", "def login(password: str, token: bytes32)"),
    *("max_tokens=4096, prompt_tokens: 123", "password must have 12 characters", "secret: it turns out nobody reads"),
    *("PublicKeyToken=" + samples.body(1, HEX, 16), "public_key = '" + samples.body(1, ALNUM, 43) + "='"),
    *("Cache restored from key: Linux-pip-" + samples.body(1, HEX, 64), "key: ${{ hashFiles('a1') }}"),
    *("password=changeme123", "PASSWORD=$PASS1", "token: <your-token-1>", "secret=********", "api_key = settings.key2"),
    *(
        "Das Passwort muss mindestens 12 Zeichen haben.",
        "密码长度至少为12个字符。",
        "Пароль должен содержать 10 символов.",
    ),
    *(
        "pyjwt==2.15.1 \\\n    --hash=sha256:" + samples.body(2, HEX, 64),
        "token_id: 3f2b8c1e-9d4a-4e6f-8a7b-1c2d3e4f5a6b",
    ),
    *("urllib3/util/wait.py,sha256=_" + samples.body(9, ALNUM, 42) + ",1146", "s3://b/key=a/part-0-" + "1b2c3d4e5f"),
    *(
        "Qm" + samples.body(5, ALNUM, 44),
        "x-request-id: " + samples.body(6, ALNUM, 40),
        "(?P<password>[A-Za-z0-9_~.=-]+)",
    ),
    '{"x": "data:image/png;base64,' + samples.body(3, ALNUM, 200) + '"}',
]


@pytest.mark.parametrize("text", INNOCENT)
def test_what_only_looks_like_a_labelled_secret_stays(text: str) -> None:
    assert redact(text).text == text


@given(st.integers(0, 10**6), st.sampled_from(LAYOUTS + LANGUAGES), st.sampled_from(["\n", "\r\n", " 漢 ", "\t"]))
def test_redacted_twice_is_redacted_once_and_lines_stay(seed: int, layout: str, around: str) -> None:
    text = around + layout.format(samples.body(seed, ALNUM, 28)) + around
    once = redact(text)
    assert redact(once.text).text == once.text
    assert once.text.count("\n") == text.count("\n")
    assert {char for one in once.findings for char in one.kind} <= {*string.ascii_lowercase, "-"}


def test_a_long_random_token_goes_though_it_stands_alone() -> None:
    token = samples.body(31, ALNUM, 40)
    assert redact(f"it printed\n\n{token}\n\nand stopped").text == "it printed\n\n[REDACTED:token]\n\nand stopped"


@given(st.text(HEX, min_size=7, max_size=64))
def test_a_commit_stays(digest: str) -> None:
    assert redact(f"The token refresh broke in {digest}.").text == f"The token refresh broke in {digest}."
