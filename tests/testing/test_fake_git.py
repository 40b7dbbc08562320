"""Git itself clones from and pushes to the fake, and is let in as GitHub lets it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import requests

from memory_agents.testing.github import FakeGitHub, FakeRepository


def git(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "credential.helper=")
    place = ("-C", str(folder)) if folder else ()
    return subprocess.run(
        ["git", *identity, *place, *arguments],
        capture_output=True,
        check=False,
        text=True,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
    )


def url_with(fake: FakeGitHub, repository: FakeRepository, token: str, name: str = "x-access-token") -> str:
    return fake.git_url(repository).replace("://", f"://{name}:{token}@")


def clone(url: str, target: Path) -> subprocess.CompletedProcess[str]:
    return git("clone", "--quiet", url, str(target))


def commit(folder: Path, content: bytes = b"fact\n", message: str = "Remember") -> None:
    (folder / "fact.md").write_bytes(content)
    git("add", ".", folder=folder)
    assert git("commit", "--quiet", "-m", message, folder=folder).returncode == 0


@pytest.fixture
def private(fake: FakeGitHub) -> FakeRepository:
    return fake.add_repository("octocat/secret", private=True, files={"README.md": "x"})


def test_a_public_repository_is_cloned_without_a_token(
    fake: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    assert clone(fake.git_url(repository), tmp_path / "c").returncode == 0
    assert (tmp_path / "c" / "README.md").read_text(encoding="utf-8") == "# Hello\n"
    assert {request.with_token for request in fake.requests} == {False}


def test_one_branch_is_fetched_shallow_and_without_blobs(
    fake: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    repository.commit_files({"f": "1"}, branch="memory")
    repository.commit_files({"f": "2"}, branch="memory")
    git("init", "--quiet", "--bare", str(tmp_path))
    options = ("--depth=1", "--filter=blob:none", "--no-tags")
    done = git("fetch", "--quiet", *options, fake.git_url(repository), "refs/heads/memory:m", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert git("rev-list", "--count", "m", folder=tmp_path).stdout.strip() == "1"


def test_a_private_repository_needs_a_token_that_reaches_it(
    fake: FakeGitHub, repository: FakeRepository, private: FakeRepository, tmp_path: Path
) -> None:
    assert "could not read Username" in clone(fake.git_url(private), tmp_path / "none").stderr
    elsewhere = fake.add_token(repositories=[repository.full_name])
    assert "not found" in clone(url_with(fake, private, elsewhere), tmp_path / "elsewhere").stderr
    no_contents = fake.add_token(permissions={"issues": "write"})
    assert "403" in clone(url_with(fake, private, no_contents), tmp_path / "issues").stderr
    reader = fake.add_token(permissions={"contents": "read"})
    assert clone(url_with(fake, private, reader), tmp_path / "reader").returncode == 0
    assert {elsewhere, no_contents, reader} == fake.tokens_seen


def test_a_wrong_token_and_a_wrong_name_are_refused(fake: FakeGitHub, private: FakeRepository, tmp_path: Path) -> None:
    made_up = clone(url_with(fake, private, "made-up"), tmp_path / "a")
    other_name = clone(url_with(fake, private, fake.add_token(), name="octocat"), tmp_path / "b")
    assert "Invalid username or token" in made_up.stderr
    assert "Invalid username or token" in other_name.stderr


def test_a_wrong_token_is_refused_even_where_none_is_needed(fake: FakeGitHub, repository: FakeRepository) -> None:
    url = f"{fake.git_url(repository)}/info/refs?service=git-upload-pack"
    assert requests.get(url, timeout=5, headers={"connection": "close"}).status_code == 200
    wrong = requests.get(url, auth=("x-access-token", "made-up"), timeout=5, headers={"connection": "close"})
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, 'Basic realm="GitHub"')


def test_a_push_needs_contents_write(fake: FakeGitHub, repository: FakeRepository, tmp_path: Path) -> None:
    reader = fake.add_token(permissions={"contents": "read"})
    writer = fake.add_token(permissions={"contents": "write"})
    clone(fake.git_url(repository), tmp_path)
    commit(tmp_path)
    for url, message in (
        (fake.git_url(repository), "could not read Username"),
        (url_with(fake, repository, reader), "403"),
    ):
        refused = git("push", url, "HEAD:refs/heads/memory", folder=tmp_path)
        assert message in refused.stderr
    assert git("push", url_with(fake, repository, writer), "HEAD:refs/heads/memory", folder=tmp_path).returncode == 0
    assert repository.git.run("show", "memory:fact.md") == b"fact\n"


def test_a_push_that_does_not_fast_forward_is_rejected_by_git(
    fake: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    url = url_with(fake, repository, fake.add_token())
    for name in ("one", "two"):
        clone(url, tmp_path / name)
        commit(tmp_path / name, message=name)
    assert git("push", url, "HEAD:main", folder=tmp_path / "one").returncode == 0
    rejected = git("push", url, "HEAD:main", folder=tmp_path / "two")
    assert (rejected.returncode, "[rejected]" in rejected.stderr) == (1, True)


def test_a_large_push_which_git_sends_in_chunks_arrives_whole(
    fake: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    url = url_with(fake, repository, fake.add_token())
    clone(url, tmp_path)
    content = bytes((at * at) % 251 for at in range(300_000))
    commit(tmp_path, content)
    done = git("-c", "http.postBuffer=1000", "push", "--quiet", url, "HEAD:main", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert repository.git.run("show", "main:fact.md") == content


def test_a_pull_requests_ref_is_there_when_git_looks(fake: FakeGitHub, repository: FakeRepository) -> None:
    head = repository.commit_files({"f": "1"}, branch="feature", parent="main")
    for number in (1, 2):
        repository.add_pull(f"Pull {number}", head="feature")
        listed = git("ls-remote", fake.git_url(repository), f"refs/pull/{number}/head")
        assert listed.stdout.split() == [head, f"refs/pull/{number}/head"]
