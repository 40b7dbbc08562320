"""What a comment says now: the payload of a run that is run again is as old as its event."""

from __future__ import annotations

from memory_agents.core.requests import ISSUE_COMMENT, REVIEW_COMMENT, Place
from memory_agents.edges.github.api import READS_ISSUES, READS_PULLS, GitHubApi
from memory_agents.errors import GitHubFailure


async def body_now(api: GitHubApi, repository: str, place: Place) -> str | None:
    """The text of a comment, review comment or review; None where it is gone. Raises GitHubFailure.

    https://docs.github.com/rest/issues/comments, https://docs.github.com/rest/pulls/comments,
    https://docs.github.com/rest/pulls/reviews
    """
    key = place.origin.key
    path = {ISSUE_COMMENT: f"issues/comments/{key}", REVIEW_COMMENT: f"pulls/comments/{key}"}.get(
        place.origin.kind, f"pulls/{place.number}/reviews/{key}"
    )
    needs = READS_ISSUES if place.origin.kind == ISSUE_COMMENT else READS_PULLS
    what = f"read the comment on #{place.number} again"
    try:
        answer = await api.send(what, "GET", f"/repos/{repository}/{path}", needs=needs)
    except GitHubFailure as failure:
        if failure.status == 404:
            return None
        raise
    match answer.body:
        case {"body": str(body)}:
            return body
        case _:
            raise GitHubFailure(f"GitHub's answer when asked to {what} cannot be read.", fix="run again later")
