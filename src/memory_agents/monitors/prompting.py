"""PromptContext → Prompt within its size: the weakest memories go first, and it says which."""

from __future__ import annotations

from dataclasses import dataclass

from memory_agents.core.context import PromptContext
from memory_agents.core.fences import Fencer
from memory_agents.core.template_values import template_values
from memory_agents.errors import TemplateError
from memory_agents.rendering import Templates

_SHORTEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Prompt:
    """Rendered text, the values it was made of after dropping, and where the template came from."""

    text: str
    context: PromptContext
    template: str


def render(
    templates: Templates, names: tuple[str, str], context: PromptContext, *, fencer: Fencer, max_bytes: int
) -> Prompt:
    """Render within `max_bytes` of UTF-8.

    `names`: the template that was asked for and the event's own. A maintainer's template that cannot be
    rendered is noticed and the default one used. Raises TemplateError where that fails too.
    """
    asked_for, own = names
    try:
        return _within(templates, asked_for, context, fencer=fencer, max_bytes=max_bytes)
    except TemplateError as error:
        if templates.are_default and asked_for == own:
            raise
        templates.fall_back(error)
        return _within(templates, own, context, fencer=fencer, max_bytes=max_bytes)


def _within(templates: Templates, name: str, context: PromptContext, *, fencer: Fencer, max_bytes: int) -> Prompt:
    """Drop memories, weakest first, then shorten the texts that remain."""
    while True:
        rendered = templates.render(name, template_values(context, fencer))
        excess = len(rendered.text.encode()) - max_bytes
        if excess <= 0:
            return Prompt(rendered.text, context, rendered.origin)
        smaller = _smaller(context, excess)
        if smaller is None:
            raise TemplateError(
                f"The template {name} ({rendered.origin}) is larger than {max_bytes} bytes by itself.",
                fix="shorten it, or raise `max-prompt-bytes`",
            )
        context = smaller


def _smaller(context: PromptContext, excess: int) -> PromptContext | None:
    """The context without as many of its weakest memories as hold `excess` bytes, or with shorter texts."""
    dropped: list[str] = []
    freed = 0
    for memory in reversed(context.memories()):
        if freed >= excess:
            break
        dropped.append(memory.id)
        freed += min(len(memory.text.encode()), 4 * context.max_text)
    if dropped:
        return context.without(dropped)
    if context.max_text <= _SHORTEST_TEXT:
        return None
    return context.model_copy(update={"max_text": max(context.max_text // 2, _SHORTEST_TEXT)})
