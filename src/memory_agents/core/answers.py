"""Outcomes → the one reply to a comment or a label, as Markdown: what happened, and what to do next.

What it repeats of anybody's text stands inert, on lines that begin with our own words. Where memory is private, it
names ids alone: the reply is as public as the thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from memory_agents.core.facts import DIGEST
from memory_agents.core.fences import one_line
from memory_agents.core.namespaces import HISTORY_PREFIX
from memory_agents.core.outcomes import (
    AlreadyKnown,
    Explained,
    Failed,
    Forgotten,
    Listed,
    Outcome,
    Refused,
    Remembered,
    SetApart,
    TakenBack,
    Waiting,
)
from memory_agents.core.records import HTTP_URL, Match, Record
from memory_agents.core.replies import reply_safe
from memory_agents.errors import sentence

LONGEST = 60_000
"""characters of a reply: GitHub takes 65,536, and a receipt stands before it"""

_TEXT, _WORD, _REASONS, _PROBLEM = 200, 100, 120, 600  # characters that are shown
_PATHS, _RELATED, _LISTED, _KINDS = 5, 3, 20, 10  # how many are shown
_HOST = re.compile(r"https?://[^/]+/")
_NOTHING_LOST = "Nothing is lost: the next catch-up run tries it again."
_OVER = 200  # characters for how many were left out, and how to take back
_STATUS = {
    "degraded": "A part of memory did not answer, so this may not be all.",
    "unavailable": "Memory did not answer, so this says little.",
}


def answer(outcomes: Sequence[Outcome], *, private: bool, link: Callable[[Record], str]) -> str:
    """The reply, at most LONGEST characters. `link`: where a person finds a fact; may be empty."""
    told = [_Telling(private, link).tell(outcome) for outcome in outcomes]
    kept: list[str] = []
    room = LONGEST - _OVER
    for part in told:
        room -= len(part) + 2
        if room < 0:
            break
        kept.append(part)
    if more := len(told) - len(kept):
        kept.append(f"And {_counted(more, 'more answer')} that this reply has no room for.")
    if hint := _how_to_take_back(outcomes):
        kept.append(hint)
    return "\n\n".join(kept)


def _how_to_take_back(outcomes: Sequence[Outcome]) -> str:
    ids = [one.record.id for one in outcomes if isinstance(one, Remembered)]
    if not ids:
        return ""
    return f"To take it back: {_code(f'/forget {ids[0]}')}." if len(ids) == 1 else "To take one back: `/forget <id>`."


@dataclass(frozen=True, slots=True)
class _Telling:
    """What is told of an Outcome."""

    private: bool
    link: Callable[[Record], str]

    def tell(self, outcome: Outcome) -> str:
        match outcome:
            case Remembered():
                return self._remembered(outcome)
            case AlreadyKnown(record=record):
                return self._already_known(record)
            case Listed():
                return self._listed(outcome)
            case Explained():
                return self._explained(outcome)
            case Refused(asked=asked, problem=problem, fix=fix):
                return _joined(f"{_asked(asked)} was not carried out.", self._problem(problem), _fix(fix))
            case Failed(asked=asked, fix=fix):
                problem = self._problem(outcome.problem) or "The log of the run says more."
                fix = "" if self.private else _fix(fix)
                head = f"{_asked(asked)} was not carried out yet." if asked else "Nothing was carried out yet."
                return _joined(head, problem, _NOTHING_LOST, fix)
            case _:
                return self._sentence(outcome)

    def _sentence(self, outcome: TakenBack | Forgotten | SetApart | Waiting) -> str:
        match outcome:
            case TakenBack(id=name):
                return (
                    f"{_code(name)} was forgotten before, so it is not stored again. "
                    "To remember it after all, say it in a new comment."
                )
            case Forgotten(id=name, how="forgotten"):
                return (
                    f"Forgot {_code(name)}. It is no longer recalled, and where it was said does not bring it back. "
                    "To say it again, use a new comment."
                )
            case Forgotten(id=name, how="withdrawn"):
                return f"Took {_code(name)} back, for it is not stated here any longer."
            case Forgotten(id=name):
                return f"There is no fact {_code(name)}, so nothing was forgotten. `/memories` lists the ids."
            case SetApart(number=number, other=other):
                return f"Noted: #{number} and #{other} are not duplicates of each other."
            case Waiting(number=number, namespace=namespace):
                where = "" if self.private else f" in {_code(namespace)}"
                return f"A digest of #{number} will be remembered{where} when it is closed."

    def _problem(self, problem: str) -> str:
        return "" if self.private else _said(problem)

    def _remembered(self, outcome: Remembered) -> str:
        record = outcome.record
        verb = {"stored": "Remembered as", "updated": "Updated", "unchanged": "Remembered already as"}[outcome.how]
        head = f"{verb} {self._name(record)}{self._where(record)}."
        notes: list[str] = []
        if outcome.redacted:
            kinds = ", ".join(map(_code, outcome.redacted[:_KINDS]))
            are = "A secret was" if len(outcome.redacted) == 1 else "Secrets were"
            it, was = ("it", "it was") if len(outcome.redacted) == 1 else ("them", "they were")
            notes.append(
                f"{are} taken out before it was stored ({kinds}), but the text above still shows {it}: "
                f"revoke {it} if {was} real, then edit the text."
            )
        if record.paths and not self.private:
            notes.append(f"It is about {_list(map(_code, record.paths), _PATHS)}.")
        if record.expires_at and not self.private:
            notes.append(f"It expires on {record.expires_at:%Y-%m-%d}.")
        if outcome.replaced:
            notes.append(f"It replaces {_code(outcome.replaced)}, which the history of memory keeps.")
        listed = "\n".join(f"- {note}" for note in notes)
        return "\n\n".join(filter(None, (head, listed, self._related(outcome))))

    def _related(self, outcome: Remembered) -> str:
        """Facts on the same matter, for a person to see whether they contradict it."""
        related = outcome.related[:_RELATED]
        is_digest = outcome.record.id.endswith(DIGEST)  # of an item: there is no comment to edit
        if not related:
            return ""
        if len(related) == 1:
            head, place = "Another fact is", "its place"
            begin = _code(f"/remember replaces={related[0].record.id}")
        else:
            head, place, begin = "Other facts are", "the place of one", "`/remember replaces=<id>`"
        items = "\n".join(self._item(match, is_scored=False) for match in related)
        how = "take the other back: `/forget <id>`" if is_digest else f"edit the comment so that it begins {begin}"
        hint = f"If the new one takes {place}, {how}."
        return f"{head} perhaps on the same matter; see that they agree:\n\n{items}\n\n{hint}"

    def _already_known(self, record: Record) -> str:
        head = f"This is known already as {self._name(record)}{self._where(record)}, so nothing was stored."
        text = "" if self.private else f"\n\n- {_inert(record.text, _TEXT)}"
        return f"{head}{text}\n\nTo change it: {_code(f'/remember replaces={record.id}')} and the new text."

    def _listed(self, outcome: Listed) -> str:
        about = "" if self.private or not outcome.asked.strip() else _inert(outcome.asked, _WORD)
        total = len(outcome.matches) + outcome.more
        if outcome.is_search:
            head = "Nothing was found" if not total else f"Found {_counted(total, 'memory', 'memories')}"
            head += f" for: {about}" if about else ""
        else:
            head = f"There {'is' if total == 1 else 'are'} {_counted(total, 'fact') if total else 'no facts'}"
            head += f" in {_code(outcome.asked)}" if about else ""
        return self._with_items(head, outcome.matches, more=outcome.more, is_scored=outcome.is_search)

    def _explained(self, outcome: Explained) -> str:
        sections = [(name, matches) for name, matches in outcome.sections if matches]
        note = _STATUS.get(outcome.status, "")
        if not sections:
            return _joined("Nothing that is known bears on this thread.", note)
        parts = [_joined("This is what is recalled for this thread as it reads now.", note)]
        for name, matches in sections:
            title = _inert(name.replace("_", " ").capitalize(), _WORD)
            parts.append(self._with_items(title, matches, more=0, is_scored=True))
        return "\n\n".join(parts)

    def _with_items(self, head: str, matches: Sequence[Match], *, more: int, is_scored: bool) -> str:
        if not matches:
            return f"{head}."
        items = [self._item(match, is_scored=is_scored) for match in matches[:_LISTED]]
        if more := more + len(matches) - len(items):
            items.append(f"- and {more:,} more")
        return "\n".join((f"{head}:", "", *items))

    def _item(self, match: Match, *, is_scored: bool) -> str:
        record = match.record
        if self.private:
            return f"- {_code(record.id)}"
        said = _inert(record.title or record.text, _TEXT)
        why = _inert("; ".join(match.reasons), _REASONS)
        score = _joined(f"({match.score:.0%}{'; ' if why else ''}{why})") if is_scored else ""
        return _joined(f"- {self._name(record)}{self._where(record)}: {said}", score)

    def _name(self, record: Record) -> str:
        """The id, linked to where the record is seen: of a fact its file, of a past item its own page."""
        name, url = _code(record.id), "" if self.private else self.link(record)
        if record.namespace.startswith(HISTORY_PREFIX):
            host = _HOST.match(url)
            url = record.source.url if host and record.source.url.startswith(host.group()) else ""
        return f"[{name}]({url})" if HTTP_URL.fullmatch(url) else name

    def _where(self, record: Record) -> str:
        return "" if self.private else f" in {_code(record.namespace)}"


def _asked(asked: str) -> str:
    """What was asked for, as the beginning of a sentence."""
    if asked.startswith("/"):
        return _code(asked)
    text = _inert(asked, _WORD)
    return text[:1].upper() + text[1:]


def _said(problem: str) -> str:
    return sentence(_inert(problem, _PROBLEM))


def _fix(fix: str) -> str:
    return _said(f"Fix: {fix}") if fix.strip() else ""


def _list(shown: Iterable[str], most: int) -> str:
    """`a, b and 3 more`."""
    every = list(shown)
    left = len(every) - most
    return ", ".join(every[:most]) + (f" and {left} more" if left > 0 else "")


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _code(text: str) -> str:
    """A word in a code span, where nothing of it is alive."""
    word = one_line(text, _WORD).replace("`", "'").replace("<!--", "< !--")
    return f"`{word or '?'}`"


def _inert(text: str, limit: int) -> str:
    """Untrusted text on one line; in code, where all stays as it is, nothing may read like our marker."""
    return reply_safe(one_line(text, limit)).replace("<!--", "< !--")
