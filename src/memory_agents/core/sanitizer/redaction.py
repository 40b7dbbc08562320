"""Replacing what the detectors found.

Works on spans only: everything that is no secret stays as it is. It catches secrets of a known form;
no text is proven free of secrets by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from memory_agents.core.sanitizer.text import Redaction, Text

Detector = Callable[[Text], Iterable[Redaction]]
"""Finds one form of secret; spans may overlap and come in any order."""

_ROUNDS = 4
"""One redaction may lay bare the next, such as a key right behind another: look again this often."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its secrets."""

    text: str
    findings: tuple[Redaction, ...]
    """sorted, not overlapping; offsets of the text that was given"""


def redact(text: str, detectors: Sequence[Detector]) -> Redacted:
    """Replace each span that a detector finds by `[REDACTED:kind]`.

    Where spans overlap, their union goes and the kind is that of the earlier detector.
    """
    findings: tuple[Redaction, ...] = ()
    for _ in range(_ROUNDS):
        shadow = Text(text, findings)
        found = [*findings, *(redaction for detector in detectors for redaction in detector(shadow))]
        if len(found) == len(findings):
            break
        findings = _united(found)
    return Redacted(_replaced(text, findings), findings)


def _united(found: Sequence[Redaction]) -> tuple[Redaction, ...]:
    """Sorted and without overlap; of two that overlap, the kind of the one that came first."""
    united: list[tuple[int, Redaction]] = []
    for rank, one in sorted(enumerate(found), key=lambda item: (item[1].start, item[0])):
        if united and one.start < united[-1][1].end:
            last_rank, last = united.pop()
            kind = last.kind if last_rank <= rank else one.kind
            united.append((min(last_rank, rank), Redaction(last.start, max(last.end, one.end), kind)))
        else:
            united.append((rank, one))
    return tuple(one for _, one in united)


def _replaced(text: str, findings: Iterable[Redaction]) -> str:
    out: list[str] = []
    done = 0
    for one in findings:
        out += (text[done : one.start], f"[REDACTED:{one.kind}]")
        done = one.end
    out.append(text[done:])
    return "".join(out)
