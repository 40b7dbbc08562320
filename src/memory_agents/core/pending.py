"""What was asked for and never done: GitHub's lists are the queue, our replies and the facts are the receipts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from memory_agents.core.commands import parse
from memory_agents.core.github_events import OWN_MARKER, Account
from memory_agents.core.requests import Place, Receipt, read_receipt, said


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A comment, review comment or review, as GitHub's lists have it."""

    place: Place
    node_id: str
    body: str
    author: Account
    url: str
    created_at: datetime
    updated_at: datetime

    @property
    def is_edited(self) -> bool:
        """Whether it was changed after it was made: then everybody who edited it counts."""
        return self.updated_at != self.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A label was set on an issue or pull request, or it was closed."""

    number: int
    labels: tuple[str, ...]
    """the one that was set; of a closed one those that it has"""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A comment whose Commands were not carried out as they stand now."""

    written: Written
    receipt: Receipt | None
    """what was answered before, as far as the lists tell"""


def pending(written: Sequence[Written], own_id: int, known: Sequence[str], held: Collection[str]) -> list[Pending]:
    """What is left to do, oldest first.

    `own_id`: whom the token acts as; only that account's replies count. `held`: ids of all facts.
    """
    answered = {}
    for one in written:
        receipt = read_receipt(one.body) if one.author.id == own_id else None
        if receipt is not None:
            answered[receipt.kind, receipt.key] = receipt
    found = []
    for one in sorted(written, key=lambda one: (one.updated_at, one.place.origin.key)):
        if one.author.is_bot or one.author.id == own_id or one.body.startswith(OWN_MARKER):
            continue
        receipt = answered.get((one.place.origin.kind, one.place.origin.key))
        if _is_left(one, receipt, known, held):
            found.append(Pending(written=one, receipt=receipt))
    return found


def _is_left(one: Written, receipt: Receipt | None, known: Sequence[str], held: Collection[str]) -> bool:
    """Whether it asks for something that is not settled, or a fact stands that it does not state any longer."""
    now = said(parse(one.body, known, said_on=one.created_at.date()))
    origin = one.place.origin
    if any(name.startswith(origin.prefix) and name.removeprefix(origin.prefix) not in now for name in held):
        return True
    settled = receipt.settled if receipt is not None and receipt.done else frozenset()
    return bool(now.keys() - settled)
