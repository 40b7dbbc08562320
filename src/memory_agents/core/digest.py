"""A labelled issue or pull request → the Fact that keeps what it taught: a digest, at most 4,000 characters.

No model makes it: the problem in a few lines, how it ended and with what, a maintainer's closing words. It is what
the label approved: what the author changes of the title or text after that is not taken over.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from memory_agents.core.commands import has_command
from memory_agents.core.facts import DIGEST, Origin
from memory_agents.core.fences import one_line, visible
from memory_agents.core.github_events import OWN_MARKER, Account
from memory_agents.core.history import Closing, Item, Person, Remark, closing_words
from memory_agents.core.page import cut
from memory_agents.core.records import Approval, Record, Source
from memory_agents.core.sanitizer import Redacted

MOST_SPEAKERS = 3
"""accounts whose permission is asked for the closing words of one item"""

_TITLE, _PROBLEM, _WORDS, _LABEL, _PATH, _LOGIN = 240, 600, 1_200, 50, 100, 60  # characters that are kept
_LABELS, _PATHS, _CLOSERS = 10, 6, 3
_BLANK_LINES = re.compile(r"\n[ \t]*\n")
_NO_PROSE = re.compile(r"[ \t]*(?:#{1,6}(?:[ \t].*)?|[-=*_ \t]+|\[hidden [^\n]*\]|- \[[ xX]\].*|)[ \t]*")
"""a heading, a rule, the mark of something hidden, a box to tick"""
_HIDDEN = re.compile(r"\[hidden [^\n]*\]")
_CODE = re.compile(r"[ \t]*(?:`{3,}|~{3,})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """That somebody gave an issue or pull request a label, or took it away."""

    number: int
    label: str
    actor: Account
    at: datetime
    is_taken: bool = False
    """whether it was taken away"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renaming:
    """That somebody gave it another title."""

    before: str
    after: str
    actor: Account
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An issue or pull request with what happened to it, as far as a digest tells. Texts are whole, and untrusted."""

    item: Item
    edited_at: datetime | None = None
    """when somebody changed its text last; None where nobody did"""
    labellings: tuple[Labelling, ...] = ()
    """oldest first, as the others are"""
    renamings: tuple[Renaming, ...] = ()
    has_older_renamings: bool = False
    """whether these are only the last of many"""
    remarks: tuple[Remark, ...] = ()
    """the end of the conversation, but for what is hidden"""
    closing: Closing | None = None
    closed_with: tuple[str, ...] = ()
    """pull requests that closed it: `#12`, or `owner/name#12` of another repository"""
    duplicate_of: str = ""
    """in the same form"""
    paths: tuple[str, ...] = ()
    """of a pull request: changed files, not all of many"""
    paths_total: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it is closed or merged."""
        return self.item.closed_at is not None


def labelling(story: Story, label: str) -> Labelling | None:
    """Who set the label that the item has now, and when; None where it has none of that name. Names ignore case."""
    name = label.lower()
    if name not in (each.lower() for each in story.item.labels):
        return None
    last = next((each for each in reversed(story.labellings) if each.label.lower() == name), None)
    return None if last is None or last.is_taken else last


def speakers(story: Story) -> tuple[Account, ...]:
    """Whose closing words may count, if they may write: whoever closed it, then the others, the latest first."""
    if story.closing is None:
        return ()
    last_first = sorted(story.remarks, key=lambda remark: (remark.created_at, remark.id), reverse=True)
    people = {each.id: each for each in (story.closing.actor, *(remark.author for remark in last_first))}
    saying = (each for each in people.values() if words_of(story, each.id) is not None)
    return tuple(Account(login=each.login, id=each.id) for each in saying)[:MOST_SPEAKERS]


def words_of(story: Story, speaker: int) -> Remark | None:
    """The last words of an account about when it was closed: no bot's, no command, none of our own comments."""
    if story.closing is None:
        return None
    said = [each for each in story.remarks if each.author.id == speaker and _is_said(each)]
    if not said:
        return None
    return closing_words(story.item, replace(story.closing, actor=said[0].author), said)


def digest_record(
    story: Story,
    label: Labelling,
    words: Remark | None,
    *,
    origin: Origin,
    namespace: str,
    repository: str,
    approval: Approval,
    redact: Callable[[str], Redacted],
) -> Record:
    """The Fact of an item that is over, on the word of whoever set `label`.

    `words`: the closing words. `repository`: `owner/name`. `redact`: takes secrets out before anything is cut.
    """
    story = _as_labelled(story, label)
    item = story.item

    def clean(text: str) -> str:
        return visible(redact(text).text).strip()

    return Record(
        id=origin.id(DIGEST),
        namespace=namespace,
        title=one_line(redact(item.title).text, _TITLE),
        text="\n\n".join(_paragraphs(story, words, clean)),
        created_at=item.closed_at or item.created_at,
        source=Source(
            repository=repository, number=item.number, url=item.url, author=item.author.login, author_id=item.author.id
        ),
        labels=item.labels,
        state=item.outcome,
        approved_by=approval.by,
    )


def _as_labelled(story: Story, label: Labelling) -> Story:
    """The item without the label itself, and without what its author made of it after somebody else set that.

    GitHub says of the text only when it was changed last, and what an editor leaves may be the author's: then there
    is none.
    """
    others = tuple(each for each in story.item.labels if each.lower() != label.label.lower())
    item = replace(story.item, labels=others)
    if item.author.id == label.actor.id:
        return replace(story, item=item)
    is_edited = story.edited_at is not None and story.edited_at >= label.at
    return replace(story, item=replace(item, title=_title(story, label), body="" if is_edited else item.body))


def _title(story: Story, label: Labelling) -> str:
    """The title that the item had when the label was set, or that somebody but its author gave it after that."""
    item = story.item
    later = [each for each in story.renamings if each.at >= label.at]
    if not later:
        return item.title
    is_known = len(later) < len(story.renamings) or not story.has_older_renamings
    title = later[0].before if is_known else f"#{item.number}"
    for renaming in later:
        title = title if renaming.actor.id == item.author.id else renaming.after
    return title


def _paragraphs(story: Story, words: Remark | None, clean: Callable[[str], str]) -> Iterator[str]:
    item = story.item
    if problem := _first_paragraph(clean(item.body)):
        yield f"{_login(item.author)} wrote:"
        yield _quoted(problem, _PROBLEM)
    yield _ending(story)
    if item.labels:
        yield f"Labels: {_named(item.labels, _LABELS, _LABEL)}."
    if story.paths:
        total = max(story.paths_total, len(story.paths))
        yield f"It changed {total} {'file' if total == 1 else 'files'}: {_named(_top(story.paths), _PATHS, _PATH)}."
    if words is not None:
        yield f"{_login(words.author)} wrote when it was closed:"
        yield _quoted(clean(words.body), _WORDS)


def _ending(story: Story) -> str:
    """How it ended, by whom and with what, as a sentence."""
    item, closing = story.item, story.closing
    ended = {
        "open": "Not closed yet",
        "merged": "Merged",
        "duplicate": "Closed as a duplicate",
        "closed": "Closed without being merged" if item.is_pull_request else "Closed",
    }.get(item.outcome, f"Closed as {item.outcome.replace('_', ' ')}")
    if story.duplicate_of and item.outcome == "duplicate":
        ended += f" of {story.duplicate_of}"
    if item.closed_at is not None:
        ended += f" on {item.closed_at.date()}"
    if closing is not None:
        ended += " by its author" if closing.actor.id == item.author.id else f" by {_login(closing.actor)}"
    pulls = story.closed_with[:_CLOSERS]
    parts = [f"pull request{'s' if len(pulls) > 1 else ''} {', '.join(pulls)}"] if pulls else []
    if closing is not None and closing.commit:
        parts.append(f"commit {closing.commit[:12]}")
    return f"{ended}{' with ' if parts else ''}{' and '.join(parts)}."


def _first_paragraph(text: str) -> str:
    """The first words that say something: no heading or comment of a template, and code only if there is no prose."""
    prose: list[str] = []
    for block in _BLANK_LINES.split(text):
        said = "\n".join(line for line in block.split("\n") if not _NO_PROSE.fullmatch(line))
        if said:
            prose.append(said)
    return next((each for each in prose if not _CODE.match(each)), prose[0] if prose else "")


def _is_said(remark: Remark) -> bool:
    body = remark.body
    is_ours = body.startswith(OWN_MARKER)
    return not (remark.author.is_bot or is_ours or has_command(body)) and bool(_HIDDEN.sub("", visible(body)).strip())


def _top(paths: Sequence[str]) -> list[str]:
    """Few paths as they are; of many the folders, those with the most first."""
    if len(paths) <= _PATHS:
        return list(paths)
    folders = Counter("/".join(path.split("/")[:-1][:2]) or "." for path in paths)
    return [f"{folder}/" for folder, _ in folders.most_common()]


def _named(names: Sequence[str], most: int, longest: int) -> str:
    """Names of labels or paths, which anybody may have made, as code."""
    shown = ", ".join("`" + one_line(name, longest).replace("`", "'") + "`" for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _quoted(text: str, limit: int) -> str:
    """The text as a Markdown quote of at most so many characters, nothing of which reaches past it."""
    quote = "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
    return quote if len(quote) <= limit else cut(quote, limit - 1) + "…"


def _login(person: Person) -> str:
    return one_line(person.login, _LOGIN)
