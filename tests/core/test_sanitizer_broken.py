"""The sanitizer: a secret goes that is wrapped, added up, spelt out or encoded, and no line is lost."""

from __future__ import annotations

import base64
import codecs

import pytest

from memory_agents.core.sanitizer import redact
from tests.core import sanitizer_samples as samples

TOKEN = samples.github_token(12)
HALF = 16

FORMS = {
    "strings that are added": f'token = "{TOKEN[:HALF]}" + "{TOKEN[HALF:]}"',
    "strings one after another": f'(\n  "{TOKEN[:HALF]}"\n  "{TOKEN[HALF:]}"\n)',
    "a line that goes on": f"TOKEN={TOKEN[:HALF]}\\\n{TOKEN[HALF:]}",
    "a wrapped line": f"my key:\n{TOKEN[:HALF]}\n{TOKEN[HALF:]}\nthanks",
    "a wrapped line in a quote": f"> {TOKEN[:30]}\n> {TOKEN[30:]}\n",
    "single characters": " ".join(TOKEN),
    "groups": " ".join(TOKEN[at : at + 4] for at in range(0, len(TOKEN), 4)),
    "a list of characters": ",".join(f"'{char}'" for char in TOKEN),
    "numbers of characters": ", ".join(str(ord(char)) for char in TOKEN),
    "base64": base64.b64encode(TOKEN.encode()).decode(),
    "base64 of a name and a password": samples.user_and_password(3),
    "hexadecimal": TOKEN.encode().hex(),
    "octal": "".join(f"\\{ord(char):03o}" for char in TOKEN),
    "backwards": f"reversed: {TOKEN[::-1]}",
    "ROT13": f"rot13: {codecs.encode(TOKEN, 'rot13')}",
    "brackets around the sign": TOKEN.replace("_", "[_]"),
    "bold in the middle": f"{TOKEN[:20]}**{TOKEN[20:24]}**{TOKEN[24:]}",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS.keys())
def test_a_secret_goes_though_it_is_broken_or_encoded(text: str) -> None:
    redacted = redact(f"I used {text} .")
    assert redacted.findings
    assert not [piece for piece in samples.pieces(TOKEN, 8) if piece in redacted.text]
    assert redacted.text.count("\n") == text.count("\n")
    assert redact(redacted.text).text == redacted.text


def test_the_line_behind_a_whole_token_stays() -> None:
    text = f"GITHUB_TOKEN={TOKEN}\nPORT=3000\nmain2\n"
    assert redact(text).text == "GITHUB_TOKEN=[REDACTED:github-token]\nPORT=3000\nmain2\n"
