"""The search by meaning: its embedding model, where it is wanted and installed."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from memory_agents.core.records import Notice
from memory_agents.errors import MissingExtra
from memory_agents.memory.embedding import Embedder, open_embedder
from memory_agents.settings import Environment, Settings


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a run has of the search by meaning."""

    embedder: Embedder | None = None
    """None: it searches by words alone"""
    notices: tuple[Notice, ...] = ()
    """why that is so, where nobody asked for it; no part of memory is missing"""


def search_by_meaning(settings: Settings, environment: Environment) -> Meaning:
    """The embedding model, which is being loaded from now on, while others are waited for."""
    if not settings.dense:
        return Meaning()
    try:
        return Meaning(_embedder())
    except MissingExtra as error:
        fix = "see in the log why it was not installed, or set `dense: false`" if environment.in_actions else error.fix
        return Meaning(notices=(Notice(text=f"{error.message} Memory is searched by words alone.", fix=fix),))


@functools.cache
def _embedder() -> Embedder:
    """The one of this process. Raises MissingExtra."""
    embedder = open_embedder()
    embedder.load_early()
    return embedder
