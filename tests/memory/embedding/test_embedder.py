"""Embedder: the real model, offline."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from memory_agents.errors import MissingExtra
from memory_agents.memory.embedding import Embedder, open_embedder

TEXTS = (
    "The compiler crashes when a macro is expanded twice",
    "ICE: macro expansion panics the second time",
    "Add a dark theme to the settings page",
)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder()


def test_texts_of_one_meaning_are_nearer_than_others(embedder: Embedder) -> None:
    crash, panic, theme = embedder.embed(TEXTS).astype(np.float32)
    assert crash @ panic > 0.4
    assert crash @ theme < 0.2


def test_vectors_have_the_size_that_is_announced(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert (vectors.shape, vectors.dtype) == ((3, Embedder.size), np.dtype(np.float16))


def test_a_vector_depends_on_its_text_alone_not_on_its_company(embedder: Embedder) -> None:
    together = embedder.embed((*TEXTS, "short", TEXTS[0] * 20))
    for text, vector in zip(TEXTS, together[:3], strict=True):
        assert np.array_equal(embedder.embed([text])[0], vector)


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b"])
def test_a_text_without_a_token_has_no_vector(embedder: Embedder, text: str) -> None:
    assert not embedder.embed([text]).any()


def test_no_texts_are_no_vectors_and_load_nothing() -> None:
    program = (
        "import sys; from memory_agents.memory.embedding import open_embedder;"
        "print(open_embedder().embed([]).shape, 'onnxruntime' in sys.modules, 'tokenizers' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert run.stdout.split("\n")[0] == "(0, 384) False False"


def test_text_that_utf_8_cannot_carry_is_embedded(embedder: Embedder) -> None:
    assert embedder.embed(["half a character \ud800 in a title"]).any()


def test_what_stands_beyond_the_256th_token_changes_nothing(embedder: Embedder) -> None:
    long = "word " * 254
    assert np.array_equal(*embedder.embed([long, long + "another meaning altogether"]))
    assert not np.array_equal(*embedder.embed(["word " * 100, "word " * 100 + "another meaning altogether"]))


def test_upper_case_and_accents_make_no_difference(embedder: Embedder) -> None:
    assert np.array_equal(*embedder.embed(["Café CRASHES", "cafe crashes"]))


def test_where_a_package_is_missing_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "tokenizers" else object())
    with pytest.raises(MissingExtra) as error:
        open_embedder()
    assert str(error.value) == "The search by meaning is not installed. Fix: pip install 'memory-agents[dense]'"
