"""What a Command says: its verb, options, namespace, facts; and what is wrong with it."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from memory_agents.core import commands
from memory_agents.core.commands import (
    Command,
    Forget,
    Memories,
    NotDuplicate,
    Recall,
    Remember,
    Verb,
    Why,
    Wrong,
    has_command,
    parse,
)
from memory_agents.core.namespaces import CONVENTIONS, HISTORY_PREFIX, PREDEFINED
from memory_agents.core.page import is_invisible

KNOWN = (*(name for name in PREDEFINED if not name.startswith(HISTORY_PREFIX)), "team/rules")
SAID_ON = date(2026, 11, 20)


def one(body: str) -> Command:
    (command,) = parse(body, KNOWN, said_on=SAID_ON)
    return command


def remembered(body: str) -> Remember:
    command = one(body)
    assert isinstance(command, Remember), command
    return command


def wrong(body: str) -> Wrong:
    command = one(body)
    assert isinstance(command, Wrong), command
    return command


@given(st.text())
@example("- a bullet on the verb's line is text")
@example("`` ` <!-- <details> [x]: y 'z")
@example("x" * commands.LONGEST_FACT)
def test_a_text_on_the_line_comes_back_as_it_was_written(text: str) -> None:
    line = text.translate({ord("\n"): " ", ord("\r"): " "})
    assume(not re.match(r"\s*[\w/-]+[:=]", line))
    assume(any(not char.isspace() and not is_invisible(char) for char in line))
    assert remembered(f"/remember {line}").facts == (line.strip(),)


def test_a_text_goes_on_to_the_next_command_or_the_end() -> None:
    body = "Thanks!\n\n/remember Times are UTC.\n\n    indented\n\n> quoted\n\n/forget f1234567-1\n/remember last"
    first, second, third = parse(body, KNOWN)
    assert first == Remember(namespace=CONVENTIONS, facts=("Times are UTC.\n\n    indented\n\n> quoted",))
    assert second == Forget(ids=("f1234567-1",))
    assert third == Remember(namespace=CONVENTIONS, facts=("last",))


def test_code_in_a_fact_stays_in_it_with_what_looks_like_a_command() -> None:
    body = "/remember Release so:\n\n```sh\n/forget f1234567\n\tmake  all\n```\nThen wait."
    assert remembered(body).facts == (body.removeprefix("/remember "),)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_newline_ends_a_line_and_is_kept_as_a_line_feed(newline: str) -> None:
    body = newline.join(["/remember  one  ", "\ttwo ", "", "/why", ""])
    assert parse(body, KNOWN) == (Remember(namespace=CONVENTIONS, facts=("one  \n\ttwo",)), Why())


@pytest.mark.parametrize("verb", ["/remember", "/Remember", "/REMEMBER", "   /remember"])
def test_a_verb_counts_in_any_case_and_behind_up_to_three_spaces(verb: str) -> None:
    assert remembered(f"{verb} Use Tabs").facts == ("Use Tabs",)


@pytest.mark.parametrize("line", ["/remeber x", "/remembers x", "/remember: x", "/remember/x", "/recalled", "x /why"])
def test_another_word_is_no_command(line: str) -> None:
    assert parse(line, KNOWN) == ()
    assert not has_command(line)


@pytest.mark.parametrize(
    ("said", "namespace", "fact"),
    [
        ("security/patterns: Ask twice.", "security/patterns", "Ask twice."),
        ("Security/Patterns: Ask twice.", "security/patterns", "Ask twice."),
        ("conventions: Use tabs.", CONVENTIONS, "Use tabs."),
        ("rules:\nUse tabs.", "team/rules", "Use tabs."),
        ("\nrules: Use tabs.", "team/rules", "Use tabs."),
        ("patterns: is the name of three", CONVENTIONS, "patterns: is the name of three"),
        ("Note: this", CONVENTIONS, "Note: this"),
        ("http://x.example", CONVENTIONS, "http://x.example"),
        ("conventions::Tabs is a class", CONVENTIONS, "conventions::Tabs is a class"),
        ("reviews/pr: holds the past", CONVENTIONS, "reviews/pr: holds the past"),
    ],
)
def test_a_prefix_is_a_namespace_only_if_it_names_one(said: str, namespace: str, fact: str) -> None:
    assert remembered(f"/remember {said}") == Remember(namespace=namespace, facts=(fact,))


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ("\n- a\n- b", ("a", "b")),
        ("conventions:\n* a\n\n* b\n", ("a", "b")),
        ("\n1. a\n2) b\n+ c", ("a", "b", "c")),
        ("\n- a\n  goes on\nlazily\n  - nested\n\n  and\n- b", ("a\n  goes on\nlazily\n  - nested\n\n  and", "b")),
        ("\n- [ ] a\n- [x] b", ("[ ] a", "[x] b")),
        ("\n- a\n\n  ```\n  - code\n  ```\n-\n- b", ("a\n\n  ```\n  - code\n  ```", "b")),
        ("Release steps:\n- a\n- b", ("Release steps:\n- a\n- b",)),
        ("- a\n- b", ("- a\n- b",)),
        ("\nIntro\n- a", ("Intro\n- a",)),
        ("\n    - code\n    - code", ("- code\n    - code",)),
        ("\n---\n- a", ("---\n- a",)),
    ],
)
def test_a_list_that_begins_on_its_own_line_is_several_facts(said: str, facts: tuple[str, ...]) -> None:
    assert remembered(f"/remember {said}").facts == facts


def test_options_stand_behind_the_verb_in_any_order() -> None:
    assert remembered("/remember expires=12w Replaces=`F1234567-2` paths='docs/a b/**',./src/** rules: X") == Remember(
        namespace="team/rules",
        facts=("X",),
        paths=("docs/a b/**", "src/**"),
        expires_days=84,
        replaces="f1234567-2",
    )


@pytest.mark.parametrize(
    ("expires", "days", "day"),
    [
        ("1d", 1, ""),
        ("90d", 90, ""),
        ("6M", 180, ""),
        ("10y", 3650, ""),
        ("2026-11-21", None, "2026-11-21"),
        ('"2027-01-31"', None, "2027-01-31"),
    ],
)
def test_an_expiry_is_a_time_or_a_date(expires: str, days: int | None, day: str) -> None:
    command = remembered(f"/remember expires={expires} x")
    assert (command.expires_days, command.expires_on, command.facts) == (days, day, ("x",))


@pytest.mark.parametrize("text", ["x=1 is the default", "PATH= is set", "a paths=src/**", "depth=3", "paths: are long"])
def test_a_word_with_an_equals_sign_is_text_unless_it_reads_like_an_option(text: str) -> None:
    if text.startswith("PATH"):
        assert "paths=" in wrong(f"/remember {text}").fix
    else:
        assert remembered(f"/remember {text}").facts == (text,)


@pytest.mark.parametrize(
    ("line", "problem", "fix"),
    [
        ("/remember", "nothing to remember", "`/remember Times are UTC`"),
        ("/remember \u200b", "nothing to remember", ""),
        ("/remember expires=90d", "nothing to remember", ""),
        ("/remember rules:\n-\n-", "nothing to remember", ""),
        ("/remember path=src/** x", "`path=` is not an option", "`paths=src"),
        ("/remember expire=90d x", "`expire=` is not an option", "`expires=90d`"),
        ("/remember paths= src/** x", "nothing behind `paths=`", "without a space"),
        ("/remember paths=/a/../b x", "`/a/../b` is not a path", "from its root"),
        ("/remember paths=src/{a,b}/** x", "`src/{a` is not a path", "each one in full"),
        ("/remember paths=https://x.example/a x", "is not a path", ""),
        (f"/remember paths={','.join(f'a{n}' for n in range(21))} x", "names 21 paths", "1 to 20"),
        ('/remember paths="src/** x', "quotation mark", "close it"),
        ("/remember paths=a paths=b x", "given twice", "commas"),
        ("/remember expires=0d x", "`0d` is no time", "1d to 10y"),
        ("/remember expires=11y x", "`11y` is no time", "1d to 10y"),
        ("/remember expires=soon x", "`soon` is not a time or a date", "expires=2027-01-31"),
        ("/remember expires=2027-02-30 x", "`2027-02-30` is not a time or a date", ""),
        ("/remember expires=2026-11-20 x", "is in the past", "a later day"),
        ("/remember expires=2037-01-01 x", "more than 10 years", "leave"),
        ("/remember replaces=f12 x", "`f12` is not an id", "/memories"),
        (f"/remember {'x' * (commands.LONGEST_FACT + 1)}", "has 8,001 characters", "at most 8,000"),
        ("/remember\n" + "- x\n" * (commands.MOST_FACTS + 1), "more than 50 facts", "another"),
        ("/remember\n- a\n\nThanks!", "Behind the list", "make it a bullet"),
        ("/forget", "an id is missing", "`/forget f"),
        ("/forget f1234567-1 bye", "`bye` is not an id", "another line"),
        ("/forget <id>", "`<id>` is not an id", ""),
        ("/recall", "nothing to search", "`/recall"),
        ("/memories all of them", "`all of them` is not a namespace", "`codebase/conventions`"),
        ("/memories nothing", "`nothing` is not a namespace", ""),
        ("/why not", "takes nothing", "alone"),
        ("/not-duplicate", "an issue is missing", "`/not-duplicate #12`"),
        ("/not-duplicate of it", "`of` is not an issue", ""),
        ("/not-duplicate #0", "`#0` is not an issue", ""),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_wrong_grammar_names_one_problem_and_its_fix(line: str, problem: str, fix: str) -> None:
    found = wrong(line)
    assert found.verb == line.split(maxsplit=1)[0]
    assert problem in found.problem
    assert fix in found.fix
    assert found.problem.endswith(".")
    assert not found.fix.endswith(".")
    assert len(found.problem + found.fix) < 500


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("/forget f1234567-1, `f1234567-2`;F1234567-1", Forget(ids=("f1234567-1", "f1234567-2"))),
        ("/forget f1234567-1\nbecause it is old", Forget(ids=("f1234567-1",))),
        ("/recall  Retry `limits`? ", Recall(query="Retry `limits`?")),
        ("/memories", Memories()),
        ("/memories codebase/*", Memories(namespace="codebase/*")),
        ("/memories `Rules`", Memories(namespace="team/rules")),
        ("/memories patterns", Memories(namespace="*/patterns")),
        ("/memories other/folder/", Memories(namespace="other/folder")),
        ("/why", Why()),
        ("/not-duplicate #12 13, 12", NotDuplicate(numbers=(12, 13))),
        (
            "/not-duplicate https://github.example/o/r/issues/7#issuecomment-1 <http://x.example/a/b/issues/8>",
            NotDuplicate(numbers=(7, 8)),
        ),
    ],
)
def test_each_other_command_ends_with_its_line(line: str, command: Command) -> None:
    assert one(line) == command


def test_facts_are_counted_over_the_whole_comment_and_a_refused_command_takes_no_place() -> None:
    many, few = "/remember\n" + "- x\n" * 40, "/remember\n" + "- x\n" * 10
    kinds = [type(command) for command in parse(many + many + few + few, KNOWN)]
    assert kinds == [Remember, Wrong, Remember, Wrong]


def test_of_very_many_commands_the_first_are_read_and_the_others_named() -> None:
    read = parse("/why\n" * 3000, KNOWN)
    assert read[:-1] == (Why(),) * commands.MOST_COMMANDS
    assert isinstance(read[-1], Wrong)
    assert "3000 commands" in read[-1].problem


PIECES = st.sampled_from(
    [
        *("/remember ", "/FORGET", "/why\n", "/recall", "\n/memories ", "/not-duplicate #1", "paths=", "expires=", "`"),
        *("\n", "\r\n", "\r", "\n\n", " ", "    ", "\t", "- ", "1. ", "> ", "```\n", "~~~", "<!--", "-->", "<details>"),
        *("</details>", "<pre>", "\\", "x", "rules:", "=", '"', "[x](y '", "[a]: b", "-- \n", "\ufeff"),
    ]
)
BODIES = st.text() | st.lists(PIECES, max_size=30).map("".join)


@given(BODIES)
def test_any_comment_is_read_and_has_a_command_exactly_if_one_is_found(body: str) -> None:
    found = parse(body, KNOWN, said_on=SAID_ON)
    assert has_command(body) == bool(found)
    for command in found:
        if isinstance(command, Remember):
            assert command.namespace in KNOWN
            assert all(fact.strip() and fact == fact.strip() for fact in command.facts)
        if isinstance(command, Wrong):
            assert command.problem
            assert command.fix
            assert command.verb in Verb
