"""Small valid objects for the tests: each test says only what matters to it."""

from __future__ import annotations

from memory_agents.core.github_events import Account, Branches, Comment, IssueEvent, Item, Origin, Repository
from memory_agents.core.records import Match, Record, Source

HELLO = Repository(full_name="octo/hello", id=7, url="https://github.com/octo/hello", default_branch="main")
AUTHOR = Account(login="reporter", id=4401123)


def origin(name: str = "issues", action: str = "opened") -> Origin:
    return Origin(name=name, action=action, repository=HELLO, actor=AUTHOR)


def item(
    *, number: int = 12, title: str = "Typo", body: str = "It says committ.", labels: tuple[str, ...] = ()
) -> Item:
    url = f"https://github.com/octo/hello/issues/{number}"
    return Item(number=number, title=title, body=body, author=AUTHOR, url=url, labels=labels, state="open")


def issue_event(
    action: str = "opened",
    *,
    title: str = "Typo",
    body: str = "It says committ.",
    labels: tuple[str, ...] = ("documentation",),
) -> IssueEvent:
    return IssueEvent(origin=origin(action=action), issue=item(title=title, body=body, labels=labels))


def branches() -> Branches:
    return Branches(
        head="fix", head_sha="0" * 40, head_repository="octo/hello", base="main", base_repository="octo/hello"
    )


def comment() -> Comment:
    return Comment(id=1, body="Why?", author=AUTHOR, url="https://github.com/octo/hello/issues/12#issuecomment-1")


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
