"""GraphQL is answered from the same rows as REST, and judged by GitHub's own schema."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import github
import pytest
import requests

from memory_agents.testing.github import FakeGitHub, FakeRepository
from memory_agents.testing.github.state import Edit
from tests.testing.conftest import Connect

AT = datetime(2024, 5, 1, 12, tzinfo=UTC)
# A field of two types in one answer needs a name for each: hence `pullState` and `onPull`.
NODES = """
query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Comment { body updatedAt author { login ... on User { databaseId } ... on Bot { databaseId } } }
    ... on RepositoryNode { repository { nameWithOwner } }
    ... on Labelable { labels(first: 5) { nodes { name } } }
    ... on Minimizable { isMinimized minimizedReason }
    ... on Issue { number title state stateReason(enableDuplicate: true) closedAt url }
    ... on PullRequest { number title pullState: state merged mergedAt isDraft url }
    ... on IssueComment { issue { number } onPull: pullRequest { number } }
    ... on PullRequestReviewComment { path diffHunk line pullRequest { number } replyTo { id } }
  }
  rateLimit { remaining }
}
"""


def ask(fake: FakeGitHub, query: str, token: str | None = "", **variables: str | int | list[str]) -> requests.Response:
    """Send a query; an empty token is a new one, None is none."""
    headers = {"connection": "close"}
    if token is not None:
        headers["authorization"] = f"bearer {token or fake.add_token()}"
    body = json.dumps({"query": query, "variables": variables})
    return requests.post(f"{fake.api_url}/graphql", data=body, headers=headers, timeout=5)


def ids_of(fake: FakeGitHub, *lists: str) -> list[str]:
    """The node ids in REST's lists of `octocat/hello`."""
    found: list[str] = []
    for each in lists:
        url = f"{fake.api_url}/repos/octocat/hello/{each}"
        found += [row["node_id"] for row in requests.get(url, timeout=5, headers={"connection": "close"}).json()]
    return found


def errors(answer: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    return [(error["type"], error["path"]) for error in answer["errors"]]


def test_every_row_is_found_by_the_node_id_that_rest_gives(fake: FakeGitHub, repository: FakeRepository) -> None:
    issue = repository.add_issue("Crash", "It crashes", labels=["bug", "ui"], author="mona", created_at=AT)
    repository.close(issue, actor="mona", reason="duplicate", at=AT)
    repository.commit_files({"f": "1"}, branch="feature", parent="main")
    pull = repository.add_pull("Mend", "Mends it", head="feature", author="dependabot[bot]", created_at=AT)
    repository.merge(pull, actor="mona", at=AT)
    repository.add_comment(1, "Me too", created_at=AT)
    first = repository.add_review_comment(2, "Rename", path="f", diff_hunk="@@ -1 +1 @@", created_at=AT)
    repository.add_review_comment(2, "Done", path="f", in_reply_to=first.id, created_at=AT)
    ids = ids_of(fake, "issues?state=all&direction=asc", "issues/comments", "pulls/comments")
    answer = ask(fake, NODES, ids=ids).json()
    assert "errors" not in answer
    nodes = answer["data"]["nodes"]
    assert [node["id"] for node in nodes] == ids
    stamp = "2024-05-01T12:00:00Z"
    mona = {"login": "mona", "databaseId": fake.find_user("mona").id}
    common = {"updatedAt": stamp, "repository": {"nameWithOwner": "octocat/hello"}}
    assert nodes[0] == common | {
        "id": ids[0],
        "number": 1,
        "title": "Crash",
        "body": "It crashes",
        "author": mona,
        "state": "CLOSED",
        "stateReason": "DUPLICATE",
        "closedAt": stamp,
        "labels": {"nodes": [{"name": "bug"}, {"name": "ui"}]},
        "url": f"{fake.server_url}/octocat/hello/issues/1",
    }
    bot = {"login": "dependabot", "databaseId": fake.find_user("dependabot[bot]").id}
    assert nodes[1] == common | {
        "id": ids[1],
        "number": 2,
        "title": "Mend",
        "body": "Mends it",
        "author": bot,
        "pullState": "MERGED",
        "merged": True,
        "mergedAt": stamp,
        "isDraft": False,
        "labels": {"nodes": []},
        "url": f"{fake.server_url}/octocat/hello/pull/2",
    }
    assert (nodes[2]["body"], nodes[2]["issue"], nodes[2]["onPull"]) == ("Me too", {"number": 1}, None)
    assert (nodes[3]["path"], nodes[3]["diffHunk"], nodes[3]["pullRequest"]) == ("f", "@@ -1 +1 @@", {"number": 2})
    assert nodes[4]["replyTo"] == {"id": ids[3]}
    assert [node["isMinimized"] for node in nodes[2:]] == [False, False, False]


def test_pull_requests_have_one_node_id_in_every_list(fake: FakeGitHub, repository: FakeRepository) -> None:
    repository.commit_files({"f": "1"}, branch="feature", parent="main")
    repository.add_pull("Mend", head="feature")
    assert len(set(ids_of(fake, "issues", "pulls"))) == 1


def test_a_duplicate_says_so_only_to_those_who_ask_for_it(fake: FakeGitHub, repository: FakeRepository) -> None:
    repository.add_issue("Again", state="closed", state_reason="duplicate")
    query = "query ($id: ID!) { node(id: $id) { ... on Issue { stateReason } } }"
    [node_id] = ids_of(fake, "issues?state=closed")
    assert ask(fake, query, id=node_id).json()["data"]["node"] == {"stateReason": "NOT_PLANNED"}


def test_a_row_that_is_gone_is_null_with_an_error_and_the_others_stand(
    fake: FakeGitHub, repository: FakeRepository
) -> None:
    for title in ("Stays", "Goes"):
        repository.add_issue(title)
    ids = ids_of(fake, "issues?direction=asc")
    repository.delete_issue(repository.issues[2])
    answer = ask(fake, "query ($ids: [ID!]!) { all: nodes(ids: $ids) { id } }", ids=[ids[1], "no id", ids[0]]).json()
    assert answer["data"]["all"] == [None, None, {"id": ids[0]}]
    assert errors(answer) == [("NOT_FOUND", ["all", 0]), ("NOT_FOUND", ["all", 1])]
    assert answer["errors"][1]["message"] == "Could not resolve to a node with the global id of 'no id'"


def test_a_private_row_is_not_found_elsewhere_and_forbidden_without_the_permission(fake: FakeGitHub) -> None:
    private = fake.add_repository("octocat/hello", private=True, files={"README.md": "x"})
    private.add_issue("Secret")
    reader = fake.add_token(permissions={"issues": "read"}, repositories=[private.full_name])
    headers = {"authorization": f"token {reader}", "connection": "close"}
    listed = requests.get(f"{fake.api_url}/repos/octocat/hello/issues", headers=headers, timeout=5).json()
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    def told(token: str) -> Any:
        answer = ask(fake, query, token, ids=[listed[0]["node_id"]]).json()
        return errors(answer) if "errors" in answer else answer["data"]["nodes"]

    assert told(reader) == [{"id": listed[0]["node_id"]}]
    assert told(fake.add_token(repositories=["octocat/other"])) == [("NOT_FOUND", ["nodes", 0])]
    assert told(fake.add_token(permissions={"contents": "read"})) == [("FORBIDDEN", ["nodes", 0])]


def test_the_viewer_is_whom_the_token_acts_as(fake: FakeGitHub) -> None:
    query = "{ viewer { login databaseId } }"
    for login in ("github-actions[bot]", "mona"):
        viewer = ask(fake, query, fake.add_token(login)).json()["data"]["viewer"]
        assert viewer == {"login": login, "databaseId": fake.find_user(login).id}


@pytest.mark.parametrize(("token", "message"), [(None, "requires you to be authenticated"), ("made-up", "Bad cred")])
def test_without_a_token_of_githubs_the_answer_is_401(fake: FakeGitHub, token: str | None, message: str) -> None:
    refused = ask(fake, "{ viewer { login } }", token)
    assert (refused.status_code, message in refused.json()["message"]) == (401, True)


@pytest.mark.parametrize("at_enterprise", [False, True])
def test_pygithub_asks_at_both_addresses_and_raises_for_what_is_gone(
    fake: FakeGitHub, repository: FakeRepository, connect: Connect, at_enterprise: bool
) -> None:
    issue = repository.add_issue("One")
    api_url = fake.enterprise_api_url if at_enterprise else fake.api_url
    requester = connect(fake, fake.add_token(), api_url).requester
    node_id = ids_of(fake, "issues")[0]
    _, answer = requester.graphql_query(NODES, {"ids": [node_id]})
    assert answer["data"]["nodes"][0]["number"] == issue.number
    repository.delete_issue(issue)
    with pytest.raises(github.UnknownObjectException):
        requester.graphql_query(NODES, {"ids": [node_id]})
    _, raw = requester.requestJsonAndCheck("POST", requester.graphql_url, input={"query": "{ viewer { login } }"})
    assert raw["data"] == {"viewer": {"login": "github-actions[bot]"}}
    assert {request.path for request in fake.requests if request.method == "POST"} == {"/graphql"}


def test_a_query_counts_against_the_rate_limit_and_is_refused_at_its_end(fake: FakeGitHub) -> None:
    fake.rate_limit_remaining = 1
    query = "{ rateLimit { remaining cost } }"
    first, second = ask(fake, query), ask(fake, query)
    assert first.json()["data"] == {"rateLimit": {"remaining": 0, "cost": 1}}
    assert (first.headers["x-ratelimit-remaining"], first.headers["x-ratelimit-resource"]) == ("0", "graphql")
    assert (second.status_code, second.json()["errors"][0]["type"]) == (200, "RATE_LIMITED")
    assert [request.status for request in fake.requests] == [200, 200]


def test_a_fault_strikes_graphql_too(fake: FakeGitHub) -> None:
    fake.faults.add("POST /graphql", status=502)
    assert [ask(fake, "{ viewer { login } }").status_code for _ in range(2)] == [502, 200]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("{ viewer { name_of_mother } }", "Cannot query field 'name_of_mother' on type 'User'"),
        ("{ viewer { login }", "Syntax Error"),
        ("{ nodes { id } }", "of type '[ID!]!' is required"),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", "'$ids' has invalid value"),
    ],
)
def test_a_query_that_the_schema_does_not_allow_is_a_violation(loose: FakeGitHub, query: str, problem: str) -> None:
    answer = ask(loose, query).json()
    assert problem in answer["errors"][0]["message"]
    assert "data" not in answer
    [violation] = loose.violations
    assert (violation.method, violation.path, problem in violation.problem) == ("POST", "/graphql", True)


def test_an_answer_that_the_schema_does_not_allow_is_a_violation(loose: FakeGitHub) -> None:
    repository = loose.add_repository()
    repository.add_issue("One", state="closed", state_reason="because")
    answer = ask(loose, NODES, ids=ids_of(loose, "issues?state=closed")).json()
    assert answer["data"]["nodes"][0]["stateReason"] is None
    assert "BECAUSE" in answer["errors"][0]["message"]
    assert any("BECAUSE" in violation.problem for violation in loose.violations)


@pytest.mark.parametrize(
    ("labels", "kind"),
    [("labels", "MISSING_PAGINATION_BOUNDARIES"), ("labels(first: 101)", "EXCESSIVE_PAGINATION")],
)
def test_a_connection_without_its_bounds_is_refused(
    fake: FakeGitHub, repository: FakeRepository, labels: str, kind: str
) -> None:
    repository.add_issue("One")
    query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Labelable {{ {labels} {{ totalCount }} }} }} }}"
    assert errors(ask(fake, query, ids=ids_of(fake, "issues")).json()) == [(kind, ["nodes", 0, "labels"])]


def test_more_than_a_hundred_ids_are_refused(fake: FakeGitHub) -> None:
    answer = ask(fake, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["x"] * 101).json()
    assert errors(answer) == [("ARGUMENT_LIMIT", ["nodes"])]


def test_a_body_without_a_query_is_a_bad_request(fake: FakeGitHub) -> None:
    headers = {"authorization": f"bearer {fake.add_token()}", "connection": "close"}
    for body in (b"{", b'{"qeury": "{ viewer { login } }"}'):
        assert requests.post(f"{fake.api_url}/graphql", data=body, headers=headers, timeout=5).status_code == 400


TIMELINE = """
query ($number: Int!, $first: Int!, $after: String) {
  repository(owner: "octocat", name: "hello") {
    issueOrPullRequest(number: $number) {
      ... on Issue {
        editor { login }
        lastEditedAt
        closedByPullRequestsReferences(first: 5, includeClosedPrs: true) { nodes { number mergedAt } }
        comments(first: $first, after: $after) { totalCount nodes { body } pageInfo { hasNextPage endCursor } }
        timelineItems(last: 10, itemTypes: [
          CLOSED_EVENT, LABELED_EVENT, UNLABELED_EVENT, RENAMED_TITLE_EVENT, MARKED_AS_DUPLICATE_EVENT
        ]) {
          nodes {
            __typename
            ... on ClosedEvent { stateReason closer { ... on PullRequest { number } ... on Commit { oid } } }
            ... on LabeledEvent { actor { login } label { name } }
            ... on UnlabeledEvent { actor { login } label { name } }
            ... on RenamedTitleEvent { previousTitle currentTitle }
            ... on MarkedAsDuplicateEvent { canonical { ... on Issue { number } } }
          }
        }
      }
    }
  }
}
"""


def told(fake: FakeGitHub, **variables: Any) -> Any:
    answer = ask(fake, TIMELINE, **variables).json()
    assert "errors" not in answer
    return answer["data"]["repository"]["issueOrPullRequest"]


def test_a_timeline_tells_labels_titles_and_what_closed_an_issue(fake: FakeGitHub, repository: FakeRepository) -> None:
    canonical, issue = repository.add_issue("First"), repository.add_issue("Crash")
    repository.commit_files({"f": "1"}, branch="feature", parent="main")
    pull = repository.add_pull("Mend", head="feature")
    repository.set_labels(issue, ["bug"], actor="mona", at=AT)
    repository.set_labels(issue, [], actor="triage[bot]", at=AT)
    repository.edit_issue(issue, title="Crash on start", body="Always", actor="mona", at=AT)
    repository.merge(pull, actor="mona", at=AT)
    repository.close(issue, actor="mona", reason="duplicate", pull=pull, duplicate_of=canonical, at=AT)
    shown = told(fake, number=issue.number, first=1)
    assert (shown["editor"], shown["lastEditedAt"]) == ({"login": "mona"}, "2024-05-01T12:00:00Z")
    assert [each["number"] for each in shown["closedByPullRequestsReferences"]["nodes"]] == [pull.number]
    assert shown["timelineItems"]["nodes"] == [
        {"__typename": "LabeledEvent", "actor": {"login": "mona"}, "label": {"name": "bug"}},
        {"__typename": "UnlabeledEvent", "actor": {"login": "triage"}, "label": {"name": "bug"}},
        {"__typename": "RenamedTitleEvent", "previousTitle": "Crash", "currentTitle": "Crash on start"},
        {"__typename": "MarkedAsDuplicateEvent", "canonical": {"number": canonical.number}},
        {"__typename": "ClosedEvent", "stateReason": "DUPLICATE", "closer": {"number": pull.number}},
    ]


def test_a_connection_goes_on_behind_its_cursor(fake: FakeGitHub, repository: FakeRepository) -> None:
    number = repository.add_issue("Crash").number
    for body in "abc":
        repository.add_comment(number, body)
    first = told(fake, number=number, first=2)["comments"]
    assert ([each["body"] for each in first["nodes"]], first["totalCount"]) == (["a", "b"], 3)
    assert first["pageInfo"]["hasNextPage"]
    rest = told(fake, number=number, first=2, after=first["pageInfo"]["endCursor"])["comments"]
    assert ([each["body"] for each in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == (["c"], False)


def test_pull_requests_are_listed_with_their_reviews_and_files_the_last_updated_first(
    fake: FakeGitHub, repository: FakeRepository
) -> None:
    repository.commit_files({"f": "1"}, branch="feature", parent="main")
    for title in ("One", "Two"):
        repository.add_pull(title, head="feature", created_at=AT)
    review = repository.add_review(1, "Good", author="mona", submitted_at=AT.replace(day=2))
    repository.edit_comment(review, "Very good", actor="dev", at=AT.replace(day=3))
    answer = ask(
        fake,
        """{ repository(owner: "octocat", name: "hello") {
          pullRequests(first: 5, orderBy: {field: UPDATED_AT, direction: DESC}) { nodes {
            number changedFiles mergeCommit { oid } files(first: 5) { nodes { path changeType } }
            reviews(last: 5) { nodes { fullDatabaseId body state submittedAt editor { login } pullRequest { number } } }
          } }
        } }""",
    ).json()
    one, two = answer["data"]["repository"]["pullRequests"]["nodes"]
    assert (one["number"], two["number"]) == (1, 2)
    assert one["files"]["nodes"] == [{"path": "f", "changeType": "ADDED"}]
    assert (one["changedFiles"], one["mergeCommit"], two["reviews"]["nodes"]) == (1, None, [])
    assert one["reviews"]["nodes"] == [
        {
            "fullDatabaseId": str(review.id),
            "body": "Very good",
            "state": "COMMENTED",
            "submittedAt": "2024-05-02T12:00:00Z",
            "editor": {"login": "dev"},
            "pullRequest": {"number": 1},
        }
    ]


def test_every_edit_of_a_text_is_kept_the_last_first_and_its_creation_beside_them(
    fake: FakeGitHub, repository: FakeRepository
) -> None:
    number = repository.add_issue("One").number
    comment = repository.add_comment(number, "a", author="reader", created_at=AT)
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Comment {
      includesCreatedEdit lastEditedAt
      userContentEdits(first: 5) { totalCount nodes { editedAt editor { login } } }
    } } }"""

    def history() -> Any:
        return ask(fake, query, ids=ids_of(fake, "issues/comments")).json()["data"]["nodes"][0]

    untouched = {"includesCreatedEdit": False, "lastEditedAt": None, "userContentEdits": {"totalCount": 0, "nodes": []}}
    assert history() == untouched
    for day, editor in ((2, "dev"), (3, "mona")):
        repository.edit_comment(comment, "b", actor=editor, at=AT.replace(day=day))
    comment.edits.append(Edit("", AT.replace(day=4)))  # the account is gone
    edits = history().pop("userContentEdits")
    assert history()["lastEditedAt"] == "2024-05-04T12:00:00Z"
    assert (history()["includesCreatedEdit"], edits["totalCount"]) == (True, 4)
    assert [(each["editedAt"][:10], each["editor"] and each["editor"]["login"]) for each in edits["nodes"]] == [
        ("2024-05-04", None),
        ("2024-05-03", "mona"),
        ("2024-05-02", "dev"),
        ("2024-05-01", "reader"),
    ]


def test_a_repository_or_number_that_is_not_there_is_null_with_an_error(
    fake: FakeGitHub, repository: FakeRepository
) -> None:
    fake.add_repository("octocat/private", private=True)
    query = 'query ($name: String!) { repository(owner: "octocat", name: $name) { name } }'
    for name in ("nothing", "private"):
        answer = ask(fake, query, fake.add_token(repositories=["octocat/hello"]), name=name).json()
        assert (answer["data"], errors(answer)) == ({"repository": None}, [("NOT_FOUND", ["repository"])])
    answer = ask(fake, TIMELINE, number=99, first=1).json()
    assert errors(answer) == [("NOT_FOUND", ["repository", "issueOrPullRequest"])]


def test_what_the_fake_cannot_leave_out_of_a_timeline_is_a_violation(loose: FakeGitHub) -> None:
    number = loose.add_repository().add_issue("One").number
    query = """query ($number: Int!) { repository(owner: "octocat", name: "hello") {
      issueOrPullRequest(number: $number) { ... on Issue { timelineItems(first: 5) { totalCount } } } } }"""
    ask(loose, query, number=number)
    assert "the fake's timeline has only" in loose.violations[0].problem
