"""The columns of tables, in Markdown and CSV: what stands below a heading."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ROWS = 200
_HEADING, _CELL, _ROW = 1000, 40, 4000
"""characters of the row of headings, of one of them, and of a row"""
_RULE = re.compile(r"[ \t|:+=-]+")
_NO_HEADING = re.compile(r"[=:{}()<>']|[.!?]\s*\Z")
_EDGES = " \t\r\"'`*|"


def cells_below(shadow: str, at: int) -> Iterator[tuple[int, int]]:
    """Spans of the cells in whose heading `at` stands; none if that is no heading."""
    first = shadow.rfind("\n", max(0, at - _HEADING), at) + 1
    last = shadow.find("\n", at, at + _HEADING)
    line = shadow[first:last] if last >= 0 else ""
    separator = next((sign for sign in "|\t;," if sign in line), "")
    if not separator or not _is_heading(line, separator):
        return
    column, count = line[: at - first].count(separator), line.count(separator)
    for _ in range(_ROWS):
        row = last + 1
        last = shadow.find("\n", row, row + _ROW)
        last = len(shadow) if last < 0 else last
        cells = shadow[row : min(last, row + _ROW)].split(separator)
        if len(cells) != count + 1:
            return
        start = row + sum(len(cell) + 1 for cell in cells[:column])
        cell = cells[column].rstrip(_EDGES)
        if cell and not _RULE.fullmatch(cell):
            yield start + len(cell) - len(cell.lstrip(_EDGES)), start + len(cell)


def _is_heading(line: str, separator: str) -> bool:
    cells = line.strip(" \t|").split(separator)
    return len(cells) > 1 and all(len(cell) <= _CELL and not _NO_HEADING.search(cell) for cell in cells)
