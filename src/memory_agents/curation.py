"""Curation: carries out what somebody who may has asked for, then acknowledges it.

👀 when it is seen, then the write, then one reply with the receipt, then 🚀 or 😕: killed between any two of
them, a later run knows from the facts and from the reply what is left to do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from memory_agents.core import answers, commands, facts, namespaces, requests
from memory_agents.core.commands import Command, Forget, Memories, NotDuplicate, Recall, Remember, Verb, Why, Wrong
from memory_agents.core.facts import Origin
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
from memory_agents.errors import (
    GitHubFailure,
    MemoryAgentsError,
    MemoryMissing,
    MemoryThrottled,
    MemoryTimeout,
    MemoryUnreachable,
)
from memory_agents.memory.provider import MemoryReader
from memory_agents.memory.writer import MemoryWriter

LISTED = 20
"""how many Records one reply names at most"""
_COUNTED = 100_000
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
    unanswered: GitHubFailure | None = None
    """why no reply could be posted"""
    notices: tuple[Notice, ...] = ()


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
        """Carry out what the sender asks for: of a comment all of it, of an edit what it put there and took out.

        What stood there before is not the editor's wish: a stranger's Command does not come true because a
        maintainer corrects a word beside it. And what was carried out before is not carried out again.
        """
        asked = commands.parse(request.body, self.known, said_on=request.said_at.date())
        now = frozenset(requests.said(asked))
        wished = frozenset(its for its in now if request.asks(its))
        if not (wished or request.gone or request.is_whole):
            return Curated(outcomes=())
        seen = await self._shown(self.acknowledgement.seen(request.place))
        approval = _approval(request, permission)
        outcomes = list(await self._stated(request, asked, approval))
        for command in asked:
            if not isinstance(command, Remember) and requests.other_token(command) in wished - request.settled:
                outcomes += await self._carried_out(command, request, approval)
        is_done = all(is_final(outcome) for outcome in outcomes)
        settled = (request.settled | wished if is_done else request.settled) & now
        return await self._acknowledged(request.place, tuple(outcomes), settled, seen)

    async def retract(self, request: Request, permission: str) -> Curated:
        """Forget the facts of a comment that was deleted. No later run would know: a failure says what to do."""
        ids: list[str] = []
        outcomes: tuple[Outcome, ...]
        try:
            ids = await self._ids_of(request.place.origin)
            outcomes = await self.writer.forget(ids, approval=_approval(request, permission))
        except MemoryAgentsError as error:
            fix = f"take its facts back by a comment: `/forget {' '.join(ids) or '<id>'}`"
            outcomes = (Refused(asked="the removal of what a deleted comment stated", problem=error.message, fix=fix),)
        return await self._answered(request.place, outcomes, ())

    async def prune(self) -> tuple[Outcome, ...]:
        """Remove the facts that have expired."""
        return await self._tried("Expiry", self.writer.prune())

    async def put_off(self, place: Place, fault: Notice, settled: Collection[str] = ()) -> Curated:
        """Say why nothing can be written now; a later run carries it out. `settled`: what was done before."""
        failed = Failed(asked="", problem=fault.text, fix=fault.fix)
        return await self._acknowledged(place, (failed,), settled, ())

    async def wait(self, place: Place, namespaces: Sequence[str]) -> Curated:
        """Say of labels that were seen that their digests wait until the item is closed."""
        seen = await self._shown(self.acknowledgement.seen(place))
        waiting = tuple(Waiting(number=place.number, namespace=namespace) for namespace in namespaces)
        return await self._answered(place, waiting, (), seen)

    async def keep_digests(self, place: Place, digests: Sequence[tuple[Record, Approval]]) -> Curated:
        """Remember the digests of a labelled issue or pull request, one for each label."""
        seen = await self._shown(self.acknowledgement.seen(place))
        outcomes: list[Outcome] = []
        for record, approval in digests:
            outcomes += await self._tried("the label", self.writer.remember([record], approval=approval))
        return await self._acknowledged(place, tuple(outcomes), (), seen)

    async def _stated(self, request: Request, asked: Sequence[Command], approval: Approval) -> tuple[Outcome, ...]:
        """Store the facts that the sender states, and remove those that the comment states no longer, in one stroke."""
        origin = request.place.origin
        is_own = request.sender.id == request.author.id
        stating = tuple(command for command in asked if isinstance(command, Remember))
        source = _source(request, approval if is_own else None)
        every = facts.facts(
            stating, origin, source=source, said_at=request.said_at, approved_by="" if is_own else approval.by
        )
        try:
            held = frozenset(await self._ids_of(origin))
            taken_out = {origin.id(its) for its in requests.are_facts(request.gone)}
            gone = (held if request.is_whole else held & taken_out) - {fact.id for fact in every.values()}
            new = {its: fact for its, fact in every.items() if request.asks(its) and its not in request.settled}
            stated = [fact for its, fact in every.items() if its in new or fact.id in held]
            if not (new or gone):
                return ()
            outcomes = await self.writer.remember(
                stated,
                approval=approval,
                update=[fact.id for its, fact in new.items() if request.restates(its)],
                removing=sorted(gone),
            )
        except MemoryAgentsError as error:
            return (_failed(Verb.REMEMBER, error),)
        return (*outcomes, *(Forgotten(id=name, how="withdrawn") for name in sorted(gone)))

    async def _ids_of(self, origin: Origin) -> list[str]:
        """The ids of all facts that came from there."""
        return sorted(name for name in await self.writer.ids() if name.startswith(origin.prefix))

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
        globs = (namespace,) if namespace else namespaces.FACTS
        records = await self.reader.list_records(namespaces=globs, limit=_COUNTED)
        shown = tuple(Match(record=record, score=1) for record in records[:LISTED])
        return (Listed(asked=namespace, matches=shown, is_search=False, more=len(records) - len(shown)),)

    async def _tried(self, asked: str, work: Awaitable[tuple[Outcome, ...]]) -> tuple[Outcome, ...]:
        """What the work came to; where a part of memory failed, that."""
        try:
            return await work
        except MemoryAgentsError as error:
            return (_failed(asked, error),)

    async def _acknowledged(
        self, place: Place, outcomes: tuple[Outcome, ...], settled: Collection[str], notices: tuple[Notice, ...]
    ) -> Curated:
        """Reply with the receipt, then show how it ended."""
        if not outcomes:
            return Curated(outcomes=(), notices=notices)
        done = await self._answered(place, outcomes, settled, notices)
        signs = await self._shown(self.acknowledgement.settled(place, well=not any(map(_is_bad, outcomes))))
        return replace(done, notices=done.notices + signs)

    async def _answered(
        self,
        place: Place,
        outcomes: tuple[Outcome, ...],
        settled: Collection[str],
        notices: tuple[Notice, ...] = (),
    ) -> Curated:
        """Reply with the receipt. `settled`: tokens of what is done now."""
        if not outcomes:
            return Curated(outcomes=(), notices=notices)
        text = answers.answer(outcomes, private=self.private, link=self.link)
        done = all(is_final(outcome) for outcome in outcomes)
        receipt = requests.receipt(place.origin, done=done, settled=settled)
        url, failure = "", None
        try:
            # a second run has nothing new to say, and less than the first
            leave = receipt if all(_is_unchanged(outcome) for outcome in outcomes) else ""
            url = await self.acknowledgement.answer(place, f"{receipt}\n{text}", leave=leave)
        except GitHubFailure as error:
            failure = error
            notices += (Notice(text=f"No reply was posted. {error.message}", fix=error.fix),)
        return Curated(outcomes=outcomes, reply=text, reply_url=url, unanswered=failure, notices=notices)

    async def _shown(self, sign: Awaitable[None]) -> tuple[Notice, ...]:
        """Show a sign; that it could not be shown is no reason to stop."""
        try:
            await sign
        except GitHubFailure as failure:
            return (Notice(text=f"No reaction was added. {failure.message}", fix=failure.fix),)
        return ()


def _failed(asked: str, error: MemoryAgentsError) -> Failed:
    is_down = isinstance(error, MemoryMissing | MemoryUnreachable | MemoryTimeout | MemoryThrottled)
    return Failed(asked=asked, problem=error.message, fix=error.fix, is_down=is_down)


def _is_unchanged(outcome: Outcome) -> bool:
    return isinstance(outcome, Remembered) and outcome.how == "unchanged"


def _is_bad(outcome: Outcome) -> bool:
    is_unknown = isinstance(outcome, Forgotten) and outcome.how == "unknown"
    return is_unknown or isinstance(outcome, Failed | Refused | TakenBack)


async def _alone(outcome: Awaitable[Outcome]) -> tuple[Outcome, ...]:
    return (await outcome,)


def _approval(request: Request, permission: str) -> Approval:
    sender = request.sender
    return Approval(by=sender.login, by_id=sender.id, permission=permission, url=request.url)


def _source(request: Request, approval: Approval | None) -> Source:
    """Who wrote it; `approval`: the author's own, where it was the author who asked."""
    return Source(
        repository=request.repository,
        number=request.place.number,
        url=request.url,
        author=request.author.login,
        author_id=request.author.id,
        permission=approval.permission if approval is not None else "",
    )
