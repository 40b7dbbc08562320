"""Replacing what the detectors found.

Works on spans only: everything that is no secret stays as it is. It catches secrets of a known form;
no text is proven free of secrets by it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from memory_agents.core.sanitizer.text import REST, Look, Redaction, Text, looks
from memory_agents.core.sanitizer.values import oddness

Detector = Callable[[Text], Iterable[Redaction]]
"""Finds one form of secret; spans may overlap and come in any order."""

_ROUNDS = 4
"""One redaction may lay bare the next, such as a key right behind another: look again this often."""
_PIECES = 8
_ODD_PIECE = 2
_LINE = re.compile(r"[^\s>+|#*][^\r\n]*[^\s]|[^\s>+|#*]")
_TOKEN_CHARACTERS = frozenset(string.ascii_letters + string.digits + "_.:-")


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
    ways = looks(text)
    found_before: Sequence[Detector] = detectors
    for again in range(_ROUNDS):
        views = [Text(text, findings, look) for look in ways if look is not Look.JOINED]
        active, found = _found(views, found_before)
        # What was hidden by its neighbour is one of a chain without end: all that is glued to it goes too.
        findings = _united([*findings, *(_with_what_is_glued(text, found) if again else found)])
        if Look.JOINED in ways:
            # what is whole already must not be joined with its neighbours
            also, broken = _found([Text(text, findings, Look.JOINED)], found_before)
            broken += _continued(text, findings)
            active, found = [*active, *also], [*found, *broken]
            findings = _united([*findings, *(piece for one in broken for piece in _by_line(text, one))])
        if not found:
            break
        # only who found something may find more behind it
        found_before = [detector for detector in detectors if detector in active]
    return Redacted(_replaced(text, findings), findings)


def _found(views: Sequence[Text], detectors: Sequence[Detector]) -> tuple[list[Detector], list[Redaction]]:
    """The detectors that found something, and all that they found, by detector."""
    by_detector = [(detector, [one for view in views for one in detector(view)]) for detector in detectors]
    return [detector for detector, found in by_detector if found], [one for _, found in by_detector for one in found]


def _continued(text: str, findings: Sequence[Redaction]) -> Iterator[Redaction]:
    """The rest of a secret that is wrapped, or added up from several strings."""
    done = 0
    for one in findings:
        end = one.end
        for _ in range(_PIECES if end > done else 0):
            rest = REST.match(text, end)
            if not rest or (rest["wrapped"] and oddness(rest["piece"]) < _ODD_PIECE):
                break
            yield Redaction(*rest.span("piece"), one.kind)
            end = done = rest.end("piece")


def _by_line(text: str, one: Redaction) -> Iterator[Redaction]:
    """The same without its line ends, and what leads the lines."""
    for line in _LINE.finditer(text, one.start, one.end):
        yield Redaction(*line.span(), one.kind)


def _with_what_is_glued(text: str, found: Sequence[Redaction]) -> list[Redaction]:
    """The findings, each up to the next character on both sides that is in no token."""
    wider: list[Redaction] = []
    done = 0
    for one in sorted(found, key=lambda redaction: redaction.start):
        start = one.start
        while start > done and text[start - 1] in _TOKEN_CHARACTERS:
            start -= 1
        end = max(one.end, done)
        while end < len(text) and text[end] in _TOKEN_CHARACTERS:
            end += 1
        wider.append(Redaction(start, end, one.kind))
        done = end
    return wider


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
