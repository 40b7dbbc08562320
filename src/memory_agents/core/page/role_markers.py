"""Breaking what a language model may take for the frame of its conversation.

Models mark turns, tools and ends by special tokens and headers: `<|im_start|>`, `[INST]`, `<s>`,
`Human:`. Standing verbatim in quoted text they may be read as the frame itself, so a backslash is put
into them: they stay readable, and no template or tokenizer knows them any more. They are looked for
in a copy in which full-width and look-alike letters are plain.
"""

from __future__ import annotations

import re
import unicodedata

# Cyrillic, Greek, Armenian and other signs that NFKC keeps and readers confuse (Unicode's confusables.txt), in
# groups: letters, angle brackets, bars, square brackets, colons, slashes
_LOOK_ALIKE = (
    "аАеЕоОрРсСуУхХіІѕЅјЈһԁМмТтНнКкВԝѵӏαΑεΕοΟρΡτΤυΥΗΜΝνΙιΚκΒΖϲսօհոıɑɡ"
    "‹〈⟨❮«❰⧼⟪《≪˂ᐸ›〉⟩❯»❱⧽⟫》≫˃ᐳ"  # noqa: RUF001
    "∣ǀ│❘¦❙❚⏐⎮┃║╎╏┆┇┊┋▏▕‖ǁ∥︱"  # noqa: RUF001
    "【〔⟦】〕⟧∶ː꞉׃։⁄∕"  # noqa: RUF001
)
_PLAINLY = (
    "aAeEoOpPcCyYxXiIsSjJhdMmTtHhKkBwvlaAeEoOpPtTuYHMNvIiKkBZcuohniag"
    "<<<<<<<<<<<<>>>>>>>>>>>>|||||||||||||||||||||||[[[]]]::::://"
)

_OPEN = r"(?:<|&(?:lt|\#0{0,5}60|\#x0{0,5}3c);)(?P<here>)"  # the backslash goes where the group stands
_SHUT = r"(?:>|&(?:gt|#0{0,5}62|#x0{0,5}3e);)"
_CLOSE = rf"(?:[-_:=][\w:.=-]{{0,64}})?(?=\s|/?[ \t]{{0,3}}{_SHUT})"
_NAMES = (
    r"system|sys|user|assistant|human|developer|model|tool|function|antml|invoke|parameter|thinking|think|antthinking"
    r"|antartifact|scratchpad|instruction|instructions|prompt|context|document|documents|search_results|results?"
    r"|(?:start|end)_of_[a-z]{1,20}|im_start|im_end|pad|unk|mask|cls|sep|s|[bse]o[psahdmt]|untrusted|memory|memories"
    r"|policy|admin|begin_of_text|end_of_text|commentary|final|answer|[a-z]{1,20}(?:_[a-z]{1,20}){0,3}_token"
    r"|fim_[a-z]{1,10}|file_sep|repo_?name|gh_stars|(?:issue|jupyter|commit)_[a-z]{1,20}|empty_output|arg_(?:key|value)"
    r"|(?:extra_id_|unused_?|reserved_)\d{1,5}|(?:local-)?command-[a-z]{1,10}|bash-[a-z]{1,10}|task-notification"
    r"|(?:extremely_)?important|automated_[a-z_]{1,40}"
)
# `Vec<Message>` is code: these are frames only where no word stands before them
_USUAL_NAMES = (
    r"tools|functions|parameters|outputs?|stdout|stderr|messages?|role|env|rules|guidelines|task|turn|conversation"
    r"|examples?|artifact"
)
_BRACKETED = (
    r"INST|SYS|SYSTEM(?:[ _-]\w{1,20}){0,2}|(?:USER|ASSISTANT|HUMAN)(?:[ _-](?:MESSAGE|PROMPT|TURN))?|AVAILABLE_TOOLS"
    r"|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|IMG|IMG_BREAK|IMG_END|[gs]?MASK|CLS|SEP|BOS|EOS|CALL_ID|BEGIN_AUDIO"
    r"|MODEL_SETTINGS|control_\d{1,4}"
)
_SPEECH = r"(?:[ _-](?:prompt|message|instructions?|override|notice|reminder))?"
_HEADERS = rf"system{_SPEECH}|instructions?|response|input|assistant|human|user"
_LINE_START = (
    r"^(?:\[[ x]\]|[ \t>*_#\"'`(\[|+~•·◦▪‣=-]|\d{1,3}[.)]){0,64}+"  # with the signs of quotes, lists and tables
)
_TURN = r"(?:[ \t]{0,3}\([^()\n]{0,40}\))?[ \t*_)\]]{0,8}(?P<here>):"
_RULE = r"^[ \t>]{0,64}(?:#{1,6}[ \t]{0,4}|[=*~-]{2,10}[ \t]{1,4})"
_MARKERS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        rf"{_OPEN}\|[^\n|<>]{{0,60}}\|{{0,2}}>?",
        rf"{_OPEN}/?[\w.:-]{{1,40}}\|{_SHUT}",
        rf"{_OPEN}[ \t]{{0,3}}/?[ \t]{{0,3}}(?:{_NAMES}){_CLOSE}",
        rf"(?<!\w){_OPEN}/?(?:{_USUAL_NAMES}){_CLOSE}",
        rf"{_OPEN}/?[a-z][a-z0-9]{{1,20}}:[a-z_]{{1,40}}{_SHUT}",
        r"<(?P<here>)<[ \t]{0,3}/?[ \t]{0,3}(?:SYS|SYSTEM|USER|ASSISTANT|HUMAN)[ \t]{0,3}>>",
        rf"\[(?P<here>)[ \t]{{0,3}}/?[ \t]{{0,3}}(?:{_BRACKETED})[ \t]{{0,3}}\]",
        r"\](?P<here>)~!?b(?=[\[\]])",
        r"\[(?P<here>)e~(?=\[)",
        rf"{_LINE_START}(?:human|assistant|user|system){_SPEECH}{_TURN}",
        rf"{_RULE}(?P<here>)(?:(?:begin|end)[ ])?(?:{_HEADERS})[ \t]{{0,4}}:?[ \t#=*~-]{{0,12}}$",
    )
)
# in small letters these are too usual in configuration files and in what a command prints of its use
_CAPITALISED: tuple[re.Pattern[str], ...] = (
    re.compile(
        rf"{_LINE_START}(?:AI|Developer|DEVELOPER|Model|MODEL|Tool|TOOL|Claude|ChatGPT|GPT|Gemini|Bot|BOT){_TURN}",
        re.MULTILINE,
    ),
    re.compile(r"\[(?P<here>)/?(?:THINK|ARGS|PREFIX|MIDDLE|SUFFIX|AUDIO)\]"),
    re.compile(r">(?P<here>)>[A-Z][A-Z_]{2,20}<<"),
)


class _Plain(dict[int, str]):
    """Character → the plain character that it looks like, one for one."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        normal = unicodedata.normalize("NFKC", char)
        if len(normal) != 1 or normal == "\n":
            normal = char
        # a half-width bar is a drawn one in NFKC, and only that one is in the list
        self[code] = plain = normal if normal == char else self[ord(normal)]
        return plain


_PLAIN = _Plain(zip(map(ord, _LOOK_ALIKE), _PLAINLY, strict=True))


def break_role_markers(text: str) -> str:
    """`text` with a backslash in each role marker and special token. Twice is as once."""
    plain = text if text.isascii() else text.translate(_PLAIN)
    places = sorted(
        {match.start("here") for pattern in (*_MARKERS, *_CAPITALISED) for match in pattern.finditer(plain)}
    )
    out: list[str] = []
    done = 0
    for place in places:
        out += (text[done:place], "\\")
        done = place
    out.append(text[done:])
    return "".join(out)
