"""Hidden markup: what a page does not show is taken away and named; what it shows stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.fences import visible
from memory_agents.core.page import without_hidden_markup

HIDDEN = {
    "a comment": "Nice.\n<!-- CANARY -->",
    "a comment inside a sentence": "Nice <!-- CANARY --> bug.",
    "a comment of many lines": "<!--\n\nCANARY\n\n-->\nNice.",
    "a comment that is not closed": "Nice.\n<!-- CANARY",
    "a comment with a dash too many": "<!--- CANARY --->",
    "a comment that looks closed": "<!--> CANARY -->",
    "a comment in a comment": "<!-- a <!-- b --> x <!-- CANARY -->",
    "a comment in a quote": "> <!-- CANARY -->",
    "a comment in a list": "- a\n  <!-- CANARY -->",
    "a comment split by what is not seen": "<!\u200b-- CANARY --\u200b>",
    "a processing instruction": "<?php CANARY ?>",
    "a declaration": "<!DOCTYPE CANARY>",
    "CDATA": "<![CDATA[ CANARY ]]>",
    "a hidden element": "<span hidden>CANARY</span>",
    "a hidden element in another of its name": "<div hidden><div>a</div>CANARY</div>",
    "a hidden element that is not closed": "<p hidden>CANARY",
    "display none": '<div style="display:none">CANARY</div>',
    "display none, spaced and in capitals": "<DIV STYLE='color: red; DISPLAY : NONE'>CANARY</DIV>",
    "display none in entities": '<p style="display&#58;none">CANARY</p>',
    "display none around a comment": '<p style="display:/**/none">CANARY</p>',
    "visibility": "<i style=visibility:hidden>CANARY</i>",
    "no font size": '<span style="font-size:0px">CANARY</span>',
    "no opacity": '<span style="opacity:0.0">CANARY</span>',
    "white text": '<span style="color:#fff">CANARY</span>',
    "white font": '<font color="white">CANARY</font>',
    "off the page": '<b style="position:absolute;left:-9999px">CANARY</b>',
    "an element that no page shows": "<template>CANARY</template>",
    "an attribute": '<b title="CANARY">x</b>',
    "an attribute that holds a tag's end": "<b title='> CANARY'>x</b>",
    "the text of an image": "![CANARY](https://example.org/a.png)",
    "the text of an image by reference": "![CANARY][x]\n\n[x]: https://example.org",
    "the text of an HTML image": '<img src="a.png" alt="CANARY">',
    "the title of an image": '![a](https://example.org/a.png "CANARY")',
    "the title of a link": "[a](https://example.org 'CANARY')",
    "the title of a link in brackets": "[a](<https://example.org> (CANARY))",
    "the title of a link on a line of its own": '[a](https://example.org\n"CANARY")',
    "a comment as a link definition": "[//]: # (CANARY)",
    "a comment as another link definition": '[comment]: <> "CANARY"',
    "a link definition on three lines": "[x]:\n#\n'CANARY'",
    "a link definition with an odd label": "[a\\]b]: # (CANARY)",
    "a link definition in a quote": "> [x]: # (CANARY)",
    "the title of a definition that is used": "See [x].\n\n[x]: https://example.org 'CANARY'",
    "a footnote that nobody refers to": "[^1]: CANARY",
    "what follows the language of code": "```python CANARY\nx = 1\n```",
    "behind code that HTML keeps from beginning": "<div>\n```\n<!-- CANARY -->\n```\n</div>",
    "in raw HTML between ticks": "<pre>\n\n`<!-- CANARY -->`\n</pre>",
    "a comment on the line of a fence in HTML": "<div>\n```<!-- b\nCANARY\n-->",
    "an attribute behind a fence in HTML": "</div>\n~~~<i\nid='CANARY'>",
    "the text of an image behind a bracket": "a<![CANARY](b)",
    "the title of a link to brackets in brackets": "[a](b(c(d)) 'CANARY')",
    "the title of a link to a bracket": "[a](b\\) 'CANARY')",
    "the title of a link to a bracket in brackets": "[a](<b\\>c> 'CANARY')",
    "an address of words": "[a](<https://example.org/ CANARY b>)",
    "a defined address of words": "See [a].\n\n[a]: <b CANARY c>",
    "the text of an image by a label with blanks": "![CANARY  a]\n\n[canary A]: b",
    "a footnote of two paragraphs that nobody refers to": "[^1]: a\n\n    CANARY",
    "a second footnote of one label": "a[^1]\n\n[^1]: b\n\n[^1]: CANARY",
    "an attribute where a definition seems to be": "[a]:<i\nid='CANARY'>",
    "a title where a definition seems to be": "[a]:)[b](c\n'CANARY')",
    "an instruction where a definition seems to be": "[a]: <?CANARY?>[a]",
    "an attribute in a label": "[<i\nid='CANARY'>]:",
    "the long name of an element": "a<do-as-CANARY-says-and-nothing-else>b",
    "the long name of an element's end": "a</do-as-CANARY-says-and-nothing-else>b",
    "the name of an element with a colon": "a<x:CANARY>b",
    "what stands in for an annotation": "<ruby>a<rp>CANARY</rp></ruby>",
    "the description of a drawing": "<svg><desc>CANARY</desc></svg>",
    "a definition in many quotes": "> " * 40 + "[a]: # (CANARY)",
    "a long word for a language": "```do-as-CANARY-says\na\n```",
    "a title behind what is no element": "<b:c>\n[a](d 'CANARY')",
    "behind a closed fence": "```\na\n```\n<!-- CANARY -->",
    "behind a fence whose closing line is indented": "```\n      ```\n```\n<!-- CANARY -->",
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN.keys())
def test_what_the_page_hides_does_not_come_out(text: str) -> None:
    assert "CANARY" in text
    assert "CANARY" not in visible(text)


MAYBE_HIDDEN = {
    "a definition in a quote that begins in a tag": "<b\n>[a]: # (CANARY)",
    "a comment in HTML in a footnote": "a[^1]\n\n[^1]: <div>`<!-- CANARY -->`",
    "an attribute of many lines": '<div title="\n\nCANARY\n\n">x</div>',
    "the text of an image with brackets": "![a [b [c] CANARY] d](https://example.org/a.png)",
    "behind code that ends with its list": "- a\n\n  ```\n<!-- CANARY -->",
    "behind code that ends with its quote": "> ```\n<!-- CANARY -->",
    "between ticks that pair otherwise": "`a\n` <!-- CANARY --> `",
    "between ticks that are escaped": "\\` <!-- CANARY --> `",
    "between ticks of different length": "`` <!-- CANARY --> `",
    "behind a fence in a comment": "a <!-- \n```\n--> b\n\n<!-- CANARY -->",
    "a comment between ticks in two cells of a table": "a | b\n--|--\n`x | <!-- CANARY --> `",
    "a comment between ticks of a link's address": "[a](<`>) <!-- CANARY --> `",
    "a comment behind a fence that one cannot be sure of": "- a\n\n      ```<!-- b\nCANARY\n-->",
    "what stands behind the language of such a fence": "> ```sh CANARY",
    "a cell for which its table has no column": "| a |\n|---|\n| 1 | CANARY |",
    "a cell too much in a table without borders": "a | b\n:-- | --:\n1 | 2 | CANARY",
    "an image whose text holds code": "![a `]` CANARY](b)",
    "an image whose text holds an address": "![a <https://example.org/]> CANARY](b)",
    "an image whose text holds a tag": "![a <b id=']'> CANARY](c)",
    "an image in brackets five deep": "![a [b [c [d [e [CANARY]]]]]](f)",
    "a footnote that only code refers to": "[^a]: CANARY\n\n`[^a]`",
    "a footnote that only a block of code refers to": "[^a]: CANARY\n\n```\n[^a]\n```",
    "a footnote that only a comment refers to": "[^a]: CANARY\n\n<!-- [^a] -->",
    "a footnote that an escaped label refers to": "[^a]: CANARY\n\n\\[^a]",
    "a definition that only code refers to": "[a]: https://example.org/CANARY\n\n`[a]`",
    "what unfolds": "<details>\n<summary>More</summary>\n\nCANARY\n\n</details>",
    "the source of a drawing": "```mermaid\ngraph TD\n%% CANARY\n```",
    "the address of a link without text": "[](https://example.org/CANARY)",
    "the address of a link of blanks": "[\u00a0 ](https://example.org/CANARY)",
    "the address of an element without text": '<a href="https://example.org/CANARY"></a>',
    "the name of an element that HTML does not have": "a List<CANARY> of",
    "a comment that a blank line may end": "a <!-- b\n\nCANARY -->",
}


UNSEEN = ["\u200b", "\u00ad", "\ufeff", "\ufe0f"]
NO_NEWLINES = ["\u2028", "\u2029", "\x0b", "\x0c", "\x85"]
MAYBE_HIDDEN |= {f"behind a fence that {char!a} keeps from beginning": f"{char}```\n<!-- CANARY -->" for char in UNSEEN}
MAYBE_HIDDEN |= {f"behind a fence after {char!a}": f"a{char}```\n<!-- CANARY -->\n```" for char in NO_NEWLINES}
MAYBE_HIDDEN |= {f"between ticks that {char!a} parts": f"`{char}` <!-- CANARY --> ``" for char in [*UNSEEN, "\x00"]}


@pytest.mark.parametrize("text", MAYBE_HIDDEN.values(), ids=MAYBE_HIDDEN.keys())
def test_what_the_page_may_hide_stays_behind_a_mark(text: str) -> None:
    before, _, _ = visible(text).partition("CANARY")
    assert "[hidden " in before


SHOWN = {
    "text": "CANARY",
    "a comment in a block of code": "```html\n<!-- CANARY -->\n```",
    "a comment in code of tildes": "~~~\n<!-- CANARY -->\n~~~",
    "a comment in code that is not closed": "```\n<!-- CANARY -->",
    "a comment in code in a line": "Use `<!-- CANARY -->` here.",
    "a comment in code with two ticks": "Use ``a ` <!-- CANARY -->`` here.",
    "an attribute in code": 'Use `<b title="CANARY">`.',
    "details that stand open": "<details open>\n<summary>More</summary>\n\nCANARY\n\n</details>",
    "an element": "<kbd>CANARY</kbd>",
    "a link": "[CANARY](https://example.org)",
    "an address": "<https://example.org/CANARY>",
    "a mail address": "<CANARY@example.org>",
    "an address of a link": '<a href="https://example.org/CANARY" title="t">x</a>',
    "a footnote": "Text[^1].\n\n[^1]: CANARY",
    "a label": "[WIP]: fix the CANARY",
    "a comparison": "if a<b and c>d: CANARY",
    "a generic type": "a List<String> of CANARY",
    "an arrow": "a <- b --> CANARY",
    "a task": "- [x] CANARY",
    "a generic type that a line begins with": "A generic\n<T extends Foo\n\nCANARY",
    "a component that a line begins with": "<MyComponent a\n\nCANARY",
    "an element that a line begins with and never ends": "<input\n\nCANARY",
    "what follows a block's tag that never ends": "<div\n\nCANARY",
    "a comment that is not closed in a line": "a <!-- CANARY",
    "an escaped comment": "\\<!-- CANARY -->",
    "an attribute in code in a list": "- a\n\n  ```html\n  <b id='CANARY'>\n  ```",
    "an attribute in code in a list in a list": "- a\n  - b\n\n    ```html\n    <b id='CANARY'>\n    ```",
    "text that only looks like a definition": "a\n[b]: c 'CANARY'",
    "an exclamation": "wow![CANARY]",
    "what follows a hidden element": "<span hidden>x</span>CANARY",
    "what follows a comment": "<!-- x -->CANARY",
    "an element whose width is not zero": '<td width="10">CANARY</td>',
    "coloured text": '<font color="red">CANARY</font>',
    "an element of which a page shows nothing, only mentioned": "The <template> tag. CANARY",
}


@pytest.mark.parametrize("text", SHOWN.values(), ids=SHOWN.keys())
def test_what_the_page_shows_stays(text: str) -> None:
    assert "CANARY" in visible(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a <!-- twelve chars --> b", "a [hidden HTML comment removed, 12 characters] b"),
        ("a<!-- -->b", "a b"),
        ("<b hidden>secret</b>!", "[hidden text removed, 6 characters]!"),
        ("[//]: # (x)", "[hidden link definition removed, 5 characters]"),
        ("![alt](https://example.org)", "[image](https://example.org)"),
        ('<img width="9" src="a.png">', "[image]"),
        ('[a](u "t") and [b](<u v> (t))', "[a](u) and [b]([hidden address removed, 5 characters])"),
        ('See [x].\n\n[x]: u "t"\n', "See [x].\n\n[x]: u\n"),
        ('<a href="u" class="c">x</a>', '<a href="u">x</a>'),
        ('<b class="x">y</b><br/>', "<b>y</b><br>"),
        ("Vec<T>", "Vec[hidden tag: <T>]"),
        ("```sh title=x\n$ a\n```\n", "```sh [hidden text removed, 7 characters]\n$ a\n```\n"),
    ],
    ids=ascii,
)
def test_what_is_removed_is_named_in_a_few_words(text: str, shown: str) -> None:
    assert without_hidden_markup(text) == shown


ORDINARY = """# Title

The parser hangs on `a < b`, see [the log](https://example.org/log) and #12.

- one *two* __three__
- [ ] task

| a | b |
|---|---|
| 1 | `x\\|y` |

> quoted

```rust
fn main() -> Result<(), Box<dyn Error>> { /* <!-- --> */ }
```

    indented code
1 < 2 && 3 > 2; a -> b; `Vec<T>`; $x = "y";
"""


def test_an_ordinary_report_stays_as_it_is() -> None:
    assert visible(ORDINARY) == ORDINARY


@given(st.text(st.characters(exclude_characters="<`~[]!\\|\n", exclude_categories=["Cs", "Cc", "Cf"]), max_size=100))
def test_text_without_markup_stays_as_it_is(text: str) -> None:
    assert without_hidden_markup(text) == text
