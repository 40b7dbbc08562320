"""Where the part of a comment begins that an e-mail program put below what its writer said.

GitHub takes comments by e-mail and leaves some of that in: the line above a quotation, the head of the mail that is
answered, a signature, its own footer. What these look like is convention; only RFC 3676, section 4.3, has a rule.
"""

from __future__ import annotations

import re
from enum import Enum, auto

_LONGEST_LINE = 200
_LINES_OF_ATTRIBUTION = 3  # programs wrap it
_LINES_OF_HEADER = 6

_DELIMITER = re.compile(
    r"-- ?$|(?:[\u2013\u2014_-]{1,3}[ \t]*\n+)?(?:Reply to this email directly|You are receiving this because)\b",
    re.MULTILINE,
)
_SIGNATURE = re.compile(
    r"Sent (?:from|with|via) (?:my |the )?(?:all-new )?(?:iPhone|iPad|mobile|phone|Android|Samsung|Galaxy"
    r"|Pixel|BlackBerry|Windows|Mail\b|Outlook|Yahoo|Gmail|Proton|Thunderbird|Superhuman|Spark\b|Airmail|Mailbird|Nine\b)[^\n]{0,80}$"
    r"|Get Outlook for (?:iOS|Android)\b"
    r"|(?:Von meinem [^\n]{1,40} gesendet"
    r"|Gesendet (?:von|mit) [^\n]{0,60}(?:iPhone|iPad|Android|Mail|Outlook)[^\n]{0,40}"
    r"|Envoyé (?:de|depuis) mon [^\n]{1,40}|Enviado (?:desde mi|do meu|desde el) [^\n]{1,40}"
    r"|Inviato da(?:l mio)? i[^\n]{1,40}|Verstuurd vanaf mijn [^\n]{1,40}|Skickat från min [^\n]{1,40}"
    r"|Sendt fra min [^\n]{1,40}|Wysłane z i[^\n]{1,40}|Отправлено с i[^\n]{1,40}|发自我的[^\n]{1,40}"  # noqa: RUF001
    r"|iPhoneから送信)$",
    re.MULTILINE,
)
_SEPARATOR = re.compile(
    r"Begin forwarded message:[ \t]*$|(?:-{2,}|_{2,}) ?(?:Original Message|Forwarded message|Ursprüngliche Nachricht"
    r"|Originalnachricht|Original-Nachricht|Weitergeleitete Nachricht|Message d'origine|Message original"
    r"|Message transféré|Mensaje original|Mensaje reenviado|Mensagem original|Messaggio originale"
    r"|Oorspronkelijk bericht|Ursprungligt meddelande|Oprindelig meddelelse|Wiadomość oryginalna|Исходное сообщение"
    r"|原始邮件|元のメッセージ)"
    r" ?(?:-{2,}|_{2,})?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_RULE = re.compile(r"_{20,}[ \t]*\n")  # Outlook's, above a header
_HEADER = re.compile(
    r"[*_]{0,2}(?:(?P<sender>From|Von|De|Da|Van|Från|Fra|Od|От|发件人|差出人)"
    r"|(?P<date>Sent|Date|Gesendet|Datum|Envoyé|Enviado|Fecha|Data|Inviato|Verzonden|Skickat|Sendt|Wysłano|Дата"
    r"|Отправлено|发送时间|日期|送信日時)"
    r"|(?P<about>To|Cc|Subject|An|Betreff|À|Objet|Para|Asunto|Assunto|A|Oggetto|Aan|Onderwerp|Till|Ämne|Til|Emne|Do|Temat"
    r"|Кому|Тема|收件人|主题|宛先|件名))[*_]{0,2} ?[:\uff1a]",
    re.IGNORECASE,
)
_DATED = re.compile(r"\d{4}|\d{1,2}[:.h]\d{2}")
_ATTRIBUTION = re.compile(
    r"(?:On\b.*\bwrote|(?:Am|Le|El|Il|Em|Op|Den|På|W dniu)\b.*\b(?:schrieb|a écrit|escribió|ha scritto|escreveu|schreef"
    r"|skrev|pisze|napisał\S{0,3})\b.*|.*<[^<>@\s]{1,100}@[^<>@\s]{1,200}>|.*(?:写道|寫道|пишет|написал\S{0,3}))\s?[:\uff1a]",
    re.IGNORECASE,
)
_MARKED = re.compile(r"[ \t\n]*>")


class Part(Enum):
    """What begins at a line."""

    REST = auto()
    """all that follows is the e-mail program's or another person's"""
    QUOTATION = auto()
    """a quotation follows whose lines are marked by `>`; behind it the writer may go on"""


def begins(text: str, at: int) -> Part | None:
    """What an e-mail program put at the line that begins at `at`, if it did.

    Words that a person may write too, such as `Sent via Outlook`, count below a blank line only.
    """
    is_apart = at == 0 or not text[text.rfind("\n", 0, at - 1) + 1 : at].strip()
    if _DELIMITER.match(text, at) or (is_apart and (_SIGNATURE.match(text, at) or _SEPARATOR.match(text, at))):
        return Part.REST
    rule = _RULE.match(text, at)
    if _is_header(_lines(text, rule.end() if rule else at, _LINES_OF_HEADER)):
        return Part.REST
    attribution = _lines(text, at, _LINES_OF_ATTRIBUTION)
    for count in range(1, len(attribution) + 1):
        if _is_attribution(" ".join(attribution[:count])):
            behind = at + sum(len(line) + 1 for line in attribution[:count])
            is_marked = _MARKED.match(text, behind)
            return Part.QUOTATION if is_marked else Part.REST if is_apart else None
    return None


def _lines(text: str, at: int, most: int) -> list[str]:
    """The lines from `at` on, up to a blank or a very long one."""
    found: list[str] = []
    while len(found) < most and at < len(text):
        end = text.find("\n", at, at + _LONGEST_LINE)
        if end < 0 and len(text) - at >= _LONGEST_LINE:
            break
        line = text[at : end if end >= 0 else len(text)]
        if not line.strip():
            break
        found.append(line)
        at += len(line) + 1
    return found


def _is_header(lines: list[str]) -> bool:
    """Whether it is the head of a mail: who sent it, when, to whom and about what."""
    first = _HEADER.match(lines[0]) if lines else None
    if not first or not first["sender"]:
        return False
    fields = [field.lastgroup for field in map(_HEADER.match, lines) if field]
    return "date" in fields and "about" in fields


def _is_attribution(line: str) -> bool:
    """Whether it says who wrote, and when, what follows."""
    line = line.strip()
    if not line.endswith((":", "\uff1a")) or not _DATED.search(line):
        return False
    return _ATTRIBUTION.fullmatch(line) is not None
