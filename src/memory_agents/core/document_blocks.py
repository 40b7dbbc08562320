"""A Markdown document → its blocks, each with the lines that it stands on.

As much of CommonMark as it takes to see where a rule begins and ends, and no more. All that is decided is where
lines belong; no character of them is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})(?:[ \t]+(?P<title>.*))?")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*")
_BREAK = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})")
_ITEM = re.compile(r"(?P<marker> {0,3}(?:[-*+]|(?P<number>\d{1,9})[.)])[ \t]+)\S")
_MARKUP = re.compile(r" {0,3}</?[A-Za-z]")
_COMMENT = re.compile(r"[ \t]*<!--")
_INDENTED = re.compile(r"(?: {4}|\t)[ \t]*\S")
_MOST_FRONT_MATTER = 200
"""lines"""


class Kind(Enum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    BULLET = "bullet"
    NUMBERED = "numbered"
    """one item of a numbered list"""
    CODE = "code"
    COMMENT = "comment"
    MARKUP = "markup"


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines that belong together: from `start` up to `end`, counted from 0, without `end`."""

    kind: Kind
    start: int
    end: int
    level: int = 0
    """of a heading, from 1"""
    title: str = ""
    """of a heading"""
    margin: int = 0
    """of an item of a list: how many characters its marker takes"""


def lines_of(text: str) -> list[str]:
    """The lines of a document, as an editor counts them."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def blocks(lines: Sequence[str]) -> Iterator[Block]:
    """The blocks of a document, in order, without its front matter, blank lines and rules between sections."""
    at = _front_matter(lines)
    while at < len(lines):
        if not lines[at].strip() or _BREAK.fullmatch(lines[at]):
            at += 1
            continue
        block = _block(lines, at)
        yield block
        at = block.end


def _front_matter(lines: Sequence[str]) -> int:
    """The line behind the front matter."""
    if lines[0].rstrip() != "---":
        return 0
    closing = (at for at, line in enumerate(lines[1:_MOST_FRONT_MATTER], start=1) if line.rstrip() == "---")
    return next(closing, -1) + 1


def _block(lines: Sequence[str], at: int) -> Block:
    line = lines[at]
    if _FENCE.match(line):
        return Block(Kind.CODE, at, _end_of_code(lines, at))
    if _COMMENT.match(line):
        return Block(Kind.COMMENT, at, _end_of_comment(lines, at))
    if _INDENTED.match(line):
        return Block(Kind.CODE, at, _end_of_indented(lines, at))
    if heading := _HEADING.fullmatch(line):
        title = (heading["title"] or "").strip().rstrip("#").strip()
        return Block(Kind.HEADING, at, at + 1, level=len(heading["marks"]), title=title)
    if item := _ITEM.match(line):
        kind = Kind.NUMBERED if item["number"] else Kind.BULLET
        return Block(kind, at, _end_of_item(lines, at), margin=len(item["marker"]))
    if _MARKUP.match(line):
        return Block(Kind.MARKUP, at, _end_of_markup(lines, at))
    return _paragraph(lines, at)


def _end_of_code(lines: Sequence[str], at: int) -> int:
    mark = _FENCE.match(lines[at])
    closing = re.compile(rf"[ \t]*{re.escape(mark['mark'])}{mark['mark'][0]}*[ \t]*" if mark else "")
    return next((end + 1 for end in range(at + 1, len(lines)) if closing.fullmatch(lines[end])), len(lines))


def _end_of_comment(lines: Sequence[str], at: int) -> int:
    return next((end + 1 for end in range(at, len(lines)) if "-->" in lines[end]), len(lines))


def _end_of_indented(lines: Sequence[str], at: int) -> int:
    return next((end for end in range(at, len(lines)) if not _INDENTED.match(lines[end])), len(lines))


def _end_of_markup(lines: Sequence[str], at: int) -> int:
    return next((end for end in range(at, len(lines)) if not lines[end].strip()), len(lines))


def _end_of_item(lines: Sequence[str], at: int) -> int:
    """An item goes on with what is indented, behind a blank line too, and with the lines of its paragraph."""
    indent = len(lines[at]) - len(lines[at].lstrip(" "))
    inside = re.compile(rf" {{{indent + 2}}}|\t")
    end = at + 1
    for here in range(at + 1, len(lines)):
        line = lines[here]
        if not line.strip():
            continue
        is_next = here == end
        if not (inside.match(line) or (is_next and not _begins(line))):
            break
        end = here + 1
    return end


def _paragraph(lines: Sequence[str], at: int) -> Block:
    end = at + 1
    while end < len(lines) and lines[end].strip():
        if _UNDERLINE.fullmatch(lines[end]):
            level = 1 if "=" in lines[end] else 2
            return Block(Kind.HEADING, at, end + 1, level=level, title=" ".join(lines[at:end]).strip())
        if _begins(lines[end]):
            break
        end += 1
    return Block(Kind.PARAGRAPH, at, end)


def _begins(line: str) -> bool:
    """Whether a new block begins with the line, though none is blank before it."""
    starts = (_FENCE, _COMMENT, _MARKUP, _ITEM)
    return any(start.match(line) for start in starts) or any(whole.fullmatch(line) for whole in (_HEADING, _BREAK))
