"""Namespaces: their form, and what a glob reaches."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import namespaces
from memory_agents.errors import UsageError

HOSTILE = [
    "",
    "/",
    "codebase/",
    "/codebase",
    "codebase//patterns",
    "../codebase",
    "codebase/..",
    "Codebase",
    "codebase/ä",
    "codebase patterns",
    "code\nbase",
    "codebase\n",
    "-codebase",
    "a/b/c/d/e/f/g/h/i",
    "a" * 64,
]


@pytest.mark.parametrize("namespace", namespaces.PREDEFINED)
def test_every_predefined_namespace_is_valid_and_one_of_a_kind(namespace: str) -> None:
    assert namespaces.validate(namespace) == namespace
    assert namespaces.PREDEFINED.count(namespace) == 1


@pytest.mark.parametrize("namespace", HOSTILE)
def test_what_is_no_namespace_is_refused_with_an_example_of_one(namespace: str) -> None:
    with pytest.raises(UsageError, match="such as codebase/conventions") as refused:
        namespaces.validate(namespace)
    assert repr(namespace) in refused.value.message


@given(st.text(alphabet=st.sampled_from("ab01_-/.\\ \n:*é"), max_size=30) | st.text(max_size=30))
def test_a_valid_namespace_is_a_harmless_relative_path(text: str) -> None:
    if namespaces.is_valid(text):
        path = PurePosixPath(text)
        assert not path.is_absolute()
        assert str(path) == text
        assert ".." not in path.parts
        assert text.isascii()
        assert not text.startswith("-")


@pytest.mark.parametrize(
    ("namespace", "glob", "expected"),
    [
        ("codebase/conventions", "codebase/conventions", True),
        ("codebase/conventions", "codebase/*", True),
        ("codebase/conventions", "*", True),
        ("codebase/conventions/api", "codebase/*", True),
        ("codebase/conventions", "codebase", False),
        ("codebase/conventions", "code", False),
        ("testing/patterns", "codebase/*", False),
        ("testing/patterns", "*/patterns", True),
    ],
)
def test_a_glob_reaches_whole_namespaces_and_its_star_crosses_segments(
    namespace: str, glob: str, expected: bool
) -> None:
    assert namespaces.matches(namespace, ("nothing/here", glob)) is expected


def test_no_glob_reaches_nothing() -> None:
    assert not namespaces.matches("codebase/patterns", ())


@pytest.mark.parametrize("glob", ["*", "codebase/*", "codebase/conventions", "*/patterns"])
def test_a_glob_of_the_right_form_is_returned(glob: str) -> None:
    assert namespaces.validate_glob(glob) == glob


@pytest.mark.parametrize("glob", ["", "codebase/[a-z]*", "Code*", "code?", "../*", "*\n", "a" * 257])
def test_another_glob_is_refused_with_an_example_of_one(glob: str) -> None:
    with pytest.raises(UsageError, match=r"such as codebase/\*"):
        namespaces.validate_glob(glob)


@given(namespace=st.from_regex(r"[a-z0-9]{1,8}(?:/[a-z0-9]{1,8}){0,3}", fullmatch=True))
def test_every_namespace_is_also_a_glob_that_reaches_itself(namespace: str) -> None:
    assert namespaces.matches(namespace, (namespaces.validate_glob(namespace),))


def test_an_exclamation_mark_takes_namespaces_away() -> None:
    globs = ("*", "!codebase/conventions", "!reviews/*")
    assert [n for n in ("codebase/conventions", "reviews/pr", "docs/style") if namespaces.matches(n, globs)] == [
        "docs/style"
    ]
    assert not namespaces.matches("docs/style", ("!reviews/*",))
