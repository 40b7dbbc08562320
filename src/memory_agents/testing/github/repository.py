"""A repository of the fake GitHub: its rows, and the methods by which a test or a person fills them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from memory_agents.testing.github.bare_git import BareGit
from memory_agents.testing.github.happenings import Clock, Happenings
from memory_agents.testing.github.state import (
    Comment,
    Issue,
    PullRequest,
    Reaction,
    Review,
    ReviewComment,
)


class FakeRepository(Happenings):
    """One repository. Dates default to the fake's clock, and any login may be an author."""

    def __init__(
        self,
        *,
        owner: str,
        name: str,
        id: int,  # noqa: A002 - GitHub's word
        private: bool,
        git: BareGit,
        ids: Iterator[int],
        clock: Clock,
    ) -> None:
        super().__init__(ids, clock)
        self.owner = owner
        self.name = name
        self.id = id
        self.private = private
        self.default_branch = "main"
        self.git = git
        self.permissions: dict[str, str] = {owner: "admin"}
        """login → admin, maintain, write, triage, read, or one of `custom_roles`"""
        self.custom_roles: dict[str, str] = {}
        """an organization's own role → the role that it extends"""
        self.created_at = clock()

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"

    def permission_of(self, login: str) -> str:
        """The role of a person, with the custom ones: on a public repository everybody may read."""
        return self.permissions.get(login, "none" if self.private else "read")

    def base_role_of(self, login: str) -> str:
        """The role of a person, or the one that their custom role extends."""
        role = self.permission_of(login)
        return self.custom_roles.get(role, role)

    def add_issue(
        self,
        title: str,
        body: str | None = "",
        *,
        author: str = "octocat",
        labels: Iterable[str] = (),
        created_at: datetime | None = None,
        state: str = "open",
        state_reason: str | None = None,
    ) -> Issue:
        """Open an issue, or one that is closed already."""
        at = created_at or self._clock()
        issue = Issue(
            id=next(self._ids),
            number=next(self._next_numbers),
            title=title,
            body=body,
            author=author,
            created_at=at,
            updated_at=at,
            labels=[self.add_label(name).name for name in labels],
        )
        self._keep_issue(issue)
        if state == "closed":
            self.close(issue, actor=author, reason=state_reason or "completed", at=at)
        return issue

    def add_pull(
        self,
        title: str,
        body: str | None = "",
        *,
        head: str,
        base: str = "",
        author: str = "octocat",
        head_owner: str = "",
        labels: Iterable[str] = (),
        draft: bool = False,
        created_at: datetime | None = None,
    ) -> Issue:
        """Open a pull request between two branches that exist; `head_owner` names the owner of a fork."""
        base = base or self.default_branch
        base_sha, head_sha = self.git.tip(base), self.git.tip(head)
        if base_sha is None or head_sha is None:
            raise ValueError(f"{self.full_name} has no branches {base} and {head}: commit files to both first")
        issue = self.add_issue(title, body, author=author, labels=labels, created_at=created_at)
        issue.pull = PullRequest(
            base=base,
            head=head,
            base_sha=base_sha,
            head_sha=head_sha,
            head_owner=head_owner or self.owner,
            draft=draft,
        )
        self.git.create_ref_later(f"refs/pull/{issue.number}/head", head_sha)
        return issue

    def add_comment(
        self, number: int, body: str, *, author: str = "octocat", created_at: datetime | None = None
    ) -> Comment:
        """Comment on an issue or pull request."""
        at = created_at or self._clock()
        comment = Comment(id=next(self._ids), number=number, author=author, body=body, created_at=at, updated_at=at)
        self._keep_comment(comment)
        self._bump(number, at)
        return comment

    def add_review(
        self,
        number: int,
        body: str = "",
        *,
        author: str = "octocat",
        state: str = "COMMENTED",
        submitted_at: datetime | None = None,
    ) -> Review:
        """Review a pull request."""
        at = submitted_at or self._clock()
        review = Review(
            id=next(self._ids),
            number=number,
            author=author,
            body=body,
            state=state,
            commit_id=self._head(number),
            submitted_at=at,
            updated_at=at,
        )
        self.reviews[review.id] = review
        self._bump(number, at)
        return review

    def add_review_comment(
        self,
        number: int,
        body: str,
        *,
        path: str,
        line: int = 1,
        diff_hunk: str = "@@ -0,0 +1 @@",
        author: str = "octocat",
        review_id: int | None = None,
        in_reply_to: int | None = None,
        created_at: datetime | None = None,
    ) -> ReviewComment:
        """Comment on a line of a pull request."""
        at = created_at or self._clock()
        comment = ReviewComment(
            id=next(self._ids),
            number=number,
            review_id=review_id,
            author=author,
            body=body,
            path=path,
            line=line,
            diff_hunk=diff_hunk,
            commit_id=self._head(number),
            created_at=at,
            updated_at=at,
            in_reply_to=in_reply_to,
        )
        self.review_comments[comment.id] = comment
        self._bump(number, at)
        return comment

    def add_reaction(self, reactions: list[Reaction], content: str, *, author: str) -> tuple[Reaction, bool]:
        """React once a person and content; whether it is new."""
        for reaction in reactions:
            if (reaction.author, reaction.content) == (author, content):
                return reaction, False
        reactions.append(Reaction(next(self._ids), author, content, self._clock()))
        return reactions[-1], True

    def commit_files(
        self, files: Mapping[str, str | bytes | None], *, branch: str = "", message: str = "Add files", parent: str = ""
    ) -> str:
        """Commit files (path → content; None removes) on a branch; the commit's id."""
        return self.git.commit_files(files, branch=branch or self.default_branch, message=message, parent=parent)

    def _head(self, number: int) -> str:
        pull = self.issues[number].pull
        if pull is None:
            raise ValueError(f"#{number} is not a pull request")
        return pull.head_sha
