"""Role markers: broken, so that no model takes them for its frame, and readable."""

from __future__ import annotations

import pytest

from memory_agents.core.fences import visible

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
