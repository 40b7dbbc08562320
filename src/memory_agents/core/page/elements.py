"""HTML tags in a text: which elements a page does not show, and a tag without its attributes."""

from __future__ import annotations

import html
import re

from memory_agents.core.page.role_markers import break_role_markers

# Sources: the HTML standard, sections 4.8 and 15.3.1 (hidden elements)
_NOT_SHOWN = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "title",
        "head",
        "iframe",
        "object",
        "datalist",
        "rp",
        "svg",
        "math",
        "noembed",
        "noframes",
    ]
)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
# CommonMark 0.31, section 4.6: names that begin a block of HTML
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "base",
        "basefont",
        "blockquote",
        "body",
        "caption",
        "center",
        "col",
        "colgroup",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "frame",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "html",
        "iframe",
        "legend",
        "li",
        "link",
        "main",
        "menu",
        "menuitem",
        "nav",
        "noframes",
        "ol",
        "optgroup",
        "option",
        "p",
        "param",
        "search",
        "section",
        "source",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "title",
        "tr",
        "track",
        "ul",
    ]
)
_OTHERS = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "area",
        "audio",
        "b",
        "bdi",
        "bdo",
        "big",
        "br",
        "button",
        "canvas",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "embed",
        "font",
        "i",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "map",
        "mark",
        "meta",
        "meter",
        "output",
        "picture",
        "pre",
        "progress",
        "q",
        "rt",
        "ruby",
        "s",
        "samp",
        "script",
        "select",
        "slot",
        "small",
        "span",
        "strike",
        "strong",
        "style",
        "sub",
        "sup",
        "textarea",
        "time",
        "tt",
        "u",
        "var",
        "video",
        "wbr",
    ]
)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9]{1,20}")
_LONGEST_MARKER = 20
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ZERO = r"(?:0+(?:\.0*)?|\.0+)(?:[a-z%]{1,4})?(?![\d.])"
_WHITE = (
    r"(?:white|snow|ivory|transparent|#fff(?:fff)?\b|#[0-9a-f]{3}0\b|#[0-9a-f]{6}00\b|rgba?\((?:255[,\s]+){2}255|hsl)"
)
_HIDING = re.compile(
    r"(?:^|[\s\"'/])hidden(?:\s*=|[\s/]|$)|aria-hidden\s*=\s*[\"']?true"
    r"|display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden"
    rf"|(?:font-size|opacity|(?:max-)?(?:width|height)|zoom|line-height)\s*:\s*{_ZERO}|font\s*:\s*0"
    rf"|(?<![\w-])color\s*[:=]\s*[\"']?{_WHITE}|-text-fill-color\s*:\s*{_WHITE}"
    rf"|(?<![\w-])(?:size|width|height)\s*=\s*[\"']?{_ZERO}(?=[\s\"'/]|$)"
    r"|(?:text-indent|left|top|right|bottom|margin-left|margin-top)\s*:\s*-\s*\d{3,}|clip(?:-path)?\s*:"
    r"|transform\s*:\s*scale\(\s*0",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?:^|\s)href\s*=\s*[\"']?(?P<to>[^\s\"'<>`]{1,500})", re.IGNORECASE)
_LONG = 100  # characters of attributes that are named when they go


def is_void(name: str) -> bool:
    """Whether the element has no end tag."""
    return name.lower() in _VOID


def is_block(name: str) -> bool:
    """Whether a line that begins with the tag begins a block of HTML, whatever stands before and behind it."""
    return name.lower() in _BLOCKS


def is_known(name: str) -> bool:
    """Whether HTML has the element; of others a page shows the content only.

    A role marker of models counts as known: it is broken where it stands.
    """
    if name.lower() in _BLOCKS or name.lower() in _OTHERS:
        return True
    return len(name) <= _LONGEST_MARKER and break_role_markers(f"<{name}>") != f"<{name}>"


def is_never_shown(name: str) -> bool:
    """Whether a page shows nothing of the element."""
    return name.lower() in _NOT_SHOWN


def hides(attributes: str) -> bool:
    """Whether the attributes make the element unseen: hidden, without size, white on white, off the page."""
    return _HIDING.search(_COMMENT.sub("", html.unescape(attributes))) is not None


def end_of_element(text: str, name: str, start: int) -> tuple[int, int] | None:
    """Where the end tag of the element `name` begins and ends, whose content begins at `start`."""
    depth = 1
    for tag in re.compile(rf"<(/?){re.escape(name)}(?=[\s/>])[^<>]*+>", re.IGNORECASE).finditer(text, start):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.start(), tag.end()
    return None


def shown_tag(name: str, attributes: str, *, closes: bool) -> str:
    """The tag with nothing but the address of a link: what its attributes say is not shown."""
    if not is_known(name):
        tag = f"</{name}>" if closes else f"<{name}>"
        return f"[hidden tag: {tag}]" if _PLAIN_NAME.fullmatch(name) else removed("HTML", f"{name}{attributes}")
    if closes:
        return f"</{name}>"
    note = removed("text", attributes) if len(attributes) >= _LONG else ""
    if name.lower() == "img":
        return "[image]" + note
    address = _ADDRESS.search(attributes) if name.lower() == "a" else None
    return (f'<{name} href="{address["to"]}">' if address else f"<{name}>") + note


def removed(what: str, content: str) -> str:
    """A note in the place of what is not shown; a space where nothing stood, to keep apart what it parted."""
    length = len(content.strip())
    return f"[hidden {what} removed, {length} characters]" if length else " "
