"""One issue or pull request with what happened to it: one GraphQL query, which REST would take six requests for.

https://docs.github.com/graphql/reference/objects#issue, #pullrequest; #closedevent says what closed it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from memory_agents.core.digest import Labelling, Renaming, Story, speakers, words_of
from memory_agents.core.github_events import Account
from memory_agents.core.history import Closing, Item, Person, Remark
from memory_agents.edges.github.answers import UNREADABLE, WHO, actor, is_whole, refused, time, unreadable
from memory_agents.edges.github.api import READS_ISSUES, READS_PULLS, GitHubApi

_NEEDS = f"{READS_ISSUES}` and `{READS_PULLS}"

# A field of two types in one answer needs a name for each: hence `pullState`. Labels and titles have lists of their
# own: anybody may rename an own issue until everything else has left a common one.
_ITEM = (
    """
query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    nameWithOwner
    issueOrPullRequest(number: $number) {
      __typename
      ... on Comment { id body createdAt lastEditedAt author { ...who } }
      ... on Closable { closedAt }
      ... on Labelable { labels(first: 100) { nodes { name } } }
      ... on Issue {
        number title url state stateReason(enableDuplicate: true)
        comments(last: 50) { nodes { ...remark } }
        closedByPullRequestsReferences(first: 10, includeClosedPrs: true) { nodes { ...pull mergedAt } }
        timelineItems(last: 100, itemTypes: [CLOSED_EVENT, MARKED_AS_DUPLICATE_EVENT]) { nodes { ...happened } }
        labellings: timelineItems(last: 100, itemTypes: [LABELED_EVENT, UNLABELED_EVENT]) { nodes { ...happened } }
        renamings: timelineItems(last: 100, itemTypes: [RENAMED_TITLE_EVENT]) {
          pageInfo { hasPreviousPage }
          nodes { ...happened }
        }
      }
      ... on PullRequest {
        number title url pullState: state mergedAt changedFiles
        mergeCommit { oid }
        files(first: 100) { nodes { path } }
        comments(last: 50) { nodes { ...remark } }
        timelineItems(last: 100, itemTypes: [CLOSED_EVENT]) { nodes { ...happened } }
        labellings: timelineItems(last: 100, itemTypes: [LABELED_EVENT, UNLABELED_EVENT]) { nodes { ...happened } }
        renamings: timelineItems(last: 100, itemTypes: [RENAMED_TITLE_EVENT]) {
          pageInfo { hasPreviousPage }
          nodes { ...happened }
        }
      }
    }
  }
}
fragment remark on IssueComment { id databaseId body createdAt isMinimized author { ...who } }
fragment pull on PullRequest { number repository { nameWithOwner } }
fragment happened on Node {
  __typename
  id
  ... on ClosedEvent { createdAt actor { ...who } closer { __typename ... on Commit { oid } ...pull } }
  ... on LabeledEvent { createdAt actor { ...who } label { name } }
  ... on UnlabeledEvent { createdAt actor { ...who } label { name } }
  ... on RenamedTitleEvent { createdAt actor { ...who } previousTitle currentTitle }
  ... on MarkedAsDuplicateEvent {
    canonical { ... on Issue { number repository { nameWithOwner } } ...pull }
  }
}
"""
    + WHO
)


class GitHubItems:
    """Issues and pull requests of one repository."""

    def __init__(self, api: GitHubApi, repository: str) -> None:
        """`repository`: `owner/name`."""
        self._api = api
        self._repository = repository

    async def story(self, number: int) -> Story:
        """An issue or pull request with how it ended, who set its labels and what was said last.

        Raises GitHubFailure, of the status 404 where there is none of that number.
        """
        what = f"look at #{number}"
        owner, _, name = self._repository.partition("/")
        variables = {"owner": owner, "name": name, "number": number}
        answer = await self._api.graphql(what, _ITEM, variables, needs=_NEEDS)
        try:
            data: Any = answer.get("data") or {}
            repository = data.get("repository") or {}
            node = repository.get("issueOrPullRequest")
            if node is None or not is_whole(answer):
                raise refused(answer, what, _NEEDS)
            return _story(node, repository["nameWithOwner"])
        except UNREADABLE as error:
            raise unreadable(what, error) from None


async def maintainers_words(story: Story, may_write: Callable[[Account], Awaitable[object]]) -> Remark | None:
    """What a maintainer said when it was closed: of whoever closed it, or else of another who may write.

    `may_write`: a true value for an account that may; it is asked for MOST_SPEAKERS at most, and what it raises is
    raised here.
    """
    for speaker in speakers(story):
        if await may_write(speaker):
            return words_of(story, speaker.id)
    return None


def _story(node: Mapping[str, Any], own: str) -> Story:
    number, happened = int(node["number"]), _nodes(node["timelineItems"])
    closing = next((each for each in reversed(happened) if each["__typename"] == "ClosedEvent"), None)
    duplicate = next((each for each in reversed(happened) if each["__typename"] == "MarkedAsDuplicateEvent"), None)
    merged = [pull for pull in _nodes(node.get("closedByPullRequestsReferences")) if pull["mergedAt"]]
    closer = (closing or {}).get("closer") or {}
    if closer.get("__typename") == "PullRequest":
        merged.append(closer)
    files, renamings = _nodes(node.get("files")), node["renamings"]
    return Story(
        item=_item(node, number),
        edited_at=time(node["lastEditedAt"]) if node["lastEditedAt"] else None,
        labellings=tuple(_labelling(each, number) for each in _nodes(node["labellings"])),
        renamings=tuple(_renaming(each) for each in _nodes(renamings)),
        has_older_renamings=bool(renamings["pageInfo"]["hasPreviousPage"]),
        remarks=tuple(_remark(each, number) for each in _nodes(node["comments"]) if not each["isMinimized"]),
        closing=_closing(closing, node, number) if closing else None,
        closed_with=tuple(dict.fromkeys(_reference(pull, own) for pull in merged)),
        duplicate_of=_reference(duplicate["canonical"], own) if duplicate and duplicate["canonical"] else "",
        paths=tuple(str(file["path"]) for file in files),
        paths_total=int(node.get("changedFiles") or 0),
    )


def _item(node: Mapping[str, Any], number: int) -> Item:
    """The item's row, its body whole. GraphQL's enumerations are in capitals."""
    is_pull_request = node["__typename"] == "PullRequest"
    return Item(
        number=number,
        node_id=str(node["id"]),
        title=str(node["title"]),
        body=str(node["body"] or ""),
        author=_person(node["author"]),
        url=str(node["url"]),
        state="closed" if node["closedAt"] else "open",
        state_reason="" if is_pull_request or not node["closedAt"] else str(node["stateReason"] or "").lower(),
        labels=tuple(str(label["name"]) for label in _nodes(node["labels"])),
        created_at=time(node["createdAt"]),
        closed_at=time(node["closedAt"]) if node["closedAt"] else None,
        merged_at=time(node["mergedAt"]) if node.get("mergedAt") else None,
        is_pull_request=is_pull_request,
    )


def _closing(event: Mapping[str, Any], node: Mapping[str, Any], number: int) -> Closing:
    commit = (event["closer"] or {}).get("oid") or (node.get("mergeCommit") or {}).get("oid") or ""
    return Closing(
        id=0, number=number, actor=_person(event["actor"]), commit=commit, created_at=time(event["createdAt"])
    )


def _labelling(event: Mapping[str, Any], number: int) -> Labelling:
    return Labelling(
        number=number,
        label=str(event["label"]["name"]),
        actor=actor(event["actor"]),
        at=time(event["createdAt"]),
        is_taken=event["__typename"] == "UnlabeledEvent",
    )


def _renaming(event: Mapping[str, Any]) -> Renaming:
    return Renaming(
        before=str(event["previousTitle"]),
        after=str(event["currentTitle"]),
        actor=actor(event["actor"]),
        at=time(event["createdAt"]),
    )


def _remark(node: Mapping[str, Any], number: int) -> Remark:
    return Remark(
        id=int(node["databaseId"] or 0),
        node_id=str(node["id"]),
        number=number,
        body=str(node["body"] or ""),
        author=_person(node["author"]),
        created_at=time(node["createdAt"]),
    )


def _person(node: Mapping[str, Any] | None) -> Person:
    account = actor(node)
    return Person(login=account.login, id=account.id, is_bot=account.is_bot)


def _reference(node: Mapping[str, Any], own: str) -> str:
    """`#12`, or `owner/name#12` of another repository."""
    repository = str(node["repository"]["nameWithOwner"])
    return f"{'' if repository == own else repository}#{int(node['number'])}"


def _nodes(connection: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    return [node for node in (connection or {}).get("nodes") or () if node]
