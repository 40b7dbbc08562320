"""Small valid objects for the tests: each test says only what matters to it."""

from __future__ import annotations

from dataclasses import replace

from memory_agents.core.github_events import (
    Account,
    Branches,
    Comment,
    IssueCommentEvent,
    IssueEvent,
    Item,
    Origin,
    PullRequestEvent,
    Repository,
    ReviewCommentEvent,
    ReviewEvent,
)
from memory_agents.core.records import Match, Record, Source

HELLO = Repository(full_name="octo/hello", id=7, url="https://github.com/octo/hello", default_branch="main")
AUTHOR = Account(login="reporter", id=4401123)
BOT = Account(login="helper[bot]", id=4401124, is_bot=True)


def origin(name: str = "issues", action: str = "opened") -> Origin:
    return Origin(name=name, action=action, repository=HELLO, actor=AUTHOR)


def item(
    *, number: int = 12, title: str = "Typo", body: str = "It says committ.", labels: tuple[str, ...] = ()
) -> Item:
    url = f"https://github.com/octo/hello/issues/{number}"
    return Item(number=number, title=title, body=body, author=AUTHOR, url=url, labels=labels, state="open")


def pull_request(*, title: str = "Mend it", body: str = "It closes the file.", labels: tuple[str, ...] = ()) -> Item:
    shown = item(number=7, title=title, body=body, labels=labels)
    return replace(shown, url="https://github.com/octo/hello/pull/7", is_pull_request=True)


def issue_event(
    action: str = "opened",
    *,
    title: str = "Typo",
    body: str = "It says committ.",
    labels: tuple[str, ...] = ("documentation",),
) -> IssueEvent:
    return IssueEvent(origin=origin(action=action), issue=item(title=title, body=body, labels=labels))


def branches(*, head: str = "fix", head_repository: str = "octo/hello", base: str = "main") -> Branches:
    return Branches(
        head=head, head_sha="0" * 40, head_repository=head_repository, base=base, base_repository="octo/hello"
    )


def comment(
    *, body: str = "Why?", author: Account = AUTHOR, path: str = "", diff_hunk: str = "", state: str = ""
) -> Comment:
    url = "https://github.com/octo/hello/issues/12#issuecomment-1"
    return Comment(id=1, body=body, author=author, url=url, path=path, diff_hunk=diff_hunk, state=state)


def issue_comment_event(
    action: str = "created", *, on: Item | None = None, said: Comment | None = None
) -> IssueCommentEvent:
    return IssueCommentEvent(
        origin=origin("issue_comment", action), issue=on or item(), comment=comment() if said is None else said
    )


def pull_request_event(
    action: str = "opened", *, proposed: Item | None = None, between: Branches | None = None
) -> PullRequestEvent:
    return PullRequestEvent(
        origin=origin("pull_request", action),
        pull_request=proposed or pull_request(),
        branches=between or branches(),
    )


def review_event(
    action: str = "submitted",
    *,
    proposed: Item | None = None,
    said: Comment | None = None,
    between: Branches | None = None,
) -> ReviewEvent:
    return ReviewEvent(
        origin=origin("pull_request_review", action),
        pull_request=proposed or pull_request(),
        branches=between or branches(),
        review=said or comment(state="changes_requested"),
    )


def review_comment_event(
    action: str = "created",
    *,
    proposed: Item | None = None,
    said: Comment | None = None,
    between: Branches | None = None,
) -> ReviewCommentEvent:
    return ReviewCommentEvent(
        origin=origin("pull_request_review_comment", action),
        pull_request=proposed or pull_request(),
        branches=between or branches(),
        comment=said or comment(path="src/read.py", diff_hunk="@@ -1 +1 @@\n-old\n+new"),
    )


def record(
    record_id: str = "f1a2c3d4", *, namespace: str = "codebase/conventions", text: str = "Run `make readme`."
) -> Record:
    """A Fact of a maintainer; below `reviews/` a past issue of anybody."""
    is_past = namespace.startswith("reviews/")
    source = Source(
        repository="octo/hello",
        number=121 if is_past else None,
        url="https://github.com/octo/hello/issues/121",
        author="merryreader",
        author_id=42,
        permission="none" if is_past else "admin",
    )
    return Record(id=record_id, namespace=namespace, text=text, source=source, state="completed" if is_past else "")


def match(
    record_id: str = "f1a2c3d4", score: float = 0.5, *, namespace: str = "codebase/conventions", text: str = "Short."
) -> Match:
    return Match(record=record(record_id, namespace=namespace, text=text), score=score, reasons=("title: typo",))
