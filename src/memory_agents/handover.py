"""Handing a run's results to the steps that follow and to people: outputs, files, summary, annotations, log."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from memory_agents.core.context import MemoryView, PromptContext
from memory_agents.core.outcomes import (
    AlreadyKnown,
    Explained,
    Failed,
    Forgotten,
    Listed,
    Outcome,
    Remembered,
    SetApart,
)
from memory_agents.core.records import Notice
from memory_agents.core.summary import NO_MEMORY, counted, recall_summary
from memory_agents.edges.actions import Runner
from memory_agents.memory.integration import Status
from memory_agents.monitors.base import Recalled
from memory_agents.operations import history_report
from memory_agents.operations.history import Reading
from memory_agents.settings import Environment, Settings

if TYPE_CHECKING:
    from memory_agents.curation import Curated  # a recall needs none of it
    from memory_agents.operations.catch_up import CaughtUp

_TOLD = 5
"""annotations of one run; a runner keeps ten for a step, and other tools want some"""


_ACTIONS: tuple[tuple[str, tuple[type[Outcome], ...]], ...] = (
    ("remembered", (Remembered, AlreadyKnown, SetApart)),
    ("forgotten", (Forgotten,)),
    ("listed", (Listed,)),
    ("explained", (Explained,)),
)


def recalled(
    done: Recalled,
    notices: Sequence[Notice],
    *,
    environment: Environment,
    runner: Runner,
    settings: Settings,
    comment: str,
    private: bool,
) -> None:
    """Give the prompt to the step that follows, and tell people what happened.

    `comment`: a line on what became of the comment; may be empty. `private`: memory is not kept in this
    repository, so its texts are not told.
    """
    prompt, recollection = done.prompt, done.recollection
    context, info = prompt.context, recollection.info
    told = [notice.told(private=private) for notice in notices]
    _warn(told, runner)
    if environment.output_file is None:
        sys.stdout.write(prompt.text)  # on the command line the prompt is what was asked for
        return
    folder = Path(tempfile.mkdtemp(prefix="memory-agents-", dir=environment.temporary))
    (folder / "prompt.md").write_text(prompt.text, encoding="utf-8", newline="")
    (folder / "context.json").write_text(context.model_dump_json(indent=2), encoding="utf-8", newline="")
    runner.output("status", recollection.status)
    runner.output("action", "recalled")
    runner.output("prompt", prompt.text)
    runner.output("prompt-file", str(folder / "prompt.md"))
    runner.output("context-file", str(folder / "context.json"))
    runner.output("similar", json.dumps(similar(context)))
    runner.output("records", "[]")
    runner.summary(
        recall_summary(
            context,
            notices=told,
            seconds=recollection.seconds,
            prompt_bytes=len(prompt.text.encode()),
            template=prompt.template,
            no_memory=_no_memory(settings) if info is not None and info.is_new else "",
            private=private,
        )
    )
    if comment:
        runner.summary(comment)
    runner.log(
        f"{recollection.status}: {counted(len(context.memories()))} in {recollection.seconds:.2f} s, "
        f"a prompt of {len(prompt.text.encode())} bytes in {folder / 'prompt.md'}"
    )


def _no_memory(settings: Settings) -> str:
    """Where there is no memory yet, and the next step."""
    places = {
        "git": (f"on the branch `{settings.memory_branch}`", "memory-branch"),
        "chromadb": ("in Chroma", "chroma-url"),
        "agentcore": ("in AgentCore", "agentcore-memory-id"),
    }
    where, name = places[settings.provider]
    return NO_MEMORY.format(where=where, input=name)


def indexed(done: Reading, *, runner: Runner) -> None:
    """Say what an index run did; whether the history is worth saving is an output of its own."""
    if done.status is Status.UNAVAILABLE and done.notices:
        runner.error(str(done.notices[0]))
    else:
        _warn([str(notice) for notice in done.notices], runner)
    _no_recall(runner, status=done.status, action="indexed")
    runner.output("history-changed", str(done.is_worth_saving).lower())
    runner.summary(history_report.summary(done))
    runner.log(history_report.told(done))


def denied(reason: str, notice: Notice | None, *, runner: Runner) -> None:
    """Say that nothing is written, for its sender may not or GitHub does not say; no reaction, no reply."""
    if notice is not None:
        runner.error(str(notice))
    runner.log(reason)
    runner.summary(f"**memory-agents**: {reason}")
    _no_recall(runner, status="skipped" if notice is None else "unavailable", action="denied")


def curated(done: Curated, *, runner: Runner, private: bool, dry_run: bool) -> None:
    """Say what became of what somebody asked to write."""
    _warn([notice.told(private=private) for notice in done.notices], runner)
    failed = _told_failures(done.outcomes, runner=runner, private=private)
    status = Status.OK if not failed else Status.UNAVAILABLE if len(failed) == len(done.outcomes) else Status.DEGRADED
    ids = [name for outcome in done.outcomes for name in _changed(outcome)]
    _no_recall(runner, status=status, action=_action(done.outcomes), records=ids)
    head = "Dry run: nothing was written. This would be answered:" if dry_run else "Answered:"
    if done.unanswered is not None:
        head = "This could not be answered in the thread:"
    said = (head, done.reply, done.reply_url) if done.reply else ("Nothing was to be done.",)
    runner.summary("\n\n".join(part for part in (f"### memory-agents: {status}", *said) if part))
    runner.log(f"{status}: {', '.join(ids) or 'nothing was written'}{' (dry run)' if dry_run else ''}")


def caught_up(done: CaughtUp, *, runner: Runner, private: bool, dry_run: bool) -> None:
    """Say what a catch-up run did; whether its place is worth saving is an output of its own."""
    _warn([notice.told(private=private) for notice in done.notices], runner)
    failed = _told_failures(done.outcomes, runner=runner, private=private)
    status = Status.DEGRADED if done.notices or failed else Status.OK
    ids = [name for outcome in done.outcomes for name in _changed(outcome)]
    _no_recall(runner, status=status, action="caught-up", records=ids)
    if not dry_run:
        runner.output("place-changed", "true")
    what = f"{done.looked_at} comments, reviews and labels looked at; {_written(done.outcomes)}"
    told = f"{'Dry run: nothing was written. ' if dry_run else ''}{what}"
    runner.summary(f"### memory-agents: {status}\n\nCaught up. {told}.")
    runner.log(f"{status}: {told}")


def _told_failures(outcomes: Sequence[Outcome], *, runner: Runner, private: bool) -> list[Failed]:
    """Annotate what failed; where memory is `private`, what it says of itself is not for this log."""
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    for one in failed[:_TOLD]:
        what = f"{one.asked} was not carried out." if one.asked else "Nothing was carried out."
        runner.error(what if private else str(Notice(text=f"{what} {one.problem}", fix=one.fix)))
    return failed


def not_done(notice: Notice, *, runner: Runner) -> None:
    """Say why what somebody asked for could not be looked at; a catch-up run does it."""
    runner.error(str(notice))
    runner.summary(f"**memory-agents**: nothing was carried out yet. {notice}")
    _no_recall(runner, status=Status.UNAVAILABLE, action="ignored")


def not_caught_up(notice: Notice, *, runner: Runner) -> None:
    """Say why a catch-up run could do nothing; the run fails, so that somebody sees it."""
    runner.error(str(notice))
    runner.summary(f"**memory-agents**: nothing was caught up with. {notice}")
    _no_recall(runner, status=Status.UNAVAILABLE, action="caught-up")


def _written(outcomes: Sequence[Outcome]) -> str:
    """How many facts were written and removed, in words."""
    stored = sum(isinstance(one, Remembered) and one.how != "unchanged" for one in outcomes)
    removed = sum(isinstance(one, Forgotten) and one.how != "unknown" for one in outcomes)
    others = sum(not isinstance(one, Remembered | Forgotten | Failed) for one in outcomes)
    return f"facts stored: {stored}, removed: {removed}, other answers: {others}"


def _no_recall(runner: Runner, *, status: str, action: str, records: Sequence[str] = ()) -> None:
    for name, value in (("status", status), ("action", action), ("similar", "[]"), ("records", json.dumps(records))):
        runner.output(name, value)


def _changed(outcome: Outcome) -> tuple[str, ...]:
    """Ids of what was written or removed."""
    match outcome:
        case Remembered(record=record, how="stored" | "updated"):
            return (record.id,)
        case Forgotten(id=name, how="forgotten" | "withdrawn"):
            return (name,)
        case _:
            return ()


def _action(outcomes: Sequence[Outcome]) -> str:
    """The output `action`: what weighs most."""
    done = [one for one in outcomes if not (isinstance(one, Forgotten) and one.how == "unknown")]
    return next((action for action, kinds in _ACTIONS if any(isinstance(one, kinds) for one in done)), "ignored")


def similar_issues(context: PromptContext) -> list[MemoryView]:
    """The similar past issues and pull requests, best first."""
    memories = (m for section in context.sections for m in section.memories if section.name == "similar_issues")
    return [memory for memory in memories if memory.number is not None]


def similar(context: PromptContext) -> list[dict[str, object]]:
    """The output `similar`."""
    fields = {"number", "title", "url", "state", "score", "reasons"}
    return [memory.model_dump(include=fields) for memory in similar_issues(context)]


def _warn(told: Sequence[str], runner: Runner) -> None:
    for notice in told[:_TOLD]:
        runner.warning(notice)
    if len(told) > _TOLD:
        runner.warning(f"{len(told) - _TOLD} more of this kind: see the step summary.")
