"""The sanitizer: private keys go however they are laid out, and what stands around them stays."""

from __future__ import annotations

import pytest

from memory_agents.core.sanitizer import redact
from tests.core import sanitizer_samples as samples

KEYS = {
    "plain": lambda lines: "\n".join([samples.key_border("BEGIN"), *lines, samples.key_border("END")]),
    "indented": lambda lines: "\n".join(
        f"    {x}" for x in [samples.key_border("BEGIN"), *lines, samples.key_border("END")]
    ),
    "quoted": lambda lines: "\n".join(
        f"> {x}" for x in [samples.key_border("BEGIN"), *lines, samples.key_border("END")]
    ),
    "escaped": lambda lines: (
        '{"k": "' + "\\n".join([samples.key_border("BEGIN"), *lines, samples.key_border("END")]) + '"}'
    ),
    "cut off": lambda lines: "\n".join([samples.key_border("BEGIN"), *lines]),
    "cut off and escaped": lambda lines: '"' + "\\n".join([samples.key_border("BEGIN"), *lines]),
    "OpenSSH": lambda lines: "\n".join(
        [samples.key_border("BEGIN", "OPENSSH PRIVATE"), *lines, samples.key_border("END")]
    ),
    "encrypted": lambda lines: "\n".join([samples.key_border("BEGIN"), "DEK-Info: AES-128-CBC,00FF", "", *lines]),
    "in code": lambda lines: " +\n".join(
        f'"{x}\\n"' for x in [samples.key_border("BEGIN"), *lines, samples.key_border("END")]
    ),
}


@pytest.mark.parametrize("layout", KEYS.values(), ids=KEYS.keys())
def test_a_private_key_goes_however_it_is_laid_out(layout: object) -> None:
    assert callable(layout)
    lines = samples.key_lines()
    redacted = redact(f"My key:\n\n{layout(lines)}\n\nIt does not work.").text
    assert not [line for line in lines if line[:8] in redacted or line[-8:] in redacted]
    assert redacted.startswith("My key:\n\n")
    assert redacted.endswith("\n\nIt does not work.")


def test_what_stands_behind_a_key_that_was_cut_off_stays() -> None:
    text = "\n".join([samples.key_border("BEGIN"), *samples.key_lines(), "", "Please help me with this, thanks", "Ada"])
    assert redact(text).text.endswith("\n\nPlease help me with this, thanks\nAda")
