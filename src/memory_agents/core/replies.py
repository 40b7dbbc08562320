"""What the bot posts when it repeats somebody's text: Markdown in which nothing of it is alive.

No mention, issue reference, link, image, HTML, table, heading or slash command survives; the words do.
What GitHub would link is put into code, the signs of Markdown are escaped. Code that is closed stays.
A tick that opens none becomes an entity, and code is fenced by more ticks than stand in it: so even a
reader that counts ticks and knows no escape finds the same code.

Source: https://github.github.com/gfm/, sections 2.4, 4.5, 4.10, 6.1, 6.3 and 6.9, and GitHub's
"Autolinked references and URLs".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from memory_agents.core.fences import clean

_FENCE = re.compile(r"(?P<fence>`{3,}+(?!.*`)|~{3,}+).*")
_PIECE = re.compile(
    r"(?P<ticks>`+)"
    r"|(?P<live>(?:[a-z][a-z0-9+.-]{1,30}:)?//[^\s`]+|(?:www\.|(?:mailto|xmpp|tel):)[^\s`]+|@[\w/.-]+|#\d+|GH-\d+"
    r"|(?<!\w)(?:GHSA(?:-[0-9a-z]{4}){3}|[0-9a-f]{40}|(?=[a-f]{0,39}\d)(?=\d{0,39}[a-f])[0-9a-f]{7,39})(?!\w))"
    r"|(?P<sign>[\\\[\]#~|$<&])",
    re.IGNORECASE,
)
_ESCAPED = {"<": "&lt;", "&": "&amp;"}
_COMMAND = re.compile(r"\A(\s*)(?=/)")
_LINE_OF_SIGNS = re.compile(
    r"([\s>]*)((?:[-=*_:][ \t]*)+)"
)  # a rule, or what makes a heading or table of the line above
_TICKS = re.compile("`+")


def reply_safe(text: str) -> str:
    """`text` to post: redacted, as it is visible, and inert wherever a comment shows it. Cut it before, not after."""
    lines = clean(text).split("\n")
    return "\n".join(_inert_lines(lines))


def _inert_lines(lines: list[str]) -> Iterator[str]:
    unclosed: dict[str, int] = {}  # sign of a fence → the least length that no later line closes
    at = 0
    while at < len(lines):
        fence = _FENCE.fullmatch(lines[at])
        mark = fence["fence"] if fence else ""
        if mark and len(mark) < unclosed.get(mark[0], len(mark) + 1):
            close = _closing_line(lines, at + 1, mark)
            if close:
                inside = lines[at + 1 : close]
                ticks = _ticks_around("\n".join(inside), 3)
                # its language goes: GitHub draws and links some, such as mermaid and math
                yield from (ticks, *map(_no_command, inside), ticks)
                at = close + 1
                continue
            unclosed[mark[0]] = len(mark)
        yield _inert(lines[at])
        at += 1


def _closing_line(lines: list[str], start: int, mark: str) -> int:
    """The first line from `start` on that closes the code block opened by `mark`; 0 if none does."""
    closing = re.compile(rf" {{0,3}}{mark[0]}{{{len(mark)},}}[ \t]*")
    return next((at for at in range(start, len(lines)) if closing.fullmatch(lines[at])), 0)


def _inert(line: str) -> str:
    """One line outside of code blocks; code inside the line stays."""
    if signs := _LINE_OF_SIGNS.fullmatch(line):
        return f"{signs[1]}\\{signs[2]}"
    out: list[str] = []
    done = 0
    runs = [(run.start(), len(run.group())) for run in _TICKS.finditer(line)]
    nexts = _closing_runs(runs)
    while piece := _PIECE.search(line, done):
        out.append(line[done : piece.start()])
        done = piece.end()
        if piece["ticks"]:
            close = nexts.get(piece.start())
            if close is None:
                out.append("&grave;" * len(piece["ticks"]))
                continue
            done = close + len(piece["ticks"])
            inside = line[piece.end() : close]
            ticks = _ticks_around(inside, len(piece["ticks"]))
            code = f"{ticks}{inside}{ticks}"
        elif piece["live"]:
            code = f"`{piece['live']}`"
        else:
            out.append(_ESCAPED.get(piece["sign"], f"\\{piece['sign']}"))
            continue
        # two ticks side by side would be another sign
        out.append(f" {code}" if out and "".join(out[-2:]).endswith("`") else code)
    out.append(line[done:])
    return _no_command("".join(out))


def _ticks_around(code: str, least: int) -> str:
    """At least `least` ticks, and more than stand in a row in the code."""
    return "`" * max(least, 1 + max((len(run) for run in _TICKS.findall(code)), default=0))


def _closing_runs(runs: list[tuple[int, int]]) -> dict[int, int]:
    """Where a run of ticks begins → where the next one of the same length does."""
    nexts: dict[int, int] = {}
    last: dict[int, int] = {}
    for start, length in reversed(runs):
        if length in last:
            nexts[start] = last[length]
        last[length] = start
    return nexts


def _no_command(line: str) -> str:
    """The line with a backslash before a leading `/`."""
    return _COMMAND.sub(r"\1\\", line, count=1)
