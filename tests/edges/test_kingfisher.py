"""Kingfisher beside our own detectors: the real scanner, no stand-in."""

from __future__ import annotations

import base64
import sys

import pytest

from memory_agents.core.sanitizer import Redaction, redact
from memory_agents.edges import kingfisher
from memory_agents.errors import SanitizerFailed
from tests.core import sanitizer_samples as samples

TOKEN = samples.github_token(5)
IGNORED = ["{} kingfisher:ignore", "{} # kingfisher:allow", "kingfisher:ignore\n{}\n// kingfisher:ignore"]


@pytest.fixture(scope="module")
def scanner() -> object:
    found = kingfisher.scanner()
    assert found is not None
    return found


@pytest.mark.parametrize("layout", IGNORED)
def test_a_comment_in_the_text_does_not_switch_the_scanner_off(scanner: object, layout: str) -> None:
    assert callable(scanner)
    text = layout.format(TOKEN)
    assert [text[one.start : one.end] for one in scanner(text)] == [TOKEN]


def test_offsets_are_those_of_characters_also_behind_characters_of_several_bytes(scanner: object) -> None:
    assert callable(scanner)
    text = f"schlüssel 密钥 🔑 {TOKEN} ende"
    assert [text[one.start : one.end] for one in scanner(text)] == [TOKEN]


def test_what_it_finds_has_a_kind_that_a_marker_can_hold(scanner: object) -> None:
    assert callable(scanner)
    assert {one.kind for one in scanner(f"a {TOKEN} b")} == {"github-pat"}


def test_an_address_without_a_password_is_no_secret_for_it(scanner: object) -> None:
    assert callable(scanner)
    assert list(scanner("https://acme-tenant.auth0.com and https://db-acme.upstash.io")) == []


def test_the_scanner_finds_what_only_it_knows(scanner: object) -> None:
    assert callable(scanner)
    secret = samples.body(3, samples.HEX, 40)
    text = f"deepgram => {secret}"
    assert redact(text).text == text
    assert secret not in redact(text, scanner=scanner).text


@pytest.mark.parametrize("beside", [").", ",x", "&y=1", "令牌"])
def test_signs_beside_a_key_do_not_hide_it_from_the_scanner(scanner: object, beside: str) -> None:
    assert callable(scanner)
    assert (
        samples.body(3, samples.HEX, 40)
        not in redact(f"deepgram => {samples.body(3, samples.HEX, 40)}{beside}", scanner=scanner).text
    )


def test_line_ends_stay_where_the_scanner_takes_several_lines(scanner: object) -> None:
    assert callable(scanner)
    value = base64.b64encode(samples.body(7, samples.ALNUM, 24).encode()).decode()
    text = f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  password: {value}\n"
    redacted = redact(text, scanner=scanner).text
    assert value not in redacted
    assert redacted.count("\n") == text.count("\n")


def test_without_the_extra_there_is_no_scanner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kingfisher_sdk", None)
    assert kingfisher.scanner() is None


def test_where_the_scanner_fails_nothing_is_given_back() -> None:
    def broken(text: str) -> list[Redaction]:
        raise SanitizerFailed("broken", fix="mend it.")

    with pytest.raises(SanitizerFailed, match="mend it"):
        redact("any text", scanner=broken)


def test_an_error_of_the_engine_says_what_to_do(scanner: object, monkeypatch: pytest.MonkeyPatch) -> None:
    import kingfisher_sdk

    def fail(self: object, data: bytes) -> list[object]:
        raise TimeoutError("too slow")

    again = kingfisher.scanner()
    assert again is not None
    monkeypatch.setattr(kingfisher_sdk.Scanner, "scan", fail)
    with pytest.raises(SanitizerFailed, match="too slow"):
        kingfisher.scanner()
    with pytest.raises(SanitizerFailed, match="too slow"):
        list(again("any text"))
