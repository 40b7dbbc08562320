"""The suite can fail: each of these providers breaks one promise, and the test that is named finds it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from memory_agents.core import ranking
from memory_agents.core.records import EPOCH, Approval, BatchResult, Health, Match, MemoryEvent, Query, Record
from memory_agents.memory.provider import MemoryProvider
from memory_agents.testing.conformance import Clock, ProviderConformance
from memory_agents.testing.in_memory import InMemoryProvider, InMemoryStore


class LosesMicroseconds(InMemoryProvider):
    async def get_record(self, record_id: str) -> Record | None:
        found = await super().get_record(record_id)
        return found and replace(found, created_at=found.created_at.replace(microsecond=0))


class LosesCites(InMemoryProvider):
    async def get_record(self, record_id: str) -> Record | None:
        found = await super().get_record(record_id)
        return found and replace(found, cites=())


class StripsTexts(InMemoryProvider):
    async def get_record(self, record_id: str) -> Record | None:
        found = await super().get_record(record_id)
        return found and replace(found, text=found.text.strip())


class CutsTexts(InMemoryProvider):
    async def get_record(self, record_id: str) -> Record | None:
        found = await super().get_record(record_id)
        return found and replace(found, text=found.text[:4_000])


class ListsOldestFirst(InMemoryProvider):
    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        return (await super().list_records(namespaces=namespaces, limit=limit))[::-1]


class IgnoresGlobsThatTakeAway(InMemoryProvider):
    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        kept = tuple(glob for glob in namespaces if not glob.startswith("!"))
        return await super().list_records(namespaces=kept, limit=limit)


class ListsTheNewestOfAllAndThenChooses(InMemoryProvider):
    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        newest = {record.id for record in await super().list_records(limit=limit)}
        return [it for it in await super().list_records(namespaces=namespaces, limit=limit) if it.id in newest]


class ScansOnePage(InMemoryProvider):
    async def scan_records(self) -> AsyncIterator[Sequence[Record]]:
        yield (await self.list_records())[:100]


class ScansAllAtOnce(InMemoryProvider):
    async def scan_records(self) -> AsyncIterator[Sequence[Record]]:
        yield list(self.store.records.values())


class ScansSomeTwice(InMemoryProvider):
    async def scan_records(self) -> AsyncIterator[Sequence[Record]]:
        records = list(self.store.records.values())
        for start in range(0, len(records), 99):
            yield records[start : start + 100]


class LosesUpdates(InMemoryProvider):
    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        return await super().store_records(records, approval=approval, removing=removing)


class WritesOverWhatIsThere(InMemoryProvider):
    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        every = [record.id for record in records]
        return await super().store_records(records, approval=approval, update=every, removing=removing)


class RemovesWhatIsReplacedWhateverHappens(InMemoryProvider):
    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        done = await super().store_records(records, approval=approval, update=update, removing=removing)
        for its in removing:
            self.store.records.pop(its, None)
        return done


class ForgetsWhatIsSuperseded(InMemoryProvider):
    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        done = await super().store_records(records, approval=approval, update=update, removing=removing)
        self.store.forgotten |= set(done.removed)
        return done


class LooksAndThenStores(InMemoryProvider):
    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        known = set(self.store.records)
        await asyncio.sleep(0)
        await super().store_records(records, approval=approval, update=update, removing=removing)
        return BatchResult(stored=tuple(it.id for it in records if it.id not in known))


class DoesNotForget(InMemoryProvider):
    async def delete_records(self, ids: Sequence[str], *, approval: Approval) -> BatchResult:
        done = await super().delete_records(ids, approval=approval)
        self.store.forgotten -= set(ids)
        return done


class KeepsForgottenOnlyWhatIsKnown(InMemoryProvider):
    async def keep_forgotten(self, ids: Collection[str], *, approval: Approval) -> None:
        await super().keep_forgotten([its for its in ids if its in self.store.records], approval=approval)


class KeepsPairsAsTheyCome(InMemoryProvider):
    async def set_apart(self, pairs: Sequence[tuple[int, int]], *, approval: Approval) -> None:
        self.store.apart |= set(pairs)


class ListsNotes(InMemoryProvider):
    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        notes = [Record(id=its, namespace="meta/forgotten", text=its) for its in sorted(self.store.forgotten)]
        return [*(await super().list_records(namespaces=namespaces, limit=limit)), *notes][:limit]


class FindsWhatHasExpired(InMemoryProvider):
    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        return await super().search_records(replace(query, now=EPOCH), namespaces=namespaces, top_k=top_k)


class FindsTheBestAndThenChooses(InMemoryProvider):
    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        best = await super().search_records(query, namespaces=("*",), top_k=20)
        wanted = {record.id for record in self._of(namespaces)}
        return [match for match in best if match.record.id in wanted][:top_k]


class FindsOnlyByWords(InMemoryProvider):
    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        words = set(f"{query.title} {query.body}".lower().split())
        candidates = [it for it in self._of(namespaces) if words & set(it.text.lower().rstrip(".").split())]
        return ranking.rank(query, candidates, top_k=top_k)


class DoesNotExclude(InMemoryProvider):
    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        asked = replace(query, exclude=frozenset(), exclude_urls=frozenset())
        return await super().search_records(asked, namespaces=namespaces, top_k=top_k)


class ScoresBeyondOne(InMemoryProvider):
    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        found = await super().search_records(query, namespaces=namespaces, top_k=top_k)
        return [replace(match, score=match.score * 10) for match in found]


class KeepsEventsForever(InMemoryProvider):
    def _newest(self, events: Collection[MemoryEvent]) -> list[MemoryEvent]:
        return sorted(events, key=lambda event: event.created_at, reverse=True)


class StoresAnEventOverAnother(InMemoryProvider):
    async def store_event(self, event: MemoryEvent) -> None:
        self.store.events.get((event.actor_id, event.session_id), {}).pop(event.id, None)
        await super().store_event(event)


class JoinsNames(InMemoryProvider):
    async def store_event(self, event: MemoryEvent) -> None:
        await super().store_event(replace(event, actor_id=f"{event.actor_id}/{event.session_id}", session_id=""))

    async def list_events(self, actor_id: str, session_id: str, *, limit: int = 100) -> Sequence[MemoryEvent]:
        found = await super().list_events(f"{actor_id}/{session_id}", "", limit=limit)
        return [replace(event, actor_id=actor_id, session_id=session_id) for event in found]


class DeletesAllSessionsOfTheActor(InMemoryProvider):
    async def delete_session(self, actor_id: str, session_id: str) -> int:
        for pair in [pair for pair in self.store.events if pair[0] == actor_id and pair[1] != session_id]:
            del self.store.events[pair]
        return await super().delete_session(actor_id, session_id)


class KeepsToItself(InMemoryProvider):
    def __init__(self, store: InMemoryStore, *, clock: Clock) -> None:
        super().__init__(clock=clock)


class IsNeverWell(InMemoryProvider):
    async def health_check(self) -> Health:
        return Health(ok=False, detail="It is not well.")


BROKEN: dict[type[InMemoryProvider], str] = {
    LosesMicroseconds: "test_every_field_comes_back_by_id_in_a_list_in_a_scan_and_later",
    LosesCites: "test_every_field_comes_back_by_id_in_a_list_in_a_scan_and_later",
    StripsTexts: "test_every_text_comes_back_to_the_last_character",
    CutsTexts: "test_a_text_of_eight_thousand_characters_is_kept_whole",
    ListsOldestFirst: "test_a_list_is_newest_first_and_by_id_where_times_are_equal",
    IgnoresGlobsThatTakeAway: "test_globs_choose_namespaces_and_one_with_an_exclamation_mark_takes_away",
    ListsTheNewestOfAllAndThenChooses: (
        "test_the_newest_of_a_namespace_are_listed_however_many_newer_ones_another_has"
    ),
    ScansOnePage: "test_two_hundred_and_fifty_in_one_call_are_stored_listed_and_scanned_each_once",
    ScansSomeTwice: "test_two_hundred_and_fifty_in_one_call_are_stored_listed_and_scanned_each_once",
    ScansAllAtOnce: "test_a_scan_is_given_in_parts",
    LosesUpdates: "test_an_update_is_written_over_what_is_there_in_every_field",
    WritesOverWhatIsThere: "test_storing_again_changes_nothing",
    RemovesWhatIsReplacedWhateverHappens: "test_what_a_record_that_is_not_written_would_replace_is_spared",
    ForgetsWhatIsSuperseded: "test_what_is_superseded_is_not_forgotten_and_may_be_stated_anew",
    LooksAndThenStores: "test_of_many_who_store_the_same_at_once_one_does_it",
    DoesNotForget: "test_what_was_forgotten_is_stored_again_by_nobody_and_by_no_update",
    KeepsForgottenOnlyWhatIsKnown: "test_ids_are_kept_as_forgotten_whether_they_are_known_or_not",
    KeepsPairsAsTheyCome: "test_pairs_that_are_no_duplicates_are_kept_smaller_number_first",
    ListsNotes: "test_what_is_no_record_is_neither_listed_nor_counted",
    FindsWhatHasExpired: "test_only_what_is_approved_and_has_not_expired_is_found",
    FindsTheBestAndThenChooses: "test_sixty_better_ones_of_another_namespace_crowd_nobody_out",
    FindsOnlyByWords: "test_a_fact_about_a_file_that_is_touched_is_found_without_a_shared_word",
    DoesNotExclude: "test_what_is_excluded_is_not_found_by_id_or_by_page",
    ScoresBeyondOne: "test_scores_lie_between_0_and_1_and_fall",
    KeepsEventsForever: "test_an_event_lives_for_seven_days",
    StoresAnEventOverAnother: "test_an_event_that_is_stored_again_changes_nothing",
    JoinsNames: "test_sessions_and_actors_are_apart_whatever_they_are_called",
    DeletesAllSessionsOfTheActor: "test_a_session_that_is_deleted_is_gone_and_the_others_are_not",
    KeepsToItself: "test_what_one_writes_another_on_the_same_memory_finds",
    IsNeverWell: "test_a_healthy_provider_says_so_and_what_it_is",
}


def suite_of(kind: type[InMemoryProvider]) -> ProviderConformance:
    """The suite on a provider of that class."""
    store = InMemoryStore()

    class Suite(ProviderConformance):
        async def open(self, place: Path, clock: Clock) -> MemoryProvider:
            return kind(store, clock=clock)

    return Suite()


@pytest.mark.parametrize(("kind", "test"), BROKEN.items(), ids=lambda it: getattr(it, "__name__", ""))
async def test_a_provider_that_breaks_a_promise_fails_the_test_of_it(
    kind: type[InMemoryProvider], test: str, tmp_path: Path
) -> None:
    run: Callable[[Path], Awaitable[None]] = getattr(suite_of(kind), test)
    with pytest.raises(AssertionError):
        await run(tmp_path)


@pytest.mark.parametrize("test", sorted({*BROKEN.values()}))
async def test_a_provider_that_breaks_none_passes_it(test: str, tmp_path: Path) -> None:
    run: Callable[[Path], Awaitable[None]] = getattr(suite_of(InMemoryProvider), test)
    await run(tmp_path)
