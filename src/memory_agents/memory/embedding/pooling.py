"""Vectors of tokens → the vector of a text: pure.

A text's vector is the weighted mean of its tokens' vectors. The ids of BERT's vocabulary ascend as words get
rarer, so the id stands in for the weight that a rare word has in a search.

Vectors are multiples of 2**-12 and shorter than 1. So each product of two components is a multiple of 2**-24 and
each sum of them stays below 1: a float32 holds all of it exactly, whatever the order of the sums, and the same
vectors give the same ranking on any machine.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_FIRST_WORD = 1_996
"""the id of `the`; below it are special tokens and single characters"""
_SPECIAL = ("[PAD]", "[CLS]", "[SEP]")
_PUNCTUATION = 0.3
_STEPS = 4_096
"""of a component between 0 and 1"""
_LENGTH = 0.997
"""before rounding, which lengthens by sqrt(384) / 2 / _STEPS = 0.0024 at most: so none gets as long as 1"""


def token_weights(vocabulary: Sequence[str]) -> NDArray[np.float32]:
    """[tokens] the weight of each token of BERT's uncased vocabulary, by id."""
    ids = np.arange(len(vocabulary), dtype=np.float64)
    weights = np.log(np.maximum(1, ids - (_FIRST_WORD - 6)) + math.e)
    weights[:_FIRST_WORD] = 1
    weights[[not any(map(str.isalnum, token)) for token in vocabulary]] = _PUNCTUATION
    weights[[vocabulary.index(token) for token in _SPECIAL]] = 0
    return weights.astype(np.float32)


def pooled(vectors: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """[size] the direction of a text: of `vectors` [tokens, size] with `weights` [tokens], of length 1."""
    if not weights.any():
        weights = np.ones_like(weights)
    total = weights.astype(np.float64) @ vectors.astype(np.float64)
    length = float(np.linalg.norm(total))
    return (total / length if length else total).astype(np.float32)


def rounded(vector: NDArray[np.float32]) -> NDArray[np.float16]:
    """A vector of length 1 as multiples of 2**-12, and shorter than 1. See the module."""
    steps = np.rint(vector * np.float32(_LENGTH * _STEPS))
    return np.asarray(steps / _STEPS, dtype=np.float16)
