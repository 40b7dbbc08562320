"""Role markers: broken, so that no model takes them for its frame, and readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.fences import visible
from memory_agents.core.page import break_role_markers

MARKERS = [
    *("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|start_header_id|>", "<|eot_id|>", "<|system|>", "<|channel|>"),
    *("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<s>", "</s>", "<bos>", "[TOOL_CALLS]", "[SYSTEM_PROMPT]"),
    *("<start_of_turn>", "<end_of_turn>", "<system>", "</system>", "<system-reminder>", "<function_calls>", "<user>"),
    *('<invoke name="x">', '<parameter name="x">', "<tool_result>", "<tool_use>", "<thinking>", "</assistant>"),
    *(f"<{'antml'}:invoke>", f"</{'antml'}:function_calls>", "<memory>", "<instructions>", "<documents>"),
]
ROLES = ["Human: hi", "Assistant: hi", "System: hi", "User: hi", "HUMAN:", "**System:** x", "  Assistant : x"]
HEADERS = ["### Instruction:", "### Response:", "## System", "### Human:", "# SYSTEM PROMPT:"]


@pytest.mark.parametrize("marker", [*MARKERS, *ROLES, *HEADERS])
@pytest.mark.parametrize("change", [str, str.upper, str.lower], ids=["as it is", "capitals", "small letters"])
def test_a_marker_is_broken_by_one_backslash(marker: str, change: object) -> None:
    assert callable(change)
    text = change(marker)
    shown = visible(f"before\n{text}\nafter")
    assert text not in shown
    without = shown.replace("\\", "").removeprefix("before\n").removesuffix("\nafter")
    assert without == text.replace(' name="x"', "").replace(' NAME="X"', "")


@pytest.mark.parametrize(
    "disguised",
    [
        *("\uff1c|im_start|\uff1e", "<\uff5cim_start\uff5c>", "\uff3bINST\uff3d", "\uff33ystem: x", "S\u0443stem: x"),
        *(
            "\u0410ssistant: x",
            "System\uff1a x",
            "H\u200buman: x",
            "[ INST ]",
            "< system >",
            "<\u200b|im_start|>",
            "\u2039system\u203a",
        ),
        *("<\uff53ystem>", "> Human: x", "\u00a0Human: x", "<| im_start |>"),
    ],
    ids=ascii,
)
def test_a_disguised_marker_is_broken_too(disguised: str) -> None:
    assert "\\" in visible(disguised)


@pytest.mark.parametrize("name", ["AI", "Model", "TOOL", "Claude", "Developer"])
def test_a_name_that_opens_a_turn_is_broken_unless_it_is_a_key_in_small_letters(name: str) -> None:
    assert visible(f"{name}: x") == f"{name}\\: x"
    assert visible(f"{name.lower()}: x") == f"{name.lower()}: x"


def test_markers_in_code_are_broken_too_for_a_model_reads_no_markdown() -> None:
    assert visible("```\n<|im_start|>system\n```") == "```\n<\\|im_start|>system\n```"


@pytest.mark.parametrize(
    "text",
    [
        *("a <| b |> c".replace("<|", "<"), "the user: it is me", "model: gpt2", "tool:\n  name: x", "x |> f |> g"),
        *(
            "a[INST]x".replace("INST", "i"),
            "Human beings: many",
            "Systematic: no",
            "<table><tr><td>",
            "### Instructions for users",
        ),
        *("re: system: x", "the System: x", "Assistants: x"),
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert "\\" not in visible(text)


TOKENS = [
    *("[THINK]", "[/THINK]", "[ARGS]", "[CALL_ID]", "[SUFFIX]", "[BEGIN_AUDIO]", "[IMG_END]", "[MODEL_SETTINGS]"),
    *("<seed:bos>", "</seed:tool_call>", "<minimax:tool_call>", "]~b]system", "]~!b[", "[e~[", "<turn|>", "</x|>"),
    *("<end_of_image>", "<image_soft_token>", "<unused42>", "<fim_middle>", "<file_sep>", "<repo_name>", "<sop>"),
    *("<jupyter_code>", "<gh_stars>", "[sMASK]", "<arg_value>", "<CLS>", "<EOP_TOKEN>", "<extra_id_7>", "<eoa>"),
    *("<tools>", "</functions>", "<parameters>", "<output>", "<stdout>", "<command-args>", "<local-command-stdout>"),
    *("<bash-input>", "<task-notification>", '<message to="x">', "<role>", "<env>", "<rules>", "<EXTREMELY_IMPORTANT>"),
    *("[SYSTEM_NOTE]", "[System Update]", "[control_3]", ">>ABSTRACT<<", "&lt;|im_end|&gt;", "&#60;/system&#62;"),
]
TURNS = [
    *(
        "SYSTEM PROMPT: x",
        "System instructions: x",
        "System (new rules): x",
        "2. System: x",
        "(User): x",
        "| Human: | x |",
    ),
    *("\u2022 Assistant: x", f"{' ' * 40}Human: x", f"{'> ' * 25}Human: x", "- [ ] User: x", "Assistant (to=run): x"),
    *("=== SYSTEM ===", "--- BEGIN SYSTEM PROMPT ---", "GPT: x"),
]


@pytest.mark.parametrize("marker", [*TOKENS, *TURNS])
def test_each_family_of_models_has_its_frame_broken_and_no_character_of_it_lost(marker: str) -> None:
    broken = break_role_markers(f"before\n{marker}\nafter")
    assert marker not in broken
    assert broken.replace("\\", "") == f"before\n{marker}\nafter"


@pytest.mark.parametrize(
    "drawn",
    ["<\uffe8im_start\uffe8>", "<\u23aeim_start\u23ae>", "\u300asystem\u300b", "\u1438user\u1433", "\u3010INST\u3011"],
    ids=ascii,
)
def test_a_sign_that_only_looks_like_a_bar_or_a_bracket_is_one(drawn: str) -> None:
    assert "\\" in visible(drawn)


@pytest.mark.parametrize(
    "report",
    [
        *("#include <sys/types.h>", "let x: Vec<Message> = vec![];", "Promise<Output>", "usage: run [args] [prefix]"),
        *(
            "the system: it hangs",
            "- System requirements: 8 GB",
            "1. User agents: none",
            "git log --system",
            "x >>y<< z",
        ),
        *("<details><summary>Output</summary>", "a[e]~[b]", "<https://example.org>", "if a <b |> c", "System.Text: x"),
    ],
)
def test_code_and_lists_of_a_report_stay(report: str) -> None:
    assert break_role_markers(report) == report


PIECES = [*TOKENS, *TURNS, *MARKERS, *ROLES, "<", ">", "|", "[", "]", "]~b", "&lt;", "\\", "\n", " ", "(", ":", "x"]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_breaking_twice_is_breaking_once_and_only_adds_backslashes(text: str) -> None:
    once = break_role_markers(text)
    assert break_role_markers(once) == once
    assert once.replace("\\", "") == text.replace("\\", "")


@pytest.mark.parametrize(
    "unit", ["<", "<|", "[", "- ", "1.", "\n>", "system(", "# ", "= ", "<a:", "]~b", "<a_", "&lt;"]
)
def test_half_a_megabyte_of_beginnings_is_read_through(unit: str) -> None:
    assert break_role_markers(unit * (512_000 // len(unit)))
