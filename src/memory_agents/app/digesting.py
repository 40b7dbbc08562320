"""Labelled issues and pull requests: whose label it is, whether they may, and the digest of what is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from memory_agents.app.desk import Desk
from memory_agents.app.redacting import redact_fully
from memory_agents.core.digest import Labelling, Story, digest_record, labelling
from memory_agents.core.facts import Origin
from memory_agents.core.history import Remark
from memory_agents.core.records import Approval, Notice, Record
from memory_agents.core.requests import ITEM, Place
from memory_agents.curation import Curated
from memory_agents.edges.github.items import GitHubItems, maintainers_words
from memory_agents.errors import SanitizerFailed


def asking(labels: Sequence[str], desk: Desk) -> tuple[str, ...]:
    """Those of the labels that ask for a digest; names ignore case, as GitHub's do."""
    wanted = {label.lower() for label in desk.settings.labels}
    return tuple(label for label in labels if label.lower() in wanted)


async def digest(number: int, labels: Sequence[str], repository_id: int, desk: Desk) -> Curated | None:
    """Remember an item for each of the labels whose setter may; one that is open waits. None where nobody may.

    Raises GitHubFailure.
    """
    story = await GitHubItems(desk.github, desk.environment.repository).story(number)
    set_by = [(label, labelling(story, label)) for label in asking(labels, desk)]
    allowed = [(its, permission) for _, its in set_by if its and (permission := await desk.may(its.actor))]
    if not allowed:
        return None
    item = story.item
    origin = Origin(repository_id=repository_id, kind=ITEM, key=item.number)
    place = Place(origin=origin, number=item.number, is_pull_request=item.is_pull_request)
    if desk.fault is not None:
        return await desk.curation.put_off(place, desk.fault)
    if not story.is_over:
        return await desk.curation.wait(place, [_namespace(label, desk) for label, _ in allowed])
    words = await maintainers_words(story, desk.may)
    try:
        digests = [_digest(story, label, permission, words, origin=origin, desk=desk) for label, permission in allowed]
    except SanitizerFailed as error:
        return await desk.curation.put_off(place, Notice(text=error.message, fix=error.fix))
    return await desk.curation.keep_digests(place, digests)


def _digest(
    story: Story, label: Labelling, permission: str, words: Remark | None, *, origin: Origin, desk: Desk
) -> tuple[Record, Approval]:
    """The digest that a label asks for, and on whose word it is kept."""
    namespace = _namespace(label, desk)
    actor = label.actor
    approval = Approval(by=actor.login, by_id=actor.id, permission=permission, url=story.item.url)
    record = digest_record(
        story,
        label,
        words,
        origin=replace(origin, kind=f"{ITEM}/{namespace}"),
        namespace=namespace,
        repository=desk.environment.repository,
        approval=approval,
        redact=redact_fully,
    )
    return record, approval


def _namespace(label: Labelling, desk: Desk) -> str:
    return next(place for name, place in desk.settings.labels.items() if name.lower() == label.label.lower())
