"""Which Records answer a Query, in which order, how well and why: pure, and the same on every machine."""

from memory_agents.core.ranking.dense import NO_TEXT, Cosines, asked_texts, embedded_texts, none, text_key
from memory_agents.core.ranking.glances import Glance, Glanced, Words, rank
from memory_agents.core.ranking.scoring import (
    FOLDER_BONUS,
    PATH_BONUS,
    ignored,
    is_allowed,
    microseconds,
    nearness,
    select,
    strengths,
)

__all__ = [
    "FOLDER_BONUS",
    "NO_TEXT",
    "PATH_BONUS",
    "Cosines",
    "Glance",
    "Glanced",
    "Words",
    "asked_texts",
    "embedded_texts",
    "ignored",
    "is_allowed",
    "microseconds",
    "nearness",
    "none",
    "rank",
    "select",
    "strengths",
    "text_key",
]
