"""Webhook payload → GitHubEvent.

What GitHub always sends must be there, or EventError names the field; what a deleted account, an
older GitHub Enterprise Server or a trimmed payload leaves out has a default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import cast

from memory_agents.core.github_events import (
    GHOST,
    Account,
    Branches,
    Comment,
    DispatchEvent,
    GitHubEvent,
    IssueCommentEvent,
    IssueEvent,
    Item,
    Origin,
    OtherEvent,
    PullRequestEvent,
    Repository,
    ReviewCommentEvent,
    ReviewEvent,
    ScheduleEvent,
)
from memory_agents.core.records import EPOCH, FULL_NAME, HTTP_URL
from memory_agents.errors import EventError

_ACTION = re.compile(r"[a-z_]{1,40}")
_STATE = re.compile(r"[A-Za-z_]{1,40}")
_FIX = "pass the unchanged webhook payload, as the runner keeps it in GITHUB_EVENT_PATH"


def parse(name: str, payload: object, *, repository: str = "") -> GitHubEvent:
    """Parse the payload of the event `name`.

    `repository` (GITHUB_REPOSITORY, `owner/name`) stands in where the payload has none.
    Raises EventError where the payload is not what GitHub sends for that event.
    """
    root = _Object(name, payload)
    build = _PARSERS.get(name)
    if build is None:
        return OtherEvent(origin=Origin(name=name, action="", repository=Repository(full_name=repository), actor=GHOST))
    origin = Origin(
        name=name,
        action=root.matching("action", _ACTION, "an action such as opened"),
        repository=_repository(root.optional("repository"), repository),
        actor=_account(root.optional("sender")),
    )
    return build(origin, root)


class _Object:
    """A JSON object that knows its place, so that an error can name the field."""

    def __init__(self, place: str, value: object) -> None:
        if not isinstance(value, Mapping):
            raise EventError(
                f"The payload's `{place}` is {_kind(value)}, not an object.",
                fix=_FIX,
            )
        self._place = place
        self._value = cast("Mapping[str, object]", value)

    def child(self, key: str) -> _Object:
        return _Object(self._at(key), self._value.get(key))

    def optional(self, key: str) -> _Object | None:
        return None if self._value.get(key) is None else self.child(key)

    def text(self, key: str) -> str:
        """Text, or empty where it is absent or null."""
        value = self._value.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._wrong(key, value, "text")
        return value

    def matching(self, key: str, pattern: re.Pattern[str], wanted: str) -> str:
        """Text of a form that makes it harmless wherever it is shown, or empty."""
        value = self.text(key)
        if value and not pattern.fullmatch(value):
            raise self._wrong(key, value, wanted)
        return value

    def url(self) -> str:
        return self.matching("html_url", HTTP_URL, "an http URL")

    def integer(self, key: str) -> int:
        value = self._value.get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, value, "a number")
        return value

    def flag(self, key: str) -> bool:
        return self._value.get(key) is True

    def has(self, key: str) -> bool:
        return self._value.get(key) is not None

    def children(self, key: str) -> list[_Object]:
        value = self._value.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._wrong(key, value, "a list")
        return [_Object(f"{self._at(key)}[{i}]", entry) for i, entry in enumerate(value)]

    def time(self, key: str) -> datetime:
        text = self.text(key)
        if not text:
            return EPOCH
        try:
            parsed = datetime.fromisoformat(text)
            return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            raise self._wrong(key, text, "an ISO 8601 time") from None

    def _at(self, key: str) -> str:
        return f"{self._place}.{key}"

    def _wrong(self, key: str, value: object, wanted: str) -> EventError:
        return EventError(
            f"The payload's `{self._at(key)}` is {_kind(value)}, not {wanted}.",
            fix=_FIX,
        )


def _kind(value: object) -> str:
    match value:
        case None:
            return "missing"
        case str():
            return "other text"
        case _:
            return f"of type {type(value).__name__}"


def _repository(found: _Object | None, fallback: str) -> Repository:
    if found is None:
        return Repository(full_name=fallback)
    return Repository(
        full_name=found.matching("full_name", FULL_NAME, "owner/name") or fallback,
        id=found.integer("id"),
        private=found.flag("private"),
        url=found.url(),
        default_branch=found.text("default_branch"),
    )


def _account(found: _Object | None) -> Account:
    if found is None:
        return GHOST
    login = found.text("login")
    is_bot = found.text("type") == "Bot" or login.endswith("[bot]")
    return Account(login=login, id=found.integer("id"), is_bot=is_bot)


def _item(found: _Object, *, is_pull_request: bool = False) -> Item:
    link = found.optional("pull_request")  # an issue has it if it is a pull request
    return Item(
        number=found.integer("number"),
        title=found.text("title"),
        body=found.text("body"),
        author=_account(found.optional("user")),
        url=found.url(),
        association=found.text("author_association"),
        state=_state(found),
        state_reason=found.text("state_reason"),
        labels=tuple(label.text("name") for label in found.children("labels")),
        created_at=found.time("created_at"),
        is_pull_request=is_pull_request or link is not None,
        is_draft=found.flag("draft"),
        changed_files=found.integer("changed_files") if found.has("changed_files") else 0,
        is_merged=found.flag("merged") or (link is not None and link.has("merged_at")),
    )


def _state(found: _Object) -> str:
    """One harmless word in small letters; older servers send a review's in capitals."""
    return found.matching("state", _STATE, "a state such as open").lower()


def _branches(pull_request: _Object) -> Branches:
    head, base = pull_request.child("head"), pull_request.child("base")
    head_repository = head.optional("repo")
    return Branches(
        head=head.text("ref"),
        head_sha=head.text("sha"),
        head_repository=head_repository.text("full_name") if head_repository else "",
        base=base.text("ref"),
        base_repository=base.child("repo").text("full_name"),
    )


def _comment(root: _Object, key: str) -> Comment:
    found = root.child(key)
    return Comment(
        id=found.integer("id"),
        body=found.text("body"),
        author=_account(found.optional("user")),
        url=found.url(),
        association=found.text("author_association"),
        created_at=found.time("created_at") if found.has("created_at") else found.time("submitted_at"),
        before=_before(root),
        path=found.text("path"),
        diff_hunk=found.text("diff_hunk"),
        state=_state(found),
        reply_to=found.integer("in_reply_to_id") if found.has("in_reply_to_id") else None,
    )


def _before(root: _Object) -> str:
    """The body before an edit; empty where something else was changed."""
    changes = root.optional("changes")
    body = changes.optional("body") if changes else None
    return body.text("from") if body else ""


def _label(root: _Object) -> str:
    label = root.optional("label")
    return label.text("name") if label else ""


def _issues(origin: Origin, root: _Object) -> GitHubEvent:
    return IssueEvent(origin=origin, issue=_item(root.child("issue")), label=_label(root))


def _issue_comment(origin: Origin, root: _Object) -> GitHubEvent:
    return IssueCommentEvent(origin=origin, issue=_item(root.child("issue")), comment=_comment(root, "comment"))


def _pull_request(origin: Origin, root: _Object) -> GitHubEvent:
    item, branches = _proposed(root)
    return PullRequestEvent(origin=origin, pull_request=item, branches=branches, label=_label(root))


def _review(origin: Origin, root: _Object) -> GitHubEvent:
    item, branches = _proposed(root)
    return ReviewEvent(origin=origin, pull_request=item, branches=branches, review=_comment(root, "review"))


def _review_comment(origin: Origin, root: _Object) -> GitHubEvent:
    item, branches = _proposed(root)
    comment = _comment(root, "comment")
    return ReviewCommentEvent(origin=origin, pull_request=item, branches=branches, comment=comment)


def _proposed(root: _Object) -> tuple[Item, Branches]:
    found = root.child("pull_request")
    return _item(found, is_pull_request=True), _branches(found)


_PARSERS: dict[str, Callable[[Origin, _Object], GitHubEvent]] = {
    "issues": _issues,
    "issue_comment": _issue_comment,
    "pull_request": _pull_request,
    "pull_request_target": _pull_request,
    "pull_request_review": _review,
    "pull_request_review_comment": _review_comment,
    "workflow_dispatch": lambda origin, _: DispatchEvent(origin=origin),
    "schedule": lambda origin, _: ScheduleEvent(origin=origin),
}
