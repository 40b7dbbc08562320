"""ProviderConformance: all themes in one class."""

from __future__ import annotations

from memory_agents.testing.conformance.events import KeepsEvents
from memory_agents.testing.conformance.records import KeepsRecords
from memory_agents.testing.conformance.searching import Searches
from memory_agents.testing.conformance.writing import Writes


class ProviderConformance(KeepsRecords, Writes, Searches, KeepsEvents):
    """What every MemoryProvider must do, whatever is behind it.

    Needs pytest and pytest-asyncio with `asyncio_mode = "auto"`. Make a subclass in a test module:

        class TestMine(ProviderConformance):
            async def open(self, place: Path, clock: Clock) -> MemoryProvider:
                return MyProvider(place / "memory.db", clock=clock)

    `open` is given a folder that is new for each test. What is opened at the same place is the same memory: opened
    again later, or by two at once. Where what one object wrote is seen by another only after a while, `settle` lets
    that while pass.

    Records are asked for in the normal form that a file for people can hold: line ends are LF and no blank lines
    stand around a text; every other text is one line without blanks around it; a Record whose text begins with a
    heading has a title; one in `reviews/issues` has a number; repository, permission and address are what GitHub
    gives. Times are UTC, exact to the microsecond.

    Faults of a service are of its own kind and no part of this: a provider's own tests show that nothing is lost
    and nothing is there twice when it is throttled, cut off or slow.
    """
