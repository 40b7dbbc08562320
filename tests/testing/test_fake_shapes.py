"""The fake's objects have the fields of the ones that GitHub itself sent."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from memory_agents.testing.github import FakeGitHub, FakeRepository
from tests.webhooks import examples

REPO = "/repos/octocat/hello"
OF_ANOTHER_KIND = {"issue": {"draft", "pull_request"}}
"""one example of `issues` is about a pull request, which ours here is not"""


def kind(value: object) -> str:
    return type(value).__name__


def differences(real: dict[str, Any], ours: dict[str, Any], allowed: set[str]) -> list[str]:
    """Fields of the real object that ours lacks or has in another type; null stands for any type."""
    missing = [name for name in real if name not in ours and name not in allowed]
    changed = [
        f"{name}: {kind(value)}, ours {kind(ours[name])}"
        for name, value in real.items()
        if name in ours and None not in (value, ours[name]) and kind(value) != kind(ours[name])
    ]
    return missing + changed


@pytest.mark.parametrize(
    ("event", "key", "path"),
    [
        ("issues", "issue", f"{REPO}/issues/1"),
        ("issues", "repository", REPO),
        ("issues", "sender", ""),
        ("issue_comment", "comment", f"{REPO}/issues/comments/{{comment}}"),
        ("pull_request", "pull_request", f"{REPO}/pulls/2"),
        ("pull_request_review_comment", "comment", f"{REPO}/pulls/comments/{{review_comment}}"),
    ],
)
def test_an_object_has_every_field_of_a_real_one_in_its_type(
    fake: FakeGitHub, repository: FakeRepository, event: str, key: str, path: str
) -> None:
    repository.add_issue("One", labels=["bug"])
    repository.commit_files({"f": "1"}, branch="feature", parent="main")
    repository.add_pull("Two", head="feature")
    ids = {
        "comment": repository.add_comment(1, "Hi").id,
        "review_comment": repository.add_review_comment(2, "Hm", path="f").id,
    }
    url = fake.api_url + (path or f"{REPO}/issues/1").format(**ids)
    ours = requests.get(url, timeout=5, headers={"connection": "close"}).json()
    for payload in examples(event)[1:]:
        assert differences(payload[key], ours if path else ours["user"], OF_ANOTHER_KIND.get(key, set())) == []
