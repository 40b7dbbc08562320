"""The runner: its files, annotations and log. Nothing else touches them. Standard library only.

Grammar: https://docs.github.com/actions/reference/workflow-commands-for-github-actions. A line that
begins with `::` (after spaces), or holds `##[` anywhere, is a command to the runner; an output file
takes `name<<delimiter`, the value, the delimiter.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import TextIO

from memory_agents.core.fences import clean

SUMMARY_BYTES = 1_000_000
"""GitHub refuses step summaries over 1,024 KiB"""

_COMMAND = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)


def output_entry(name: str, value: str) -> str:
    """One entry of the output file, with a delimiter of 128 random bits that the value does not hold."""
    text = value.encode(errors="replace").decode()
    delimiter = f"end_{secrets.token_hex(16)}"
    while delimiter in text:
        delimiter = f"end_{secrets.token_hex(16)}"
    end = "\r\n" if text.endswith("\r") else "\n"  # the runner takes either, and would take the value's last \r with it
    return f"{name}<<{delimiter}\n{text}{end}{delimiter}\n"


def read_outputs(file: Path) -> dict[str, str]:
    """The entries that `output_entry` wrote into an output file."""
    outputs: dict[str, str] = {}
    rest = file.read_bytes().decode()
    while rest:
        head, _, rest = rest.partition("\n")
        name, _, delimiter = head.partition("<<")
        value, _, rest = rest.partition(f"\n{delimiter}\n")
        outputs[name] = value.removesuffix("\r")
    return outputs


def harmless(text: str) -> str:
    """Log text without secrets, invisible characters and runner commands."""
    shown = clean(text)
    return _COMMAND.sub(r"\1: ", shown).replace("##[", "## [")


def debug_line(text: str) -> str:
    """A line that a runner shows only where a person has asked for details, with RUNNER_DEBUG."""
    return f"::debug::{_escaped(harmless(text))}"


class Runner:
    """One step's files, annotations and log."""

    def __init__(self, *, output_file: Path | None, summary_file: Path | None, log: TextIO, annotate: bool) -> None:
        """`annotate`: whether a runner reads the log; otherwise warnings are plain lines for a person."""
        self._output_file = output_file
        self._summary_file = summary_file
        self._log = log
        self._annotate = annotate

    def output(self, name: str, value: str) -> None:
        """Set an output of the step; nothing where no runner is."""
        if self._output_file is not None:
            with self._output_file.open("a", encoding="utf-8", newline="") as file:
                file.write(output_entry(name, value))

    def skipped(self, reason: str) -> None:
        """Say that policy found nothing to do."""
        self.log(f"Nothing to do: {reason}")
        self.summary(f"**memory-agents**: nothing to do. {reason}")
        for name, value in (("status", "skipped"), ("action", "ignored"), ("similar", "[]"), ("records", "[]")):
            self.output(name, value)

    def summary(self, markdown: str) -> None:
        """Append to the step's summary; nothing where no runner is."""
        if self._summary_file is not None:
            text = markdown.encode(errors="replace")[:SUMMARY_BYTES].decode(errors="ignore")
            with self._summary_file.open("a", encoding="utf-8", newline="") as file:
                file.write(text + "\n")

    def log(self, text: str) -> None:
        """Write lines that no runner obeys."""
        print(harmless(text), file=self._log, flush=True)

    def warning(self, text: str) -> None:
        """Annotate: something did not work and the run goes on."""
        self._annotation("warning", text)

    def error(self, text: str) -> None:
        """Annotate: the run ends."""
        self._annotation("error", text)

    def mask(self, secret: str) -> None:
        """Have the runner hide `secret` in every log of the job."""
        if self._annotate and secret:
            print(f"::add-mask::{_escaped(secret)}", file=self._log, flush=True)

    def _annotation(self, level: str, text: str) -> None:
        if self._annotate:
            print(f"::{level} title=memory-agents::{_escaped(harmless(text))}", file=self._log, flush=True)
        else:
            print(f"{level}: {harmless(text)}", file=self._log, flush=True)


def _escaped(text: str) -> str:
    """Data of a workflow command, on one line."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
