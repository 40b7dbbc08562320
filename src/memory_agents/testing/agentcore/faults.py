"""Faults on demand: refusals, delays, cut connections, records that fail, empty pages."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with a request."""

    operation: str
    """such as `ListEvents`; empty for each"""
    status: int | None = None
    """answered in place of doing the work"""
    code: str = ""
    """of the error that is answered in place of doing the work; a status alone means the one that the model has"""
    cut: bool = False
    """the work is done, then the connection ends in the middle of the answer"""
    delay: float = 0.0
    """seconds before anything else happens"""
    failing: frozenset[str] = frozenset()
    """requestIdentifiers or memoryRecordIds of the records of a batch that fail, while the others succeed; or names of
    memories whose creation ends as FAILED"""
    empty: bool = False
    """a page without entries, though there are more: its nextToken leads to them"""

    @property
    def is_refusal(self) -> bool:
        """Whether an error is answered in place of doing the work."""
        return self.status is not None or bool(self.code)


class Faults:
    """The faults that wait to happen. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[Fault, int | None]] = []

    def add(
        self,
        operation: str = "",
        *,
        status: int | None = None,
        code: str = "",
        cut: bool = False,
        delay: float = 0.0,
        failing: Collection[str] = (),
        empty: bool = False,
        times: int | None = 1,
    ) -> None:
        """Let the next `times` requests of an operation (None: all; "": any operation) go wrong."""
        fault = Fault(
            operation=operation,
            status=status,
            code=code,
            cut=cut,
            delay=delay,
            failing=frozenset(failing),
            empty=empty,
        )
        with self._lock:
            self._waiting.append((fault, times))

    def clear(self) -> None:
        """Let everything go right again."""
        with self._lock:
            self._waiting.clear()

    def take(self, operation: str) -> Fault | None:
        """The first fault that a request of `operation` meets, counted down."""
        with self._lock:
            for index, (fault, times) in enumerate(self._waiting):
                if fault.operation in {"", operation}:
                    if times is not None:
                        self._waiting[index : index + 1] = [(fault, times - 1)] if times > 1 else []
                    return fault
        return None
