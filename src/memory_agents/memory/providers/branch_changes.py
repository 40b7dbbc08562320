"""What a write changes on the branch, decided from what the branch holds: pure.

`meta/forgotten/<id>.yml` says that an id was forgotten, `meta/not-duplicates/<low>-<high>.yml` that two issues are no
duplicates; what the files say is for people.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from memory_agents.core.records import HTTP_URL, ID, Approval, BatchResult, Record
from memory_agents.core.yaml_text import YamlFault
from memory_agents.errors import MemoryFailure, MemoryRefused
from memory_agents.memory.providers import fact_file
from memory_agents.memory.providers.branch_commit import Change, message
from memory_agents.memory.providers.branch_readme import README, README_PATH
from memory_agents.memory.providers.front_matter import quoted

_FORGOTTEN = "meta/forgotten/"
_README = {README_PATH: README.encode()}
"""comes with the first commit of a branch"""
_FORGOTTEN_ID = re.compile(rf"{_FORGOTTEN}({ID.pattern})\.yml")
_PAIR = re.compile(r"meta/not-duplicates/([1-9][0-9]{0,17})-([1-9][0-9]{0,17})\.yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the branch holds, as far as a write is concerned."""

    is_there: bool
    """whether there is a branch"""
    paths: Collection[str]
    """of all files"""
    files: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    """id → path → content of the files that hold it: several where a person copied one"""
    added: frozenset[str] = frozenset()
    """ids that had a file at some time, of those that have none now"""

    def is_forgotten(self, record_id: str) -> bool:
        """Whether somebody said that it should not come back."""
        return forgotten_path(record_id) in self.paths


@dataclass(frozen=True, slots=True)
class Write:
    """What is to be written, and what it means for whoever asked."""

    change: Change
    result: BatchResult


def creating(standing: Standing, approval: Approval) -> Write:
    """Make the branch, if there is none."""
    files = {} if standing.is_there else _README
    return Write(Change(files=files, message=message("Begin a memory", (), approval)), BatchResult())


def storing(
    records: Sequence[Record],
    standing: Standing,
    *,
    approval: Approval,
    update: frozenset[str],
    removing: Sequence[str],
) -> Write:
    """Store Records and remove others: see MemoryProvider. Raises MemoryRefused for what no file can hold.

    An id that a Record of the call replaces is removed only if that Record is written now.
    """
    files: dict[str, bytes | None] = {}
    lines: list[str] = []
    taken = set(standing.paths)
    stored, unchanged, taken_back = [], [], []
    wanted = {record.id: record for record in records[::-1]}
    for record in list(wanted.values())[::-1]:
        held = standing.files.get(record.id, {})
        if not held and _is_gone(record.id, standing, update):
            taken_back.append(record.id)
            continue
        written = held if held and record.id not in update else _written(record, held, taken)
        if written == held:
            unchanged.append(record.id)
            continue
        files |= written
        taken.update(written)
        stored.append(record.id)
        lines.append(f"{'Update' if held else 'Remember'} {record.id} in {record.namespace}")
    spared = wanted.keys() | {wanted[its].replaces for its in (*unchanged, *taken_back)}
    gone = [its for its in dict.fromkeys(removing) if its in standing.files and its not in spared]
    for its in gone:
        files |= dict.fromkeys(standing.files[its])
        lines.append(f"Remove {its}")
    subject = ", ".join(_counted(verb, ids) for verb, ids in (("Remember", stored), ("remove", gone)) if ids)
    return Write(
        _change(standing, files, subject, lines, approval),
        BatchResult(
            stored=tuple(stored),
            unchanged=tuple(unchanged),
            removed=tuple(gone),
            missing=tuple(its for its in dict.fromkeys(removing) if its not in standing.files),
            taken_back=tuple(taken_back),
        ),
    )


def forgetting(ids: Sequence[str], standing: Standing, *, approval: Approval) -> Write:
    """Remove Records for good. One whose file is gone already is forgotten too; what never was, is missing."""
    known: list[str] = []
    missing: list[str] = []
    for its in dict.fromkeys(ids):
        is_known = its in standing.files or (its in standing.added and not standing.is_forgotten(its))
        (known if is_known else missing).append(its)
    return Write(_forgotten(known, standing, approval), BatchResult(removed=tuple(known), missing=tuple(missing)))


def keeping_forgotten(ids: Iterable[str], standing: Standing, *, approval: Approval) -> Write:
    """Forget ids, whether they ever were here or not. Raises MemoryRefused for what is no id."""
    new = [its for its in dict.fromkeys(ids) if its in standing.files or not standing.is_forgotten(its)]
    for its in new:
        if not ID.fullmatch(its):
            told = f"Nothing was written: {its[:100]!r} is no id."
            raise MemoryRefused(told, fix="give ids of 8 to 64 of a-z, 0-9, _ and -")
    return Write(_forgotten(new, standing, approval), BatchResult())


def forgotten_ids(paths: Iterable[str]) -> frozenset[str]:
    """The ids that somebody said should not come back."""
    found = (_FORGOTTEN_ID.fullmatch(path) for path in paths)
    return frozenset(its[1] for its in found if its)


def setting_apart(pairs: Iterable[tuple[int, int]], standing: Standing, *, approval: Approval) -> Write:
    """Keep that issues are no duplicates of each other."""
    held = pairs_apart(standing.paths)
    new = sorted({(min(pair), max(pair)) for pair in pairs if 0 < min(pair) < max(pair)} - held)
    files = {f"meta/not-duplicates/{low}-{high}.yml": said_by(approval) for low, high in new}
    lines = [f"Keep issues {low} and {high} apart" for low, high in new]
    return Write(_change(standing, files, f"Keep {len(lines)} pairs of issues apart", lines, approval), BatchResult())


def pairs_apart(paths: Iterable[str]) -> frozenset[tuple[int, int]]:
    """The pairs that are kept, the smaller number first."""
    found = (_PAIR.fullmatch(path) for path in paths)
    return frozenset((int(pair[1]), int(pair[2])) for pair in found if pair and int(pair[1]) < int(pair[2]))


def forgotten_path(record_id: str) -> str:
    """The file that says that an id was forgotten."""
    return f"{_FORGOTTEN}{record_id}.yml"


def _is_gone(record_id: str, standing: Standing, update: frozenset[str]) -> bool:
    return standing.is_forgotten(record_id) or (record_id in standing.added and record_id not in update)


def _forgotten(ids: Sequence[str], standing: Standing, approval: Approval) -> Change:
    """A commit in which the files of the ids go, and their names are kept."""
    files: dict[str, bytes | None] = {}
    for its in ids:
        files |= dict.fromkeys(standing.files.get(its, ()))
        files[forgotten_path(its)] = said_by(approval)
    return _change(standing, files, _counted("Forget", ids), [f"Forget {its}" for its in ids], approval)


def _written(record: Record, its: Mapping[str, bytes], taken: set[str]) -> dict[str, bytes | None]:
    """What becomes of the files of a Record: one holds it, where a person moved it to or where it belongs."""
    try:
        content = fact_file.serialise(record)
    except fact_file.FactFileError as error:
        told = f"Nothing was written: {record.id!r} cannot be kept in a file: {error.problem}."
        raise MemoryRefused(told, fix="say it in other words") from None
    stays = [path for path in its if _stays(path, its[path], record.namespace)]
    path = stays[0] if stays else _free(fact_file.path_of(record), taken, its)
    return {**dict.fromkeys(its), path: content}


def _stays(path: str, content: bytes, namespace: str) -> bool:
    """Whether a file keeps its place: its folder is right, or a person chose it."""
    folder = path.rpartition("/")[0]
    try:
        return folder == namespace or folder != fact_file.stated_namespace(content)
    except YamlFault:
        return True


def _free(path: str, taken: set[str], its: Collection[str]) -> str:
    """`path`, or one like it that no file has but `its` own; a file of a person is in nobody's way."""
    folder, _, name = path.rpartition("/")
    parts = folder.split("/")
    for depth in range(1, len(parts) + 1):
        if (obstacle := "/".join(parts[:depth])) in taken and obstacle not in its:
            raise MemoryFailure(
                f"Nothing was written: `{obstacle}` on the memory branch is a file and should be a folder.",
                fix="rename that file on the memory branch",
            )
    number = 2
    while path in taken and path not in its:
        path = f"{folder}/{number}-{name}"
        number += 1
    return path


def _change(
    standing: Standing, files: Mapping[str, bytes | None], subject: str, lines: Sequence[str], approval: Approval
) -> Change:
    """A commit of `files`, told by the one line that there is, or by `subject` and all lines."""
    if not files:
        return Change()
    said = message(lines[0], (), approval) if len(lines) == 1 else message(subject, lines, approval)
    return Change(files=files if standing.is_there else {**_README, **files}, message=said)


def said_by(approval: Approval) -> bytes:
    """Who said so, and where, for people."""
    values = {
        "by": approval.by,
        "by_id": "" if approval.by_id is None else str(approval.by_id),
        "permission": approval.permission,
        "source": approval.url if HTTP_URL.fullmatch(approval.url) else "",
    }
    return "".join(f"{name}: {quoted(value)}\n" for name, value in values.items() if value).encode() or b'by: ""\n'


def _counted(verb: str, ids: Sequence[str]) -> str:
    return f"{verb} {len(ids)} fact{'s' if len(ids) != 1 else ''}"
