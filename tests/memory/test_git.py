"""git as a program: the token is nowhere to be seen, the environment changes nothing, nothing is left behind."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory_agents.errors import (
    MemoryDenied,
    MemoryFailure,
    MemoryMissing,
    MemoryThrottled,
    MemoryUnreachable,
    UsageError,
)
from memory_agents.memory import git, git_meanings
from memory_agents.memory.git import GitError, Remote
from tests.memory.web import Web, serving
from tests.repositories import BareRepository

TOKEN = "ghs_" + "Tok3n" * 8
SEEN_AS = (TOKEN, base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode())

needs_proc = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc here")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bare repository of our own."""
    return BareRepository(tmp_path / "own.git").path


async def ls_remote(remote: Remote, folder: Path) -> bytes:
    return await git.run(["ls-remote", "--", remote.location], cwd=folder, configuration=remote.configuration())


def children() -> dict[int, str]:
    """Process id → command line of this process's descendants."""
    parents: dict[int, int] = {}
    lines: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                lines[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {pid: lines[pid] for pid in found - {os.getpid()} if pid in lines and "git" in lines[pid]}


def contents_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@needs_proc
async def test_the_token_is_sent_but_in_no_argument_no_file_and_no_error(folder: Path) -> None:
    with serving(Web(status=403)) as web:
        remote = Remote(f"{web.url}/octo/memory.git", token=TOKEN)
        task = asyncio.create_task(ls_remote(remote, folder))
        await asyncio.to_thread(web.was_asked.wait, 10)
        running = children()
        web.may_answer.set()
        with pytest.raises(GitError) as refused:
            await task
    assert any("remote-http" in line for line in running.values())
    assert web.asked[0]["Authorization"] == f"Basic {SEEN_AS[1]}"
    shown = f"{refused.value} {refused.value!r} {git_meanings.failure(refused.value, remote)} {remote!r} {running}"
    files = contents_below(folder)
    for secret in SEEN_AS:
        assert secret not in shown
        assert secret.encode() not in files


async def test_a_token_does_not_follow_a_redirect(folder: Path) -> None:
    with serving(Web(host="localhost")) as other:
        other.may_answer.set()
        with serving(Web(status=302, headers={"Location": f"{other.url}/octo/memory.git/info/refs"})) as web:
            web.may_answer.set()
            with pytest.raises(GitError):
                await ls_remote(Remote(f"{web.url}/octo/memory.git", token=TOKEN), folder)
    assert len(web.asked) == 1
    assert other.asked == []


async def test_a_token_is_for_the_remotes_host_alone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Web()) as other, serving(Web()) as own:
        other.may_answer.set()
        (tmp_path / ".gitconfig").write_text(f'[url "{other.url}/"]\n\tinsteadOf = {own.url}/\n')
        monkeypatch.setenv("HOME", str(tmp_path))
        with pytest.raises(GitError):
            await ls_remote(Remote(f"{own.url}/octo/memory.git", token=TOKEN), folder)
    assert other.asked
    assert all("Authorization" not in headers for headers in other.asked)


@pytest.mark.parametrize("token", [TOKEN, ""])
@pytest.mark.parametrize("key", ["http.extraHeader", "http.{url}/.extraHeader", "http.{url}/octo.extraHeader"])
async def test_no_header_that_the_machine_adds_joins_or_replaces_ours(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, token: str
) -> None:
    with serving(Web(status=403)) as web:
        web.may_answer.set()
        section, _, name = key.format(url=web.url).rpartition(".")
        kind, _, place = section.partition(".")
        head = f'[{kind} "{place}"]' if place else f"[{kind}]"
        (tmp_path / ".gitconfig").write_text(f"{head}\n\t{name} = Authorization: Basic stale\n")
        monkeypatch.setenv("HOME", str(tmp_path))
        with pytest.raises(GitError):
            await ls_remote(Remote(f"{web.url}/octo/memory.git", token=token), folder)
    assert web.authorizations == [[f"Basic {SEEN_AS[1]}"] if token else []]


async def test_no_setting_of_the_machine_makes_git_follow_a_redirect(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Web(host="localhost")) as other:
        other.may_answer.set()
        with serving(Web(status=302, headers={"Location": f"{other.url}/octo/memory.git/info/refs"})) as web:
            web.may_answer.set()
            (tmp_path / ".gitconfig").write_text(f'[http "{web.url}/octo"]\n\tfollowRedirects = true\n')
            monkeypatch.setenv("HOME", str(tmp_path))
            with pytest.raises(GitError):
                await ls_remote(Remote(f"{web.url}/octo/memory.git"), folder)
    assert other.asked == []


@pytest.mark.parametrize("location", ["git://127.0.0.1:9/x.git", "ftp://127.0.0.1:9/x.git", "ext::touch pwned"])
async def test_only_https_http_ssh_and_paths_are_spoken(folder: Path, location: str) -> None:
    with pytest.raises(GitError, match="not allowed"):
        await ls_remote(Remote(location), folder)


@pytest.mark.parametrize("location", ["/srv/memory.git", "ssh://git@example.com/x.git", "git@example.com:x.git", ""])
def test_a_token_goes_over_http_only(location: str) -> None:
    assert Remote(location, token=TOKEN).configuration() == []


def test_in_a_run_nothing_that_the_machine_knows_of_the_host_is_sent() -> None:
    told = dict(Remote("https://example.com/x.git").configuration())
    assert told["http.https://example.com/x.git.extraHeader"] == ""
    assert told["credential.https://example.com/x.git.helper"] == ""


def test_on_the_command_line_git_keeps_its_users_credentials() -> None:
    told = dict(Remote("https://example.com/x.git", as_user=True).configuration())
    assert told == {"http.https://example.com/x.git.followRedirects": "false"}


HOSTILE = {
    "GIT_DIR": "/nowhere",
    "GIT_WORK_TREE": "/nowhere",
    "GIT_INDEX_FILE": "/nowhere",
    "GIT_OBJECT_DIRECTORY": "/nowhere",
    "GIT_NAMESPACE": "other",
    "GIT_CEILING_DIRECTORIES": "/",
    "GIT_CONFIG_PARAMETERS": "'core.bare'='maybe'",
    "GIT_CONFIG_COUNT": "many",
    "GIT_CONFIG_GLOBAL": "/nowhere/else",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_EXTERNAL_DIFF": "false",
    "GIT_TEMPLATE_DIR": "/nowhere",
    "GIT_ATTR_SOURCE": "nowhere",
    "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_variable_of_git_in_the_environment_changes_nothing(
    name: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = BareRepository(tmp_path / "remote.git").commit({"a.md": "x"})
    monkeypatch.setenv(name, HOSTILE[name])
    assert (await ls_remote(Remote(str(tmp_path / "remote.git")), folder)).decode().split()[0] == commit
    assert (await git.run(["rev-parse", "--is-bare-repository"], cwd=folder)) == b"true\n"


@pytest.mark.parametrize("name", ["GIT_TRACE", "GIT_TRACE_CURL", "GIT_CURL_VERBOSE", "GIT_TRACE_PACKET", "GIT_TRACE2"])
async def test_git_traces_no_header(name: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = tmp_path / "trace"
    monkeypatch.setenv(name, str(trace))
    monkeypatch.setenv("GIT_TRACE_REDACT", "0")
    with serving(Web(status=403)) as web:
        web.may_answer.set()
        with pytest.raises(GitError) as refused:
            await ls_remote(Remote(f"{web.url}/x.git", token=TOKEN), folder)
    assert not trace.exists()
    assert not any(secret in refused.value.stderr for secret in SEEN_AS)


@needs_proc
async def test_a_cancelled_run_leaves_no_process_behind(folder: Path) -> None:
    with serving(Web()) as web:
        task = asyncio.create_task(ls_remote(Remote(f"{web.url}/x.git"), folder))
        await asyncio.to_thread(web.was_asked.wait, 10)
        assert children()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)
        for _ in range(100):  # the transport is gone when init has reaped it
            if not children():
                break
            await asyncio.sleep(0.02)
        assert children() == {}


def test_a_run_that_is_cancelled_after_git_ended_leaves_no_pipe_open_to_what_git_started(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\nsleep 3 &\nexit 128\n")  # the sleeper holds git's output
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    async def cancelled() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(git.run(["version"], cwd=folder), 0.5)

    before = len(list(Path("/dev/fd").iterdir()))
    asyncio.run(cancelled())
    gc.collect()  # what was not closed complains now
    assert len(list(Path("/dev/fd").iterdir())) == before


async def test_without_git_the_fix_is_to_install_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(MemoryUnreachable, match=r"git is not installed.*Fix: install git"):
        await git.run(["version"], cwd=folder)


def test_an_error_of_git_passes_through_a_context_manager() -> None:
    @contextlib.contextmanager
    def passing() -> Iterator[None]:
        yield

    with pytest.raises(GitError, match="git fetch ended with 128: fatal: no"), passing():
        raise GitError("fetch", 128, "fatal: no\n")


DENIED = [
    "fatal: Authentication failed for 'https://github.com/o/m.git/'",
    "fatal: unable to access 'https://github.com/o/m.git/': The requested URL returned error: 401",
    "fatal: unable to access 'https://github.com/o/m.git/': The requested URL returned error: 403",
    "remote: Repository not found.\nfatal: repository 'https://github.com/o/m.git/' not found",
    "remote: Write access to repository not granted.\nfatal: unable to access",
    "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
    "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
]
UNREACHABLE = [
    "fatal: unable to access 'https://ghe/': Could not resolve host: ghe",
    "fatal: unable to access 'http://127.0.0.1:1/': Failed to connect to 127.0.0.1 port 1: Connection refused",
    "fatal: unable to access 'https://github.com/': The requested URL returned error: 500",
    "fatal: the remote end hung up unexpectedly",
    "",
]


@pytest.mark.parametrize(
    ("stderr", "kind"),
    [
        *((stderr, MemoryDenied) for stderr in DENIED),
        *((stderr, MemoryUnreachable) for stderr in UNREACHABLE),
        ("fatal: '/srv/none' does not appear to be a git repository", MemoryMissing),
        ("fatal: unable to access 'https://github.com/': The requested URL returned error: 429", MemoryThrottled),
        ("remote: You have exceeded a secondary rate limit\nfatal: error: 403", MemoryThrottled),
    ],
)
def test_what_git_says_has_a_meaning_and_a_fix(stderr: str, kind: type[MemoryFailure]) -> None:
    failure = git_meanings.failure(GitError("fetch", 128, stderr), Remote("https://github.com/o/m.git"))
    assert type(failure) is kind
    assert failure.fix
    assert "\n" not in failure.message


@pytest.mark.parametrize(
    ("said", "told"), [("Are you sure it exists?", "it exists?"), ("There is none.", "none."), ("No", "No.")]
)
def test_what_git_says_ends_with_one_mark(said: str, told: str) -> None:
    failure = git_meanings.failure(GitError("fetch", 128, f"fatal: {said}"), Remote("https://github.com/o/m.git"))
    assert failure.message.endswith(f" {told}")


def test_who_is_denied_reads_how_to_be_allowed_here_and_elsewhere() -> None:
    error = GitError("fetch", 128, DENIED[0])
    assert "`permissions: contents: read`" in git_meanings.failure(error, Remote("x", is_own=True)).fix
    assert "`memory-token`" in git_meanings.failure(error, Remote("x")).fix


REFUSED = [
    ("remote: error: GH006: Protected branch update failed for refs/heads/memory.", "bypass list"),
    ("remote: error: GH013: Repository rule violations found for refs/heads/memory.", "bypass list"),
    (" ! [remote rejected] 1 -> memory (protected branch hook declined)", "bypass list"),
    ("remote: error: GH013: x\nremote: - Commits must have verified signatures.", "signed commits"),
    ("remote: error: GH013: x\nremote: - Push cannot contain secrets", "secret"),
    ("remote: error: denying non-fast-forward refs/heads/memory (you should pull first)", "force pushes"),
    ("remote: error: GH006: Protected branch\nremote: error: Cannot force-push to this branch", "force pushes"),
    ("ERROR: This repository was archived so it is read-only.\nfatal: Could not read from remote", "unarchive"),
    ("remote: fatal: unable to write loose object file: No space left on device", "make room"),
    ("remote: Permission to o/m.git denied to github-actions[bot].\nfatal: error: 403", "contents: write"),
    ("remote: Write access to repository not granted.\nfatal: unable to access", "contents: write"),
    ("remote: error: cannot lock ref 'refs/heads/memory': '/m.git/x.lock': Permission denied", "contents: write"),
    ("error: remote unpack failed: insufficient permission for adding an object", "contents: write"),
    ("fatal: detected dubious ownership in repository at '/srv/m.git'", "contents: write"),
    ("git@github.com: Permission denied (publickey).", "SSH key"),
    ("remote: You have exceeded a secondary rate limit\nfatal: error: 403", "catch-up"),
]
NOT_REFUSED = [
    " ! [rejected] 1 -> memory (stale info)",
    "remote: error: cannot lock ref 'refs/heads/memory': is at 1 but expected 2",
    "remote: error: cannot lock ref 'refs/heads/memory': Unable to create '/m.git/memory.lock': File exists.",
    "error: RPC failed; curl 56 GnuTLS recv error (-9)\nfatal: the remote end hung up unexpectedly",
    "fatal: unable to access 'https://archived.example/quota.git/': The requested URL returned error: 502",
]


@pytest.mark.parametrize(("stderr", "fix"), REFUSED)
def test_what_a_remote_refuses_says_that_nothing_was_written_and_the_fix(stderr: str, fix: str) -> None:
    refusal = git_meanings.refusal(GitError("push", 1, f"To /srv/m.git\n{stderr}"), Remote("/srv/m.git", is_own=True))
    assert refusal is not None
    assert refusal.message.startswith("Nothing was written. Memory at /srv/m.git said: ")
    assert fix in refusal.fix


@pytest.mark.parametrize("stderr", NOT_REFUSED)
def test_what_may_succeed_in_a_moment_is_no_refusal(stderr: str) -> None:
    assert git_meanings.refusal(GitError("push", 1, stderr), Remote("/srv/m.git")) is None


def test_who_may_not_write_reads_how_to_be_allowed_in_a_run_elsewhere_and_at_home() -> None:
    error = GitError("push", 1, DENIED[2])
    fixes = [
        getattr(git_meanings.refusal(error, remote), "fix", "")
        for remote in (Remote("x", is_own=True), Remote("x"), Remote("x", is_own=True, as_user=True))
    ]
    assert [word in fix for word, fix in zip(("permissions:", "memory-token", "git push"), fixes, strict=True)] == [
        True
    ] * 3


def clone_of(url: str, folder: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "remote", "add", "origin", url], check=True)
    return folder


def test_the_origin_of_a_clone_is_where_it_comes_from(tmp_path: Path) -> None:
    assert git.origin(clone_of("git@github.com:octo/hello.git", tmp_path / "c")) == "git@github.com:octo/hello.git"


def test_credentials_in_the_address_of_an_origin_are_left_out(tmp_path: Path) -> None:
    clone = clone_of(f"https://x-access-token:{TOKEN}@github.com/octo/hello.git", tmp_path / "c")
    assert git.origin(clone) == "https://github.com/octo/hello.git"


def test_a_repository_without_an_origin_is_its_own(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "c")], check=True)
    assert Path(git.origin(tmp_path / "c")).samefile(tmp_path / "c")


def test_outside_of_a_repository_the_fix_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not inside a git repository"):
        git.origin(tmp_path)
