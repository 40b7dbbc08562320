"""A repository's past as GitHub keeps it: rows of its lists, and the Records made of them."""

from memory_agents.core.history.duplicates import Duplicate, Numbered, called_same, duplicates
from memory_agents.core.history.reading import listed
from memory_agents.core.history.records import closed_by, closing_words, item_id, item_record, refreshed, thread_record
from memory_agents.core.history.rows import Closing, Item, Listed, Page, Person, Remark, ReviewRemark, Row, Seen, Stream

__all__ = [
    "Closing",
    "Duplicate",
    "Item",
    "Listed",
    "Numbered",
    "Page",
    "Person",
    "Remark",
    "ReviewRemark",
    "Row",
    "Seen",
    "Stream",
    "called_same",
    "closed_by",
    "closing_words",
    "duplicates",
    "item_id",
    "item_record",
    "listed",
    "refreshed",
    "thread_record",
]
