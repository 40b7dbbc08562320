"""A cache keeps what it should, for as long as it should: against a model that is easy to see through."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from memory_agents.core import namespaces
from memory_agents.memory.cache import Cache

SECONDS, SIZE = 10.0, 3
KEYS = st.sampled_from("abcde")
NAMESPACES = st.sampled_from(["codebase/patterns", "codebase/conventions", "reviews/issues"])
GLOBS = st.sampled_from([("*",), ("codebase/*",), ("codebase/patterns", "reviews/*"), ("*", "!reviews/*")])


class CacheMachine(RuleBasedStateMachine):
    """Each answer is a number of its own; the model is the list of what is kept, the last used last."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0
        self.cache = Cache(seconds=SECONDS, size=SIZE, clock=lambda: self.time)
        self.model: list[tuple[str, int, tuple[str, ...], float]] = []
        self.answers = 0

    @rule(key=KEYS)
    def ask(self, key: str) -> None:
        kept = self.cache.get(key)
        modelled = next((entry for entry in self.model if entry[0] == key), None)
        if modelled is not None:
            self.model.remove(modelled)
            if self.time < modelled[3]:
                self.model.append(modelled)
            else:
                modelled = None
        assert (kept and kept.answer) == (modelled and modelled[1])

    @rule(key=KEYS, globs=GLOBS, takes=st.sampled_from([0, 1, 11]), written=st.none() | NAMESPACES)
    def put(self, key: str, globs: tuple[str, ...], takes: float, written: str | None) -> None:
        """The answer takes a while, in which something may be written."""
        asked, until = self.cache.moment(), self.time + SECONDS
        self.time += takes
        if written is not None:
            self.write({written})
        self.answers += 1
        self.cache.put(key, self.answers, globs=globs, asked=asked)
        if written is None:
            self.model = [entry for entry in self.model if entry[0] != key]
            self.model.append((key, self.answers, globs, until))
            self.model = self.model[-SIZE:]

    @rule(changed=st.none() | st.sets(NAMESPACES))
    def write(self, changed: set[str] | None) -> None:
        self.cache.written(changed)
        self.model = [
            entry
            for entry in self.model
            if changed is not None and not any(namespaces.matches(name, entry[2]) for name in changed)
        ]

    @rule(seconds=st.sampled_from([0.5, 4, 9.5, 10]))
    def wait(self, seconds: float) -> None:
        self.time += seconds

    @invariant()
    def no_more_is_kept_than_it_may(self) -> None:
        assert len(self.cache) == len(self.model) <= SIZE


TestCache = CacheMachine.TestCase


def test_an_answer_may_be_that_there_is_none() -> None:
    cache = Cache(seconds=1, size=1)
    cache.put("key", None, globs=("*",), asked=cache.moment())
    kept = cache.get("key")
    assert kept is not None
    assert kept.answer is None
