"""The sanitizer reads texts that are made to be slow; the suite's limit of time per test stops what is not linear."""

from __future__ import annotations

import pytest

from memory_agents.core.sanitizer import redact
from tests.core import sanitizer_samples as samples

HOSTILE = [
    *("-", "a", "A1b2", "\u200b", "eyJ.", "_eyJ", "x://a:b@", "://", "key: ", "&#", "[REDACTED:", "\n", " ", "/a", "="),
    *(
        "password=",
        "-----BEGIN A ",
        "?token=",
        "cookie: a=",
        "authorization: ",
        "bearer ",
        "curl -u ",
        "data:\n",
        "\\_",
    ),
    *("machine a login b ", "hooks.slack.com/services/", "AccountKey=", "ghp_", "sk-", "SG.", "漢", "kind: Secret\n"),
    samples.key_border("BEGIN"),
    *(
        "<!--",
        "<!-- -",
        "<b ",
        "</",
        "&shy",
        "%5",
        "%5F",
        "\\\\",
        "\\u00",
        "\u0430",
        "gh" + "p_" + "a" * 20,
        "sk-" + "a" * 20,
    ),
]


@pytest.mark.parametrize("unit", HOSTILE, ids=ascii)
def test_half_a_megabyte_of_beginnings_is_read_through(unit: str) -> None:
    text = unit * (512_000 // len(unit))
    assert redact(text).text
