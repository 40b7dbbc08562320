"""Labelled issues and pull requests: whose label it is, whether they may, and the digest of what is over."""

from __future__ import annotations

from collections.abc import Sequence

from memory_agents.app.desk import Desk
from memory_agents.app.redacting import redact_fully
from memory_agents.core.digest import Labelling, Story, digest_record, labelling
from memory_agents.core.facts import Origin
from memory_agents.core.records import Approval, Notice
from memory_agents.core.requests import ITEM, Place
from memory_agents.curation import Curated
from memory_agents.edges.github.items import GitHubItems, maintainers_words
from memory_agents.errors import SanitizerFailed


def asking(labels: Sequence[str], desk: Desk) -> tuple[str, ...]:
    """Those of the labels that ask for a digest; names ignore case, as GitHub's do."""
    wanted = {label.lower() for label in desk.settings.labels}
    return tuple(label for label in labels if label.lower() in wanted)


async def digest(number: int, labels: Sequence[str], repository_id: int, desk: Desk) -> list[Curated]:
    """Remember an item for each of the labels whose setter may; one that is open waits. Raises GitHubFailure."""
    story = await GitHubItems(desk.github, desk.environment.repository).story(number)
    done = []
    for label in asking(labels, desk):
        label_set = labelling(story, label)
        permission = await desk.may(label_set.actor) if label_set else ""
        if label_set and permission:
            done.append(await _kept(story, label_set, permission, repository_id, desk))
    return done


async def _kept(story: Story, label: Labelling, permission: str, repository_id: int, desk: Desk) -> Curated:
    item, curation, environment = story.item, desk.curation, desk.environment
    namespace = next(place for name, place in desk.settings.labels.items() if name.lower() == label.label.lower())
    origin = Origin(repository_id=repository_id, kind=ITEM, key=item.number)
    place = Place(origin=origin, number=item.number, is_pull_request=item.is_pull_request)
    if desk.fault is not None:
        return await curation.put_off(place, desk.fault)
    if not story.is_over:
        return await curation.wait(place, namespace)
    approval = Approval(by=label.actor.login, by_id=label.actor.id, permission=permission, url=item.url)
    words = await maintainers_words(story, desk.may)
    try:
        record = digest_record(
            story,
            label,
            words,
            origin=Origin(repository_id=repository_id, kind=f"{ITEM}/{namespace}", key=item.number),
            namespace=namespace,
            repository=environment.repository,
            approval=approval,
            redact=redact_fully,
        )
    except SanitizerFailed as error:
        return await curation.put_off(place, Notice(text=error.message, fix=error.fix))
    return await curation.keep_digest(place, record, approval)
