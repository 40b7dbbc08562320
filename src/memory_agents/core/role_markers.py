"""Breaking what a language model may take for the frame of its conversation.

Models mark turns, tools and ends by special tokens and headers: `<|im_start|>`, `[INST]`, `<s>`,
`Human:`. Standing verbatim in quoted text they may be read as the frame itself, so a backslash is put
into them: they stay readable, and no template or tokenizer knows them any more. They are looked for
in a copy in which full-width and look-alike letters are plain.
"""

from __future__ import annotations

import re
import unicodedata

# Cyrillic, Greek and other signs that NFKC keeps and readers confuse (Unicode's confusables.txt)
_LOOK_ALIKE = "аАеЕоОрРсСуУхХіІѕЅјЈһԁМмТтНнКкВαΑΕοΟρΡτΤυΥΗΜΝνΙιΚκΒΖ‹〈⟨❮«›〉⟩❯»∣ǀ│❘¦∶ː꞉⁄∕"  # noqa: RUF001
_PLAINLY = "aAeEoOpPcCyYxXiIsSjJhdMmTtHhKkBaAEoOpPtTuYHMNvIiKkBZ<<<<<>>>>>|||||::://"

_NAMES = (
    r"system|user|assistant|human|developer|model|tool|function|antml|invoke|parameter|thinking|think|antthinking"
    r"|scratchpad|instruction|instructions|prompt|context|document|documents|search_results|results?|start_of_turn"
    r"|end_of_turn|start_of_image|im_start|im_end|bos|eos|pad|unk|mask|s|untrusted|memory|memories|policy|admin"
    r"|begin_of_text|end_of_text|commentary|final|answer"
)
_BRACKETED = (
    r"INST|SYS|SYSTEM|SYSTEM_PROMPT|USER|ASSISTANT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|IMG|gMASK"
    r"|CLS|SEP|MASK|BOS|EOS"
)
_HEADERS = r"system(?:[ ]prompt)?|instructions?|response|input|assistant|human|user"
_LINE_START = r"^[ \t>*_#\"'`(-]{0,16}"
_MARKERS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        # the backslash goes where the group `here` stands
        r"<(?P<here>)\|[^\n|<>]{0,60}\|{0,2}>?",
        rf"<(?P<here>)[ \t]{{0,3}}/?[ \t]{{0,3}}(?:{_NAMES})(?:[-_:=][\w:.=-]{{0,64}})?(?=[\s/>])",
        r"<(?P<here>)<[ \t]{0,3}/?[ \t]{0,3}(?:SYS|SYSTEM|USER|ASSISTANT|HUMAN)[ \t]{0,3}>>",
        rf"\[(?P<here>)[ \t]{{0,3}}/?[ \t]{{0,3}}(?:{_BRACKETED})[ \t]{{0,3}}\]",
        rf"{_LINE_START}(?:human|assistant|system|user)[ \t*_]{{0,8}}(?P<here>):",
        rf"^[ \t>]{{0,16}}#{{1,6}}[ \t]{{0,4}}(?P<here>)(?:{_HEADERS})[ \t]{{0,4}}:?[ \t]{{0,8}}$",
    )
)
# in small letters these are too usual in configuration files
_CAPITALISED = re.compile(
    rf"{_LINE_START}(?:AI|Developer|DEVELOPER|Model|MODEL|Tool|TOOL|Claude|ChatGPT|Gemini|Bot|BOT)"
    r"[ \t*_]{0,8}(?P<here>):",
    re.MULTILINE,
)


class _Plain(dict[int, str]):
    """Character → the plain character that it looks like, one for one."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        normal = unicodedata.normalize("NFKC", char)
        self[code] = plain = normal if len(normal) == 1 and normal != "\n" else char
        return plain


_PLAIN = _Plain(zip(map(ord, _LOOK_ALIKE), _PLAINLY, strict=True))


def break_role_markers(text: str) -> str:
    """`text` with a backslash in each role marker and special token. Twice is as once."""
    plain = text if text.isascii() else text.translate(_PLAIN)
    places = sorted({match.start("here") for pattern in (*_MARKERS, _CAPITALISED) for match in pattern.finditer(plain)})
    out: list[str] = []
    done = 0
    for place in places:
        out += (text[done:place], "\\")
        done = place
    out.append(text[done:])
    return "".join(out)
