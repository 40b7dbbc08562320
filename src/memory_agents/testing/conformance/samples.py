"""Records and events for the suite: plain ones, and those in which everything is set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from memory_agents.core.records import Approval, MemoryEvent, Record, Source
from memory_agents.memory.provider import MemoryProvider

APPROVAL = Approval(by="mona", by_id=7, permission="write", url="https://github.com/octo/hello/issues/1")
BEGIN = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
ALL = 10_000
"""more than any test stores"""


def fact(
    number: int = 1,
    text: str = "Indent with tabs.",
    *,
    namespace: str = "codebase/conventions",
    paths: tuple[str, ...] = (),
    replaces: str = "",
) -> Record:
    """A plain fact. The greater its number, the newer it is."""
    return Record(
        id=f"f{number:012x}-1",
        namespace=namespace,
        text=text,
        created_at=BEGIN + timedelta(minutes=number),
        paths=paths,
        replaces=replaces,
    )


def facts(count: int) -> list[Record]:
    """`count` plain facts, each with words of its own."""
    return [fact(number, f"Rule {number} is about part {number} of the parser.") for number in range(1, count + 1)]


WHOLE = Record(
    id="f0123456789ab-2",
    namespace="codebase/conventions",
    text="Ask `octocat` first.\n\n- one\n- two",
    title='Who may merge: "octocat", #1 & 100 % of [bots] \\ (ours)?',
    created_at=BEGIN,
    source=Source(
        repository="octo-org/hello.world_1",
        number=12,
        url="https://github.com/octo-org/hello.world_1/pull/12?w=1&x=%20#issuecomment-3",
        author="dependabot[bot]",
        author_id=49699333,
        permission="maintain",
    ),
    labels=("bug", "area: größe, #2", "good first issue 🎉"),
    state="not_planned",
    paths=("src/api/**", "*.{ts,tsx}", "pages/[id].tsx", "docs/ä ö.md"),
    expires_at=datetime(2031, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    approved=False,
    approved_by="github-actions[bot]",
    proposed_by="memory-agents",
    replaces="f0123456789ab-1",
    cites=("12", "https://github.com/octo-org/hello/issues/4?q=a+b#top"),
)
PAST = Record(
    id="octo-hello-issue-121",
    namespace="reviews/issues",
    text="It hangs.",
    created_at=BEGIN,
    source=Source(repository="octo/hello", number=121),
    state="completed",
)
TEXTS = (
    "x",
    "Größe, naïve, 日本語, العربية, עברית, e\u0301 is no é",
    "👩\u200d👩\u200d👧 and 🏳\ufe0f\u200d🌈, \U0001d518\U0001d52b\U0001d526",
    "one\ntwo\n\n\nfour\n\ttabbed\n    code",
    "    begins with blanks, and ends with two  ",
    "---\nid: not-an-id\n---\nno front matter",
    "\"quoted\" 'single' `code` \\ back\\slash \\n {{ braces }} ${{ x }} %s <b>&amp;</b>",
    "a, b; c: [d] {e} (f) #g @h | i = j * k ~ l ^ m ! n ? o / p + q $ r",
    "null",
    "0",
    '{"json": [1, 2.5, null]}',
    "line\u2028separator\u00a0and\u200bnothing",
)
"""each is kept to the last character"""


def event(
    number: int, text: str = "", *, actor: str = "octocat", session: str = "s1", at: datetime = BEGIN
) -> MemoryEvent:
    """What happened as the `number`th, some microseconds after what was before it."""
    return MemoryEvent(
        id=f"e{number:012x}-1",
        actor_id=actor,
        session_id=session,
        text=text or f"Step {number}.",
        created_at=at + timedelta(microseconds=7 * number),
    )


async def store(provider: MemoryProvider, *records: Record) -> None:
    """Store Records that are new."""
    done = await provider.store_records(records, approval=APPROVAL)
    assert done.stored == tuple(record.id for record in records), done


async def scan(provider: MemoryProvider) -> list[Record]:
    """All that the memory holds, in the order of ids; nothing is given twice."""
    found = [record async for page in provider.scan_records() for record in page]
    assert len({record.id for record in found}) == len(found)
    return sorted(found, key=lambda record: record.id)


def ids(records: Sequence[Record]) -> list[str]:
    """The ids, in order."""
    return [record.id for record in records]
