"""What a person sees on GitHub's page of a Markdown text, and what a model might take for more than text."""

from memory_agents.core.page.characters import cut, is_invisible, with_plain_newlines, without_invisible
from memory_agents.core.page.hidden import without_hidden_markup
from memory_agents.core.page.role_markers import break_role_markers

__all__ = [
    "break_role_markers",
    "cut",
    "is_invisible",
    "with_plain_newlines",
    "without_hidden_markup",
    "without_invisible",
]
