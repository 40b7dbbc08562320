"""Writing to the branch beside others: compare and swap, never a force."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable

from memory_agents.errors import MemoryFailure, MemoryTimeout, MemoryUnreachable
from memory_agents.memory.providers.branch_changes import Write
from memory_agents.memory.providers.branch_copy import BranchCopy, CopyDamaged, Pushed

_FIRST_WAIT = 0.2
_LONGEST_WAIT = 3.0
"""seconds, of which any part is waited: others that lost the same race wait for another time

Long waits are the quicker ones: of eight that write without a pause, each attempt that is too late slows the others.
"""
_MOST_CUTS = 4
"""pushes without an answer"""
_AGAIN = "none needed: a catch-up run, or the same once more, writes it exactly once"


async def write_to(
    copy: BranchCopy,
    begin: Callable[[], Awaitable[str]],
    planned: Callable[[str], Awaitable[Write]],
    *,
    seconds: float,
) -> tuple[str, Write]:
    """Commit what is `planned` for the branch's head, and push; if the branch has moved on, plan again.

    `begin` gives the head to try first, empty without a branch; it may be outdated. Returns the commit that holds the
    write, and the write. Raises MemoryFailure, after `seconds` at the latest.
    """
    unsure: dict[str, Write] = {}
    try:
        async with asyncio.timeout(seconds):
            return await _write(copy, planned, await begin(), unsure)
    except TimeoutError:
        raise MemoryTimeout(f"{_outcome(unsure)}: memory took more than {seconds:g} seconds.", fix=_AGAIN) from None
    except CopyDamaged:
        raise
    except MemoryFailure as failure:
        if failure.message.startswith(_NOTHING):
            raise
        raise type(failure)(f"{_outcome(unsure)}: {failure.message}", fix=failure.fix) from None


_NOTHING = "Nothing was written"


def _outcome(unsure: dict[str, Write]) -> str:
    return "It is not known whether the memory was written" if unsure else _NOTHING


async def _write(
    copy: BranchCopy, planned: Callable[[str], Awaitable[Write]], head: str, unsure: dict[str, Write]
) -> tuple[str, Write]:
    """See write_to. `unsure`: commits that were pushed without an answer, for the caller to see.

    A commit that comes too late may be there all the same: where no answer came, libcurl pushes once more by itself.
    It counts as ours while it is the head: else somebody made the same in the same second, and others went on.
    """
    is_newest = False
    too_late = ""
    cuts = 0
    for attempt in itertools.count():
        write = await planned(head)
        if not write.change and is_newest:
            return head, write
        if write.change:
            commit = await copy.make(write.change, onto=head)
            was_unsure = commit in unsure  # the same change in the same second is the same commit
            unsure[commit] = write
            pushed = await copy.push(commit, onto=head)
            if pushed is Pushed.YES:
                return commit, write
            too_late = commit if pushed is Pushed.TOO_LATE and not was_unsure else ""
            if pushed is Pushed.UNKNOWN and (cuts := cuts + 1) == _MOST_CUTS:
                raise MemoryUnreachable("the connection ended before the remote answered", fix=_AGAIN)
            longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(attempt, 10))
            await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 -- not a secret
        await copy.fetch()
        head, is_newest = await copy.commit(), True
        for commit, made in unsure.items():
            if head == commit or (commit != too_late and await copy.contains(head, commit)):
                return head, made
        unsure.pop(too_late, None)
    raise AssertionError("the count never ends")
