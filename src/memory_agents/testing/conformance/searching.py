"""A search finds what fits, of what may be recalled, in the namespaces that are asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from memory_agents.core.records import Match, Query, Record, Source
from memory_agents.memory.provider import MemoryProvider
from memory_agents.testing.conformance.opening import Opens
from memory_agents.testing.conformance.samples import APPROVAL, BEGIN, PAST, fact, facts, store

_NOW = BEGIN + timedelta(days=30)
_TABS = Query(title="indent with tabs", now=_NOW)


async def _found(
    provider: MemoryProvider, query: Query = _TABS, *, namespaces: tuple[str, ...] = ("*",), top_k: int = 10
) -> list[str]:
    """The ids of the matches, sorted."""
    return sorted(match.record.id for match in await provider.search_records(query, namespaces=namespaces, top_k=top_k))


class Searches(Opens):
    """Searching."""

    async def test_the_record_with_the_words_comes_first_whole_with_score_and_reasons(self, tmp_path: Path) -> None:
        records = [fact(1, "Indent with tabs."), fact(2, "Name tests by a sentence."), fact(3, "Log in UTC.")]
        async with self.opened(tmp_path) as provider:
            await store(provider, *records)
            for query, record in (
                (_TABS, records[0]),
                (Query(body="How do I name my tests?", now=_NOW), records[1]),
            ):
                best: Match = (await provider.search_records(query, namespaces=("*",), top_k=3))[0]
                assert best.record == record
                assert best.reasons

    async def test_scores_lie_between_0_and_1_and_fall(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, *facts(12), fact(20, "The parser indents part 3 with tabs."))
            query = Query(title="rule 3", body="of the parser, indent with tabs", now=_NOW)
            scores = [match.score for match in await provider.search_records(query, namespaces=("*",), top_k=10)]
            assert len(scores) == 10
            assert scores == sorted(scores, reverse=True)
            assert all(0 <= score <= 1 for score in scores)

    async def test_as_many_are_found_as_are_asked_for(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, *facts(8))
            query = Query(title="parser rule part", now=_NOW)
            assert len(await _found(provider, query, top_k=3)) == 3
            assert len(await _found(provider, query, top_k=50)) == 8

    async def test_nothing_is_found_in_an_empty_memory_or_namespace(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            assert await _found(provider) == []
            await store(provider, fact(1))
            assert await _found(provider, namespaces=("own",)) == []
            assert await _found(provider, namespaces=()) == []

    async def test_a_query_that_says_nothing_is_no_error(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1))
            assert await _found(provider, Query(now=_NOW)) in ([], [fact(1).id])

    async def test_only_what_is_approved_and_has_not_expired_is_found(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(
                provider,
                replace(fact(1), approved=False),
                replace(fact(2), expires_at=_NOW),
                replace(fact(3), expires_at=_NOW - timedelta(days=1)),
                replace(fact(4), expires_at=_NOW + timedelta(microseconds=1)),
                fact(5),
            )
            assert await _found(provider) == [fact(4).id, fact(5).id]
            assert await _found(provider, top_k=1) != []
            later = replace(_TABS, now=_NOW + timedelta(days=1))
            assert await _found(provider, later) == [fact(5).id]

    async def test_what_may_not_be_recalled_takes_nobodys_place(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            dead = [replace(fact(number), expires_at=BEGIN) for number in range(2, 62)]
            await store(provider, fact(1, "Tabs are four columns wide."), *dead)
            assert await _found(provider, top_k=5) == [fact(1).id]

    async def test_what_is_excluded_is_not_found_by_id_or_by_page(self, tmp_path: Path) -> None:
        page = "https://github.com/octo/hello/issues/5"
        sources = ["", page, f"{page}#issuecomment-1", f"{page}1"]
        records = [replace(fact(number), source=Source(url=url)) for number, url in enumerate(sources)]
        async with self.opened(tmp_path) as provider:
            await store(provider, *records)
            query = replace(_TABS, exclude=frozenset({records[0].id}), exclude_urls=frozenset({page}))
            assert await _found(provider, query) == [records[3].id]

    async def test_only_the_namespaces_that_are_asked_for_are_searched(self, tmp_path: Path) -> None:
        names = ["codebase/conventions", "codebase/patterns", "testing/patterns", "own"]
        async with self.opened(tmp_path) as provider:
            await store(provider, *(fact(number, namespace=name) for number, name in enumerate(names)))
            for globs, numbers in (
                (("*",), (0, 1, 2, 3)),
                (("codebase/*",), (0, 1)),
                (("*/patterns",), (1, 2)),
                (("own", "testing/*"), (2, 3)),
                (("*", "!codebase/*"), (2, 3)),
                (("codebase",), ()),
            ):
                assert await _found(provider, namespaces=globs) == [fact(number).id for number in numbers], globs

    async def test_sixty_better_ones_of_another_namespace_crowd_nobody_out(self, tmp_path: Path) -> None:
        crowd = [fact(number, "Indent with tabs, indent with tabs.", namespace="own") for number in range(2, 62)]
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1, "A tab is four columns."), *crowd)
            assert await _found(provider, namespaces=("codebase/conventions",), top_k=5) == [fact(1).id]
            assert await _found(provider, namespaces=("*", "!own"), top_k=5) == [fact(1).id]

    async def test_a_fact_about_a_file_that_is_touched_is_found_without_a_shared_word(self, tmp_path: Path) -> None:
        scoped = fact(1, "Answer with RFC 9457 problems.", paths=("src/api/**",))
        async with self.opened(tmp_path) as provider:
            others = [fact(number, "Indent with tabs.", paths=("docs/*.md",)) for number in range(2, 30)]
            await store(provider, scoped, *others)
            query = Query(title="Mend the gate", paths=("src/api/v1/users.py", "README.md"), now=_NOW)
            found = await provider.search_records(query, namespaces=("codebase/*",), top_k=5)
            assert scoped.id in [match.record.id for match in found]

    async def test_what_was_updated_is_found_by_its_new_words_alone(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1, "Deploy on Fridays."), fact(2, "Name tests by a sentence."))
            anew = fact(1, "Releases need two approvals.")
            await provider.store_records([anew], approval=APPROVAL, update=[anew.id])
            found = await provider.search_records(
                Query(title="approvals of releases", now=_NOW), namespaces=("*",), top_k=1
            )
            assert [match.record for match in found] == [anew]
            texts = [
                match.record.text
                for match in await provider.search_records(
                    Query(title="deploy Fridays", now=_NOW), namespaces=("*",), top_k=5
                )
            ]
            assert "Deploy on Fridays." not in texts

    async def test_what_was_forgotten_or_superseded_is_found_no_more(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1), fact(2), fact(3))
            await provider.delete_records([fact(1).id], approval=APPROVAL)
            await provider.store_records([fact(4)], approval=APPROVAL, removing=[fact(2).id])
            assert await _found(provider) == [fact(3).id, fact(4).id]

    async def test_what_is_no_record_is_never_found(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1))
            await provider.delete_records([fact(1).id], approval=APPROVAL)
            await provider.set_apart([(1, 2)], approval=APPROVAL)
            for words in ("forgotten", "apart", "duplicates", "meta", fact(1).id, "mona", "1-2"):
                assert await _found(provider, Query(title=words, body=words, now=_NOW)) == []

    async def test_a_past_item_is_found_with_its_number_and_how_it_ended(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            past = replace(PAST, title="Parser hangs on empty input", text="It hangs when the file is empty.")
            await store(provider, past, fact(1))
            query = Query(title="parser hangs", body="on an empty file", now=_NOW)
            found: list[Record] = [
                match.record for match in await provider.search_records(query, namespaces=("reviews/*",), top_k=5)
            ]
            assert found == [past]

    async def test_another_on_the_same_memory_finds_what_was_stored(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as one, self.opened(tmp_path) as two:
            await store(one, fact(1), fact(2, "Name tests by a sentence."))
            await self.settle()
            assert fact(1).id in await _found(two)
