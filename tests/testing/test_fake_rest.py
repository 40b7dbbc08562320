"""PyGithub, a client that nobody wrote for this fake, drives every operation without breaking the contract.

The fixture `fake` raises at the end of a test if a request or response broke GitHub's description.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import github
import pytest
from github import InputGitTreeElement
from github.Repository import Repository

from memory_agents.testing.github import FakeGitHub, FakeRepository
from memory_agents.testing.github.contract import github_contract
from memory_agents.testing.github.routes import ACCOUNT_ROUTES, REPOSITORY_ROUTES
from tests.testing.conftest import Connect


@pytest.fixture
def client(fake: FakeGitHub, repository: FakeRepository, connect: Connect) -> Repository:
    return connect(fake, fake.add_token()).get_repo(repository.full_name)


@pytest.fixture
def pull(repository: FakeRepository) -> int:
    repository.commit_files({"src/new.py": "x = 1\n", "README.md": None}, branch="feature", parent="main")
    return repository.add_pull("Add x", "Because", head="feature", labels=["bug"], head_owner="mallory").number


def test_every_described_operation_has_a_handler_and_no_other() -> None:
    described = {(operation.method, operation.path) for operation in github_contract().operations}
    assert described == {*REPOSITORY_ROUTES, *ACCOUNT_ROUTES}


def test_a_repository_tells_its_default_branch_and_the_callers_permissions(client: Repository) -> None:
    assert (client.default_branch, client.private, client.permissions.pull) == ("main", False, True)


def test_the_user_behind_a_personal_token_is_known_and_a_workflows_token_has_none(
    fake: FakeGitHub, connect: Connect
) -> None:
    assert connect(fake, fake.add_token("mona")).get_user().login == "mona"
    with pytest.raises(github.GithubException, match="not accessible"):
        _ = connect(fake, fake.add_token()).get_user().login


def test_the_permission_of_a_maintainer_is_write_and_of_anybody_on_a_public_repository_read(
    fake: FakeGitHub, client: Repository
) -> None:
    fake.unknown_logins.add("nobody")
    assert client.get_collaborator_permission("octocat") == "admin"
    assert client.get_collaborator_permission("mona") == "write"
    assert client.get_collaborator_role_name("mona") == "maintain"
    assert client.get_collaborator_permission("stranger") == "read"
    with pytest.raises(github.GithubException, match=r"nobody is not a user: 404"):
        client.get_collaborator_permission("nobody")


def test_an_issue_is_opened_changed_and_closed(client: Repository) -> None:
    issue = client.create_issue("Crash", body="It crashes", labels=["bug"])
    issue.edit(title="Crash at start", state="closed", state_reason="not_planned")
    again = client.get_issue(issue.number)
    assert (again.title, again.body, again.state, again.state_reason) == (
        "Crash at start",
        "It crashes",
        "closed",
        "not_planned",
    )
    assert [event.event for event in client.get_issues_events()] == ["closed", "renamed"]


def test_comments_are_written_edited_listed_and_deleted(client: Repository) -> None:
    issue = client.create_issue("Question")
    comment = issue.create_comment("Why?")
    comment.edit("How?")
    assert [each.body for each in issue.get_comments()] == ["How?"]
    assert [each.body for each in client.get_issues_comments(sort="updated", direction="desc")] == ["How?"]
    assert issue.get_comment(comment.id).body == "How?"
    comment.delete()
    assert client.get_issue(issue.number).comments == 0


def test_reactions_count_once_a_person_and_can_be_taken_back(client: Repository) -> None:
    issue = client.create_issue("Nice")
    comment = issue.create_comment("+1")
    first, second = comment.create_reaction("rocket"), comment.create_reaction("rocket")
    issue.create_reaction("eyes")
    assert first.id == second.id
    assert [each.content for each in issue.get_reactions()] == ["eyes"]
    assert [(each.content, each.user.login) for each in comment.get_reactions()] == [("rocket", "github-actions[bot]")]
    assert comment.delete_reaction(first.id)
    assert comment.get_reactions().totalCount == 0


def test_labels_are_made_given_and_taken_and_each_leaves_an_event(client: Repository) -> None:
    label = client.create_label("memory:remember", "0e8a16", "Keep this")
    issue = client.create_issue("Keep me")
    issue.add_to_labels(label, "other")
    issue.remove_from_labels("other")
    assert [each.name for each in issue.get_labels()] == ["memory:remember"]
    assert {each.name for each in client.get_labels()} == {"memory:remember", "other"}
    assert [event.event for event in client.get_issues_events()] == ["unlabeled", "labeled", "labeled"]
    with pytest.raises(github.GithubException, match="already_exists"):
        client.create_label("Memory:Remember", "0e8a16")


def test_a_pull_request_shows_its_files_as_git_diffs_them(client: Repository, pull: int) -> None:
    shown = client.get_pull(pull)
    assert [(each.filename, each.status, each.patch) for each in shown.get_files()] == [
        ("README.md", "removed", "@@ -1 +0,0 @@\n-# Hello"),
        ("src/new.py", "added", "@@ -0,0 +1 @@\n+x = 1"),
    ]
    assert (shown.additions, shown.deletions, shown.changed_files, shown.commits) == (1, 1, 2, 1)
    assert (shown.head.repo.fork, shown.head.label, shown.base.ref) == (True, "mallory:feature", "main")
    assert [each.number for each in client.get_pulls(state="all")] == [pull]


def test_a_merged_pull_request_says_when_and_by_whom(client: Repository, repository: FakeRepository, pull: int) -> None:
    repository.merge(repository.issues[pull], actor="mona")
    shown = client.get_pull(pull)
    assert (shown.merged, shown.state, shown.merged_by.login) == (True, "closed", "mona")
    issue = client.get_issue(pull)
    assert issue.pull_request is not None
    assert issue.pull_request.raw_data["merged_at"] is not None


def test_reviews_and_their_comments_are_listed_answered_and_reacted_to(
    client: Repository, repository: FakeRepository, pull: int
) -> None:
    review = repository.add_review(pull, "Please rename", author="mona", state="CHANGES_REQUESTED")
    comment = repository.add_review_comment(pull, "Rename x", path="src/new.py", author="mona", review_id=review.id)
    shown = client.get_pull(pull)
    answer = shown.create_review_comment_reply(comment.id, "Done")
    client.get_pull(pull).get_review_comment(comment.id).create_reaction("hooray")
    assert [(each.state, each.body) for each in shown.get_reviews()] == [("CHANGES_REQUESTED", "Please rename")]
    assert [each.body for each in shown.get_review_comments()] == ["Rename x", "Done"]
    assert [each.body for each in client.get_pulls_review_comments(direction="desc")] == ["Done", "Rename x"]
    assert answer.in_reply_to_id == comment.id
    assert [each.content for each in shown.get_review_comment(comment.id).get_reactions()] == ["hooray"]


def test_a_review_comment_is_edited_and_deleted_and_its_answers_stay(
    client: Repository, repository: FakeRepository, pull: int
) -> None:
    comment = repository.add_review_comment(pull, "Rename x", path="src/new.py", author="mona")
    repository.add_review_comment(pull, "Done", path="src/new.py", in_reply_to=comment.id)
    shown = client.get_pull(pull).get_review_comment(comment.id)
    shown.edit("Rename y")
    assert (comment.body, comment.edit is not None) == ("Rename y", True)
    shown.delete()
    assert [each.body for each in client.get_pull(pull).get_review_comments()] == ["Done"]


def test_files_and_folders_are_read_at_a_branch(client: Repository, repository: FakeRepository) -> None:
    repository.commit_files({"README.md": "other\n"}, branch="memory")
    file = client.get_contents("docs/a b.md")
    folder = client.get_contents("docs")
    assert not isinstance(file, list)
    assert isinstance(folder, list)
    assert (file.decoded_content, [each.path for each in folder]) == (b"deep\n", ["docs/a b.md"])
    root = client.get_contents("")
    assert isinstance(root, list)
    assert [(each.path, each.type) for each in root] == [("README.md", "file"), ("docs", "dir")]
    other = client.get_contents("README.md", ref="memory")
    assert not isinstance(other, list)
    assert other.decoded_content == b"other\n"
    for path, ref in (("missing.md", "main"), ("README.md", "missing")):
        with pytest.raises(github.GithubException, match="404"):
            client.get_contents(path, ref=ref)


def test_git_data_is_written_and_read_through_real_git(client: Repository, repository: FakeRepository) -> None:
    head = client.get_git_ref("heads/main").object.sha
    parent = client.get_git_commit(head)
    blob = client.create_git_blob("fact\n", "utf-8")
    entries = [
        InputGitTreeElement("facts/one.md", "100644", "blob", sha=blob.sha),
        InputGitTreeElement("facts/two.md", "100644", "blob", content="two\n"),
        InputGitTreeElement("README.md", "100644", "blob", sha=None),
    ]
    tree = client.create_git_tree(entries, parent.tree)
    commit = client.create_git_commit("Remember [skip ci]", tree, [parent])
    client.create_git_ref("refs/heads/memory", commit.sha)
    paths = [entry.path for entry in client.get_git_tree("memory", recursive=True).tree if entry.type == "blob"]
    assert paths == ["docs/a b.md", "facts/one.md", "facts/two.md"]
    assert client.get_git_blob(blob.sha).content == "ZmFjdAo=\n"
    assert repository.git.run("show", "memory:facts/two.md") == b"two\n"
    assert client.get_git_commit(commit.sha).message == "Remember [skip ci]"
    assert [ref.ref for ref in client.get_git_matching_refs("heads/m")] == ["refs/heads/main", "refs/heads/memory"]
    with pytest.raises(github.UnknownObjectException):
        client.get_git_commit("memory")
    client.get_git_ref("heads/memory").delete()
    assert repository.git.resolve("refs/heads/memory") is None


def test_a_ref_that_does_not_fast_forward_is_refused_by_git_unless_forced(
    client: Repository, repository: FakeRepository
) -> None:
    behind = repository.commit_files({"f": "1"}, branch="memory")
    other = repository.commit_files({"f": "2"}, branch="other")
    ref = client.get_git_ref("heads/memory")
    with pytest.raises(github.GithubException, match="not a fast forward") as refused:
        ref.edit(other)
    assert refused.value.status == 422
    assert repository.git.resolve("refs/heads/memory") == behind
    ref.edit(other, force=True)
    assert repository.git.resolve("refs/heads/memory") == other


def test_a_ref_that_exists_is_not_created_again(client: Repository) -> None:
    with pytest.raises(github.GithubException, match="Reference already exists"):
        client.create_git_ref("refs/heads/main", client.get_git_ref("heads/main").object.sha)


def test_lists_come_in_pages_and_since_leaves_out_what_is_older(
    fake: FakeGitHub, repository: FakeRepository, connect: Connect
) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    for day in range(45):
        repository.add_issue(f"Issue {day}", created_at=start + timedelta(days=day))
    client = connect(fake, fake.add_token()).get_repo(repository.full_name)
    assert [issue.number for issue in client.get_issues(direction="asc")] == list(range(1, 46))
    recent = client.get_issues(state="all", since=start + timedelta(days=40))
    assert [issue.number for issue in recent] == [45, 44, 43, 42, 41]
    pages = [request.query.get("page") for request in fake.requests if request.path.endswith("/issues")]
    assert pages == [None, "2", None]


def test_state_labels_and_creator_narrow_the_issues(client: Repository, repository: FakeRepository) -> None:
    repository.add_issue("Open", labels=["bug"], author="mona")
    repository.add_issue("Closed", labels=["bug", "ui"], state="closed")
    assert [issue.title for issue in client.get_issues()] == ["Open"]
    assert [issue.title for issue in client.get_issues(state="closed", labels=["BUG", "ui"])] == ["Closed"]
    assert [issue.title for issue in client.get_issues(state="all", creator=client.get_issue(1).user)] == ["Open"]


def test_the_enterprise_address_serves_the_same_and_points_to_itself(
    fake: FakeGitHub, repository: FakeRepository, connect: Connect
) -> None:
    client = connect(fake, fake.add_token(), fake.enterprise_api_url).get_repo(repository.full_name)
    issue = client.create_issue("Here")
    assert issue.url == f"{fake.server_url}/api/v3/repos/octocat/hello/issues/1"
    assert issue.create_comment("there").html_url.startswith(f"{fake.server_url}/octocat/hello/issues/1#")


def test_an_answer_to_an_answer_is_refused(loose: FakeGitHub, connect: Connect) -> None:
    repository = loose.add_repository(files={"README.md": "x"})
    repository.commit_files({"f": "1"}, branch="feature", parent="main")
    pull = repository.add_pull("Mend", head="feature")
    first = repository.add_review_comment(pull.number, "Rename x", path="f")
    reply = repository.add_review_comment(pull.number, "Done", path="f", in_reply_to=first.id)
    shown = connect(loose, loose.add_token()).get_repo(repository.full_name).get_pull(pull.number)
    with pytest.raises(github.GithubException, match="first comment of the thread"):
        shown.create_review_comment_reply(reply.id, "Thanks")
    assert len(loose.violations) == 1
