"""Any name becomes one that the service takes, and no two become the same."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from memory_agents.core import namespaces
from memory_agents.memory.providers import agentcore_names as names
from memory_agents.memory.providers.agentcore_names import EVERYTHING, Place, places_of

ANY = st.text(max_size=120)
NAMESPACE = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,9}(/[a-z0-9][a-z0-9_-]{0,9}){0,3}", fullmatch=True)
HOSTILE = [
    "dependabot[bot]",
    "a/b",
    "PR #42",
    "e@x.org",
    "next.js",
    "-",
    "_",
    "..",
    ":",
    "ä" * 255,
    "x" * 255,
    "🎉",
    "a=5B",
]


@cache
def shapes() -> Any:
    [path] = Path(botocore.__file__).parent.glob("data/bedrock-agentcore/*/service-2.json*")
    read = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return json.loads(read)["shapes"]


def is_taken(shape: str, value: str) -> bool:
    """Whether the service's own model takes it."""
    its = shapes()[shape]
    fits = its.get("min", 0) <= len(value) <= its.get("max", len(value))
    return fits and re.fullmatch(its["pattern"], value, re.ASCII) is not None


@pytest.mark.parametrize("name", ["octocat", "mona-lisa", "A1", "2026-05-04", "0b0f1a2c-7f3e-4c55-9a51-5f1f7a0c9d11"])
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert names.actor_name(name) == names.session_name(name) == name


@given(ANY)
@example("[")
@example("_h")
@example("-" * 300)
@example("[" * 100)
def test_every_name_is_one_that_the_service_takes(name: str) -> None:
    assert is_taken("ActorId", names.actor_name(name))
    assert is_taken("SessionId", names.session_name(name))


@given(ANY, ANY)
@example("a[", "a:5B")
@example("-", "0:-")
@example("_-", "0_-_5F-")
@example("x" * 101, "x" * 102)
@example("ä" * 254, "ä" * 255)
@example("a/b", "a:2Fb")
def test_two_names_never_become_one(one: str, two: str) -> None:
    if one != two:
        assert names.actor_name(one) != names.actor_name(two)
        assert names.session_name(one) != names.session_name(two)


@given(st.sampled_from(HOSTILE), ANY)
def test_what_a_name_became_is_the_name_of_nobody_else(name: str, other: str) -> None:
    for become in (names.actor_name, names.session_name):
        became = become(name)
        if became != name:
            assert become(became) != became
        assert become(other) != became or other == name


@given(ANY)
@example(" ")
@example("=5B")
@example("\ud800")
def test_a_value_of_metadata_is_legal_and_comes_back(text: str) -> None:
    value = names.value_of(text)
    assert re.fullmatch(shapes()["StringValue"]["pattern"], value, re.ASCII)
    assert value.strip() == value
    assert names.text_of(value) == text


def test_values_that_are_legal_stay_legible() -> None:
    for text in (
        "octo/hello",
        "2026-05-04T12:30:15.123456+00:00",
        "https://github.com/octo/hello/issues/1",
        "mona lisa",
    ):
        assert names.value_of(text) == text


@pytest.mark.parametrize("value", ["=FF", "ä"])
def test_a_value_that_is_none_of_ours_is_an_error_of_value(value: str) -> None:
    with pytest.raises(ValueError, match=r"codec"):
        names.text_of(value)


@given(NAMESPACE)
@example("codebase/conventions")
def test_a_namespace_is_kept_between_slashes_and_comes_back(namespace: str) -> None:
    place = names.place_of(namespace)
    assert place == f"/{namespace}/"
    assert is_taken("Namespace", place)
    assert names.namespace_of(place) == names.namespace_of(namespace) == namespace


@pytest.mark.parametrize(
    ("globs", "places"),
    [
        (("codebase/conventions",), (Place("/codebase/conventions/", is_whole=False),)),
        (("codebase/*",), (Place("/codebase/", is_whole=True),)),
        (("codebase/conv*",), (Place("/codebase/", is_whole=True),)),
        (("*",), (EVERYTHING,)),
        (("*/patterns",), (EVERYTHING,)),
        (("*", "!reviews/*"), (EVERYTHING,)),
        (("own", "reviews/*"), (Place("/own/", is_whole=False), Place("/reviews/", is_whole=True))),
        (("codebase/*", "codebase/conventions"), (Place("/codebase/", is_whole=True),)),
        (("!own",), ()),
        ((), ()),
    ],
)
def test_globs_become_the_smallest_places_that_hold_them(globs: tuple[str, ...], places: tuple[Place, ...]) -> None:
    assert places_of(globs) == places


GLOB = st.builds(lambda start, end: start + end, NAMESPACE, st.sampled_from(["", "*", "/*", "*/x"]))


@given(NAMESPACE, st.lists(GLOB | NAMESPACE | st.just("*"), max_size=4))
def test_what_a_glob_covers_lies_in_one_of_its_places(namespace: str, globs: list[str]) -> None:
    if namespaces.matches(namespace, tuple(globs)):
        its = Place(names.place_of(namespace), is_whole=False)
        assert sum(place.holds(its) for place in places_of(tuple(globs))) == 1
