"""What breaks GitHub's description is told, whoever broke it."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest
import requests

from memory_agents.testing.github import ContractViolated, FakeGitHub
from memory_agents.testing.github.contract import github_contract

ISSUES = "/repos/octocat/hello/issues"


def problems(fake: FakeGitHub) -> list[str]:
    return [violation.problem for violation in fake.violations]


def send(fake: FakeGitHub, method: str, path: str, body: dict[str, str] | None = None) -> int:
    headers = {"authorization": f"Bearer {fake.add_token()}", "connection": "close"}
    return requests.request(method, fake.api_url + path, json=body, headers=headers, timeout=5).status_code


def test_leaving_the_fake_after_a_violation_raises_and_names_it() -> None:
    fake = FakeGitHub()
    with pytest.raises(ContractViolated, match=r"GET /repos/o/r/stars.* no such operation"), fake:
        send(fake, "GET", "/repos/o/r/stars")


def test_an_error_inside_is_not_hidden_by_a_violation() -> None:
    fake = FakeGitHub()
    fake.faults.add("/elsewhere", cut=True)
    with pytest.raises(requests.RequestException), fake:
        assert [send(fake, "GET", path) for path in ("/nowhere", "/elsewhere")] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "problem"),
    [
        ("GET", f"{ISSUES}?stat=open", None, "query parameter stat: GitHub's description has none"),
        ("GET", f"{ISSUES}?state=opened", None, "query parameter state"),
        ("GET", f"{ISSUES}?per_page=many", None, "query parameter per_page"),
        ("GET", f"{ISSUES}?since=yesterday", None, "query parameter since"),
        ("GET", f"{ISSUES}/first", None, "path parameter issue_number"),
        ("GET", f"{ISSUES}?milestone=1", None, "the fake does not filter by milestone"),
        ("POST", ISSUES, {"body": "no title"}, '"title" is a required property'),
        ("POST", ISSUES, {"title": "t", "colour": "red"}, "body: GitHub's description has no property colour"),
        ("POST", ISSUES, {"title": "t", "labels": "bug"}, "body at labels"),
        ("POST", f"{ISSUES}/1/comments", None, "body: it is required"),
        ("POST", f"{ISSUES}/1/labels", {"labls": ["bug"]}, "body: GitHub's description has no property labls"),
        ("POST", f"{ISSUES}/1/reactions", {"content": "shrug"}, "body at content"),
    ],
)
def test_a_wrong_request_is_a_violation(
    loose: FakeGitHub, method: str, path: str, body: dict[str, str] | None, problem: str
) -> None:
    loose.add_repository().add_issue("One")
    send(loose, method, path, body)
    assert any(problem in each for each in problems(loose)), problems(loose)


def test_a_body_that_github_would_refuse_is_refused(loose: FakeGitHub) -> None:
    repository = loose.add_repository()
    assert send(loose, "POST", ISSUES, {"body": "no title"}) == 422
    assert repository.issues == {}


def test_a_response_that_github_would_not_send_is_a_violation(loose: FakeGitHub) -> None:
    issue = loose.add_repository().add_issue("One")
    issue.state = None  # type: ignore[assignment]
    send(loose, "GET", f"{ISSUES}/1")
    assert problems(loose) == ['response 200 at state: null is not of type "string"']


def test_a_handler_that_fails_is_a_violation_and_not_a_silence(loose: FakeGitHub) -> None:
    issue = loose.add_repository().add_issue("One")
    issue.created_at = None  # type: ignore[assignment]
    with pytest.raises(requests.ConnectionError):
        send(loose, "GET", f"{ISSUES}/1")
    assert any("the fake failed with AttributeError" in each for each in problems(loose))


def test_nullable_fields_take_null_and_others_do_not() -> None:
    contract = github_contract()
    found = contract.find("POST", "/repos/o/r/labels")
    assert found is not None
    label = {"id": 1, "node_id": "x", "url": "http://h/l", "name": "n", "color": "f", "default": False}
    assert contract.check_response(found.operation, 201, label | {"description": None}) == []
    assert contract.check_response(found.operation, 201, label | {"description": None, "name": None}) != []
    assert contract.check_response(found.operation, 201, label | {"description": 5}) != []


def test_the_closure_of_githubs_description_is_closed_and_light() -> None:
    text = files("memory_agents.testing").joinpath("openapi", "github.json").read_text(encoding="utf-8")
    components = json.loads(text)["components"]
    referred = {tuple(each.split("/")) for each in re.findall(r'"#/components/([^"]+)"', text)}
    assert {(kind, name) for kind, name in referred if name not in components[kind]} == set()
    assert len(text) < 500_000


def test_the_more_literal_of_two_paths_is_meant() -> None:
    found = github_contract().find("GET", "/repos/o/r/issues/comments")
    assert found is not None
    assert (found.operation.path, found.parameters) == (
        "/repos/{owner}/{repo}/issues/comments",
        {"owner": "o", "repo": "r"},
    )
