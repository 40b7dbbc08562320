"""What a backup, a restore or a move did: for a person, and for a program."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from memory_agents.core.backup import Header
from memory_agents.core.fences import one_line
from memory_agents.core.records import Notice, ProviderInfo
from memory_agents.operations.backup import Taken
from memory_agents.operations.copying import Copied
from memory_agents.operations.reading import Answer

_NAMED = 20
"""ids, or records that were refused, that a person is told"""


def of_backup(taken: Taken, output: str, size: int = 0) -> Answer:
    """A backup that was made; exit code 1 where the memory could be read in part only."""
    header = taken.header
    missing = _partial(taken.notices)
    told = [
        f"Kept {_counted(header.records, 'record')}, {_counted(header.forgotten, 'forgotten id')} and "
        f"{_counted(header.apart, 'pair')} of issues kept apart in {output}"
        + (f" ({size / 1e6:,.1f} MB)." if size else "."),
        f"From {header.provider}: {one_line(header.location)}",
        "Short-term events of sessions are not in it: they end by themselves.",
        *_not_whole("The backup", missing),
    ]
    value = {
        "output": output,
        "bytes": size,
        "provider": header.provider,
        "location": header.location,
        "created_at": header.created_at.isoformat(),
        "records": header.records,
        "forgotten": header.forgotten,
        "apart": header.apart,
        "sha256": header.sha256,
        "is_whole": not missing,
        "notices": list(map(str, taken.notices)),
    }
    return Answer(value, "\n".join(told), taken.notices, code=1 if missing else 0)


def of_restore(copied: Copied, header: Header, target: ProviderInfo, *, dry_run: bool) -> Answer:
    """What became of a backup; exit code 1 where some of it could not be kept."""
    begun = (
        f"{_counted(header.records, 'record')} of {header.provider}, kept at {header.created_at:%Y-%m-%d %H:%M} UTC:"
    )
    told = [begun, *_told(copied, dry_run=dry_run), _ending(target, dry_run=dry_run)]
    value = {"dry_run": dry_run, "provider": target.provider, "location": target.location, **_value(copied)}
    return Answer(value, "\n".join(told), target.notices, code=1 if copied.refused or copied.unsure else 0)


def of_move(
    copied: Copied, unseen: Collection[str], source: ProviderInfo, target: ProviderInfo, *, dry_run: bool
) -> Answer:
    """What became of a memory that was copied; exit code 1 where not all of it is known at the target.

    `unseen`: ids that the target has taken and does not show.
    """
    missing = _partial(source.notices)
    told = [
        f"{_counted(copied.done, 'record')} of {source.provider} ({one_line(source.location)}):",
        *_told(copied, dry_run=dry_run),
        *_unseen(sorted(unseen)),
        *_not_whole("What was copied", missing),
        _ending(target, dry_run=dry_run),
        f"{source.provider} stays as it is.",
    ]
    is_done = not (copied.refused or copied.unsure or missing)
    if is_done and not dry_run:
        told.append(f"Next: set `provider: {target.provider}` in the workflows, and MEMORY_PROVIDER where you work.")
    value = {
        "dry_run": dry_run,
        "from": {"provider": source.provider, "location": source.location},
        "to": {"provider": target.provider, "location": target.location},
        **_value(copied),
        "not_seen_yet": sorted(unseen),
        "is_whole": not missing,
        "notices": [str(notice) for notice in (*source.notices, *target.notices)],
    }
    return Answer(value, "\n".join(told), (*source.notices, *target.notices), code=0 if is_done else 1)


def _told(copied: Copied, *, dry_run: bool) -> list[str]:
    lines = [
        f"  {'would be stored' if dry_run else 'stored'}: {copied.stored:,}"
        + (f", {copied.redacted:,} of them without the secrets in them" if copied.redacted else ""),
        f"  there already, left as they were: {copied.unchanged:,}",
    ]
    if copied.taken_back:
        lines.append(f"  forgotten there, not stored again: {copied.taken_back:,}")
    if copied.forgotten:
        removed = f", {copied.removed:,} of which were remembered there" if copied.removed else ""
        lines.append(f"  ids {'to forget' if dry_run else 'forgotten'} there: {copied.forgotten:,}{removed}")
    if copied.apart:
        lines.append(f"  pairs of issues kept apart: {copied.apart:,}")
    if copied.refused:
        lines.append(f"  cannot be kept there: {len(copied.refused):,}")
        lines += [f"    {its}: {one_line(str(error), 200)}" for its, error in list(copied.refused.items())[:_NAMED]]
    if copied.unsure:
        lines.append(f"  not known whether they are there: {_named(sorted(copied.unsure))}. Fix: run it again")
    return lines


def _ending(target: ProviderInfo, *, dry_run: bool) -> str:
    where = f"{target.provider}: {one_line(target.location)}"
    return f"Dry run: nothing was changed in {where}" if dry_run else f"Written to {where}"


def _unseen(ids: Sequence[str]) -> list[str]:
    """Records that were taken and are not shown: some services take minutes to show what was written."""
    if not ids:
        return []
    return [f"  taken, but not seen there yet: {_named(ids)}. Fix: run it again in some minutes, which looks for them"]


def _named(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _NAMED:,} more" if len(ids) > _NAMED else ""
    return ", ".join(ids[:_NAMED]) + more


def _partial(notices: Sequence[Notice]) -> tuple[Notice, ...]:
    return tuple(notice for notice in notices if notice.partial)


def _not_whole(what: str, missing: Sequence[Notice]) -> list[str]:
    if not missing:
        return []
    return [f"{what} is NOT WHOLE: a part of memory could not be read. The notes below say which, and the fix."]


def _value(copied: Copied) -> dict[str, object]:
    return {
        "stored": copied.stored,
        "unchanged": copied.unchanged,
        "taken_back": copied.taken_back,
        "redacted": copied.redacted,
        "forgotten": copied.forgotten,
        "removed": copied.removed,
        "apart": copied.apart,
        "refused": {its: str(error) for its, error in copied.refused.items()},
        "unsure": sorted(copied.unsure),
    }


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' if count != 1 else ''}"
