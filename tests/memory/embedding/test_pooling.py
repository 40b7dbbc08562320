"""Vectors of tokens become the vector of a text, the same on any machine."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

import memory_agents.memory.embedding
from memory_agents.memory.embedding import pooling

SIZE = 384
FLOATS = st.floats(-1, 1, width=32)
VECTORS = arrays(np.float32, SIZE, elements=FLOATS)
VOCABULARY = (Path(memory_agents.memory.embedding.__file__).with_name("vocabulary.txt")).read_text("utf-8").split("\n")


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return pooling.pooled(vector[None], np.ones(1, np.float32))


@pytest.fixture(scope="module")
def weights() -> dict[str, float]:
    """token → weight."""
    tokens = VOCABULARY[:-1]
    return dict(zip(tokens, pooling.token_weights(tokens).tolist(), strict=True))


def test_the_vocabulary_is_that_of_the_model() -> None:
    assert VOCABULARY[-1] == ""
    assert len(set(VOCABULARY[:-1])) == 30_522
    assert [VOCABULARY.index(token) for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "the")] == [
        0,
        100,
        101,
        102,
        1996,
    ]


def test_a_rare_word_weighs_more_than_a_frequent_one(weights: dict[str, float]) -> None:
    assert 1 < weights["the"] < weights["error"] < weights["compiler"]


def test_punctuation_weighs_little_and_what_only_marks_the_ends_nothing(weights: dict[str, float]) -> None:
    assert weights["!"] == weights["##)"] == pytest.approx(0.3)
    assert weights["a"] == weights["[UNK]"] == 1
    assert weights["[CLS]"] == weights["[SEP]"] == weights["[PAD]"] == 0


def test_a_text_without_a_token_that_weighs_is_the_plain_mean_of_its_tokens() -> None:
    vectors = np.zeros((2, SIZE), np.float32)
    vectors[0, 0], vectors[1, 1] = 3, 4
    assert pooling.pooled(vectors, np.zeros(2, np.float32))[:3].tolist() == pytest.approx([0.6, 0.8, 0])


def test_tokens_count_by_their_weight() -> None:
    vectors = np.eye(2, SIZE, dtype=np.float32)
    assert pooling.pooled(vectors, np.array([4, 3], np.float32))[:3].tolist() == pytest.approx([0.8, 0.6, 0])


@given(VECTORS)
def test_a_rounded_vector_points_where_it_pointed_and_is_shorter_than_one(vector: NDArray[np.float32]) -> None:
    whole = unit(vector)
    rounded = pooling.rounded(whole).astype(np.float64)
    length = np.linalg.norm(rounded)
    assert length < 1
    assert not whole.any() or rounded @ whole / length > 0.9999


@given(VECTORS, VECTORS, st.randoms(use_true_random=False))
def test_a_product_of_two_vectors_is_exact_in_any_order(
    one: NDArray[np.float32], other: NDArray[np.float32], random: Random
) -> None:
    first, second = (pooling.rounded(unit(vector)) for vector in (one, other))
    # in whole numbers, which cannot be inexact
    exact = int((first.astype(np.float64) * 4096).astype(int) @ (second.astype(np.float64) * 4096).astype(int)) / 2**24
    left, right = first.astype(np.float32), second.astype(np.float32)
    shuffled = np.array(random.sample(range(SIZE), SIZE))
    one_by_one = np.float32(0)
    for product in (left * right)[shuffled]:
        one_by_one += product
    assert exact == left @ right == left[shuffled] @ right[shuffled] == one_by_one
