"""The runner's files and log: what we write is read back whole, and no text becomes a command."""

from __future__ import annotations

import io
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from memory_agents.edges import actions
from memory_agents.edges.actions import Runner

TOKEN = "ghp_" + "aB3dE5fG7h" * 4

ANY = st.text(st.characters()) | st.text(st.characters(categories=["Cs", "Cc", "Zs", "Zl", "Zp"]))
COMMANDS = st.lists(st.sampled_from([*"#:[] \t\r\n\x85\u2028\u00a0\u200b", "::", "##[", "error"])).map("".join)


def outputs_of(content: str) -> dict[str, str]:
    """An output file as the runner reads it: `name=value`, or `name<<delimiter`, lines, the delimiter.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions#multiline-strings
    """
    outputs: dict[str, str] = {}
    lines = iter(re.findall("(.*?)(\r\n|\n|$)", content, re.DOTALL))
    for line, _ in lines:
        name, heredoc, delimiter = line.partition("<<")
        if heredoc and "=" not in name:
            parts: list[str] = []
            while (part := next(lines))[0] != delimiter:
                parts += part
            outputs[name] = "".join(parts[:-1])
        elif line:
            name, separator, text = line.partition("=")
            assert separator, f"the runner would refuse {line!r}"
            outputs[name] = text
    return outputs


def commands_in(log: str) -> list[str]:
    """The lines of a log that a runner obeys: `::` first but for blanks, or `##[` anywhere."""
    return [line for line in re.split("\r\n|\r|\n", log) if line.lstrip().startswith("::") or "##[" in line]


def runner(folder: Path, *, annotate: bool = True) -> tuple[Runner, io.StringIO]:
    log = io.StringIO()
    return (
        Runner(output_file=folder / "output", summary_file=folder / "summary", log=log, annotate=annotate),
        log,
    )


def logged(text: str, level: str = "log") -> str:
    log = io.StringIO()
    getattr(Runner(output_file=None, summary_file=None, log=log, annotate=True), level)(text)
    return log.getvalue()


@given(st.lists(ANY | COMMANDS, max_size=4))
def test_the_runner_reads_back_every_output_whole(values: list[str]) -> None:
    content = "".join(actions.output_entry(f"name-{n}", value) for n, value in enumerate(values))
    expected = {f"name-{n}": v.encode(errors="replace").decode() for n, v in enumerate(values)}
    assert outputs_of(content) == expected


def test_an_output_that_looks_like_our_delimiter_is_only_a_value(tmp_path: Path) -> None:
    step, _ = runner(tmp_path)
    hostile = f"{actions.output_entry('prompt', 'x')}end_{'0' * 32}\nstatus=ok\nstatus<<EOF\nok\nEOF"
    step.output("prompt", hostile)
    assert outputs_of((tmp_path / "output").read_bytes().decode()) == {"prompt": hostile}


def test_a_huge_output_and_carriage_returns_are_kept(tmp_path: Path) -> None:
    step, _ = runner(tmp_path)
    values = {"huge": "x\r\n" * 500_000, "empty": "", "end": "a\n\n"}
    for name, value in values.items():
        step.output(name, value)
    assert outputs_of((tmp_path / "output").read_bytes().decode()) == values
    assert actions.read_outputs(tmp_path / "output") == values


def test_no_two_outputs_share_a_delimiter() -> None:
    assert len({actions.output_entry("a", "b") for _ in range(100)}) == 100


@given(ANY | COMMANDS)
def test_no_log_line_is_a_command(text: str) -> None:
    assert commands_in(logged(text)) == []


@given(ANY | COMMANDS, st.sampled_from(["warning", "error"]))
def test_an_annotation_is_one_line_and_the_only_command(text: str, level: str) -> None:
    log = logged(text, level)
    assert log.startswith(f"::{level} title=memory-agents::")
    assert commands_in(log) == [log.removesuffix("\n")]
    assert "##[" not in log
    assert log.count("\n") == 1


def test_what_an_annotation_says_is_what_the_runner_shows() -> None:
    shown = logged("100% of two\nlines", "warning").removesuffix("\n").partition("title=memory-agents::")[2]
    assert shown.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%") == "100% of two\nlines"


def test_without_a_runner_a_warning_is_a_plain_line(tmp_path: Path) -> None:
    step, log = runner(tmp_path, annotate=False)
    step.warning("It broke.")
    assert log.getvalue() == "warning: It broke.\n"


def test_a_secret_is_masked_before_it_could_be_logged_and_never_without_a_runner(tmp_path: Path) -> None:
    step, log = runner(tmp_path)
    step.mask(TOKEN)
    step.mask("")
    assert log.getvalue() == f"::add-mask::{TOKEN}\n"
    step, log = runner(tmp_path, annotate=False)
    step.mask(TOKEN)
    assert log.getvalue() == ""


def test_a_secret_in_a_text_is_not_logged() -> None:
    for level in ("log", "warning", "error"):
        assert TOKEN not in logged(f"the token {TOKEN} was refused", level)


def test_a_summary_that_is_too_large_is_cut_and_stays_text(tmp_path: Path) -> None:
    step, _ = runner(tmp_path)
    step.summary("€" * actions.SUMMARY_BYTES)
    written = (tmp_path / "summary").read_bytes()
    assert actions.SUMMARY_BYTES - 4 < len(written) <= 1024 * 1024
    assert set(written.decode()) == {"€", "\n"}


def test_a_run_that_is_skipped_says_why_and_sets_every_output_but_the_prompt(tmp_path: Path) -> None:
    step, log = runner(tmp_path)
    step.skipped("nothing here")
    assert outputs_of((tmp_path / "output").read_text()) == {
        "status": "skipped",
        "action": "ignored",
        "similar": "[]",
        "records": "[]",
    }
    assert "nothing here" in log.getvalue()
    assert "nothing here" in (tmp_path / "summary").read_text()


def test_where_no_runner_is_files_are_not_written() -> None:
    log = io.StringIO()
    step = Runner(output_file=None, summary_file=None, log=log, annotate=False)
    step.output("prompt", "x")
    step.summary("x")
    assert log.getvalue() == ""


def test_a_log_of_nothing_but_newlines_is_written_at_once() -> None:
    for newline in ("\n", "\r", "\u2028"):
        assert actions.harmless(newline * 200_000).strip() == ""


def test_a_value_that_ends_in_a_carriage_return_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / "output"
    Runner(output_file=file, summary_file=None, log=io.StringIO(), annotate=False).output("a", "x\r")
    assert outputs_of(file.read_bytes().decode()) == actions.read_outputs(file) == {"a": "x\r"}
