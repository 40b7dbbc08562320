"""Curation: carries out what somebody who may has asked for, then acknowledges it.

👀 when it is seen, then the write, then one reply with the receipt, then 🚀 or 😕: killed between any two of
them, a later run knows from the facts and from the reply what is left to do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from memory_agents.core import answers, commands, facts, requests
from memory_agents.core.commands import Command, Forget, Memories, NotDuplicate, Recall, Remember, Verb, Why, Wrong
from memory_agents.core.outcomes import (
    Failed,
    Forgotten,
    Listed,
    Outcome,
    Refused,
    Remembered,
    TakenBack,
    Waiting,
    is_final,
)
from memory_agents.core.records import Approval, Match, Notice, Query, Record, Source
from memory_agents.core.requests import Place, Request
from memory_agents.errors import GitHubFailure, MemoryAgentsError
from memory_agents.memory.provider import MemoryReader
from memory_agents.memory.writer import FACTS, MemoryWriter

LISTED = 20
"""how many Records one reply names at most"""
_COUNTED = 1_000
"""how many are looked at to say how many more there are"""


class Acknowledgement(Protocol):
    """The signs that people see. Each may raise GitHubFailure."""

    async def seen(self, place: Place, /) -> None:
        """Show that it was seen."""

    async def answer(self, place: Place, body: str, /, *, leave: str) -> str:
        """Let our one reply, which begins with `requests.marker`, say `body`; its address.

        A reply that begins with `leave`, where there is such a text, stays as it is.
        """

    async def settled(self, place: Place, /, *, well: bool) -> None:
        """Show how it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curated:
    """What became of one Request or label."""

    outcomes: tuple[Outcome, ...]
    reply: str = ""
    """what is said to people, without its receipt; empty where nothing is"""
    reply_url: str = ""
    notices: tuple[Notice, ...] = ()


def together(parts: Sequence[Curated]) -> Curated:
    """What became of several labels of one item."""
    return Curated(
        outcomes=tuple(outcome for part in parts for outcome in part.outcomes),
        reply="\n\n".join(part.reply for part in parts if part.reply),
        reply_url=next((part.reply_url for part in parts if part.reply_url), ""),
        notices=tuple(notice for part in parts for notice in part.notices),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Curation:
    """Carries out what it is given. Whether its sender may is asked before.

    Nothing here raises for GitHub's or memory's sake: what could not be done is a Failed outcome, a sign that
    could not be shown is a Notice.
    """

    writer: MemoryWriter
    reader: MemoryReader
    """facts, and the repository's past"""
    acknowledgement: Acknowledgement
    explain: Callable[[Request], Awaitable[Outcome]]
    """what is recalled for the thread that the request stands in"""
    link: Callable[[Record], str]
    """where a person finds a fact; may be empty"""
    now: Callable[[], datetime]
    known: Sequence[str]
    """the Namespaces that a fact may be put into"""
    top_k: int
    private: bool
    """whether memory is kept elsewhere: no texts are told"""

    async def carry_out(self, request: Request, permission: str) -> Curated:
        """Carry out the Commands of a comment; of an edited one those that the edit changed.

        What was there before is not the editor's wish: a stranger's Command does not come true because a
        maintainer corrects a word beside it.
        """
        seen = await self._shown(self.acknowledgement.seen(request.place))
        asked = commands.parse(request.body, self.known, said_on=request.said_at.date())
        approval = _approval(request, permission)
        stated = await self._stated(request, asked, approval)
        outcomes: list[Outcome] = list(stated.outcomes)
        tokens = list(requests.said(asked))
        for command in asked:
            if isinstance(command, Remember):
                continue
            (token,) = requests.said((command,))
            if token not in (request.said_before or ()):
                outcomes += await self._carried_out(command, request, approval)
        for token in stated.passed_over:
            tokens[tokens.index(token)] = requests.NOT_DONE
        is_done = all(is_final(outcome) for outcome in outcomes)
        said = tokens if is_done else request.said_before or ()
        return await self._acknowledged(request.place, tuple(outcomes), said, seen)

    async def retract(self, request: Request, permission: str) -> Curated:
        """Forget the facts of a comment that was deleted."""
        ids = request.place.origin.ids()
        asked = Verb.REMEMBER
        forgotten = await self._tried(asked, self.writer.forget(ids, approval=_approval(request, permission)))
        outcomes = tuple(one for one in forgotten if not (isinstance(one, Forgotten) and one.how == "unknown"))
        return await self._acknowledged(request.place, outcomes, (), ())

    async def prune(self) -> tuple[Outcome, ...]:
        """Remove the facts that have expired."""
        return await self._tried("Expiry", self.writer.prune())

    async def put_off(self, place: Place, fault: Notice) -> Curated:
        """Say why nothing can be written now; a later run carries it out."""
        return await self._acknowledged(place, (Failed(asked="All of it", problem=fault.text, fix=fault.fix),), (), ())

    async def wait(self, place: Place, namespace: str) -> Curated:
        """Show that a label was seen whose digest waits until the item is closed."""
        notices = await self._shown(self.acknowledgement.seen(place))
        return Curated(outcomes=(Waiting(number=place.number, namespace=namespace),), notices=notices)

    async def keep_digest(self, place: Place, digest: Record, approval: Approval) -> Curated:
        """Remember the digest of a labelled issue or pull request."""
        seen = await self._shown(self.acknowledgement.seen(place))
        outcomes = await self._tried("the label", self.writer.remember([digest], approval=approval))
        return await self._acknowledged(place, outcomes, (), seen)

    async def _stated(self, request: Request, asked: Sequence[Command], approval: Approval) -> _Stated:
        """Store the facts of a comment, all in one stroke."""
        stating = tuple(command for command in asked if isinstance(command, Remember))
        origin, tokens = request.place.origin, requests.said(stating)
        said = facts.facts(stating, origin, source=_source(request, approval), said_at=request.said_at)
        if request.sender.id != request.author.id:
            said = tuple(replace(fact, approved_by=approval.by) for fact in said)
        before = requests.of_facts(request.said_before or ())
        is_edit = request.said_before is not None
        fresh = [place for place, token in enumerate(tokens) if place >= len(before) or before[place] != token]
        try:
            standing = await self.writer.known({said[place].id for place in range(len(said)) if place not in fresh})
            gone = await self.writer.known({origin.id(ordinal) for ordinal in range(len(said) + 1, len(before) + 1)})
            kept = [place for place in range(len(said)) if place in fresh or said[place].id in standing]
            outcomes: tuple[Outcome, ...] = ()
            if kept or gone:
                outcomes = await self.writer.remember(
                    [said[place] for place in kept],
                    approval=approval,
                    update=[said[place].id for place in fresh] if is_edit else (),
                    removing=sorted(gone),
                )
        except MemoryAgentsError as error:
            return _Stated((Failed(asked=Verb.REMEMBER, problem=error.message, fix=error.fix),), ())
        withdrawn = tuple(Forgotten(id=name, how="forgotten") for name in sorted(gone))
        passed_over = tuple(tokens[place] for place in range(len(said)) if place not in kept)
        return _Stated((*outcomes, *withdrawn), passed_over)

    async def _carried_out(self, command: Command, request: Request, approval: Approval) -> tuple[Outcome, ...]:
        match command:
            case Wrong(verb=verb, problem=problem, fix=fix):
                return (Refused(asked=verb, problem=problem, fix=fix),)
            case Forget(ids=ids):
                return await self._tried(Verb.FORGET, self.writer.forget(ids, approval=approval))
            case NotDuplicate(numbers=numbers):
                apart = self.writer.set_apart(request.place.number, numbers, approval=approval)
                return await self._tried(Verb.NOT_DUPLICATE, apart)
            case Recall(query=query):
                return await self._tried(Verb.RECALL, self._found(query))
            case Memories(namespace=namespace):
                return await self._tried(Verb.MEMORIES, self._listed(namespace))
            case Why():
                return await self._tried(Verb.WHY, _alone(self.explain(request)))
            case Remember():
                return ()

    async def _found(self, query: str) -> tuple[Outcome, ...]:
        question = Query(title=query, now=self.now())
        matches = await self.reader.search_records(question, namespaces=("*",), top_k=self.top_k)
        return (Listed(asked=query, matches=tuple(matches), is_search=True),)

    async def _listed(self, namespace: str) -> tuple[Outcome, ...]:
        globs = (namespace,) if namespace else FACTS
        records = await self.reader.list_records(namespaces=globs, limit=_COUNTED)
        shown = tuple(Match(record=record, score=1) for record in records[:LISTED])
        return (Listed(asked=namespace, matches=shown, is_search=False, more=len(records) - len(shown)),)

    async def _tried(self, asked: str, work: Awaitable[tuple[Outcome, ...]]) -> tuple[Outcome, ...]:
        """What the work came to; where a part of memory failed, that."""
        try:
            return await work
        except MemoryAgentsError as error:
            return (Failed(asked=asked, problem=error.message, fix=error.fix),)

    async def _acknowledged(
        self, place: Place, outcomes: tuple[Outcome, ...], said: Sequence[str], notices: tuple[Notice, ...]
    ) -> Curated:
        """Reply with the receipt, then show how it ended. `said`: what is done as it stands, for the receipt."""
        if not outcomes:
            return Curated(outcomes=(), notices=notices)
        text = answers.answer(outcomes, private=self.private, link=self.link)
        done = all(is_final(outcome) for outcome in outcomes)
        receipt = requests.receipt(place.origin, done=done, said=said)
        url = ""
        try:
            # a second run has nothing new to say, and less than the first
            leave = receipt if all(_is_unchanged(outcome) for outcome in outcomes) else ""
            url = await self.acknowledgement.answer(place, f"{receipt}\n{text}", leave=leave)
        except GitHubFailure as failure:
            notices += (Notice(text=f"No reply was posted. {failure.message}", fix=failure.fix),)
        well = not any(isinstance(outcome, Failed | Refused | TakenBack) for outcome in outcomes)
        notices += await self._shown(self.acknowledgement.settled(place, well=well))
        return Curated(outcomes=outcomes, reply=text, reply_url=url, notices=notices)

    async def _shown(self, sign: Awaitable[None]) -> tuple[Notice, ...]:
        """Show a sign; that it could not be shown is no reason to stop."""
        try:
            await sign
        except GitHubFailure as failure:
            return (Notice(text=f"No reaction was added. {failure.message}", fix=failure.fix),)
        return ()


@dataclass(frozen=True, slots=True)
class _Stated:
    """What became of the facts of a comment."""

    outcomes: tuple[Outcome, ...]
    passed_over: tuple[str, ...]
    """tokens of facts that an edit left as they were, and that are not known"""


def _is_unchanged(outcome: Outcome) -> bool:
    return isinstance(outcome, Remembered) and outcome.how == "unchanged"


async def _alone(outcome: Awaitable[Outcome]) -> tuple[Outcome, ...]:
    return (await outcome,)


def _approval(request: Request, permission: str) -> Approval:
    sender = request.sender
    return Approval(by=sender.login, by_id=sender.id, permission=permission, url=request.url)


def _source(request: Request, approval: Approval) -> Source:
    """Who wrote it; the permission is known of whom it was asked for."""
    is_own = request.sender.id == request.author.id
    return Source(
        repository=request.repository,
        number=request.place.number,
        url=request.url,
        author=request.author.login,
        author_id=request.author.id,
        permission=approval.permission if is_own else "",
    )
